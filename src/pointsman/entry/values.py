"""From the texts of the inputs to values: everything is checked here, before anything is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pointsman.entry.spec import Input, Step, Type, Where
from pointsman.model.duration import seconds_of
from pointsman.model.errors import InputError
from pointsman.model.image import image_change
from pointsman.model.objective import Objective, objectives_of
from pointsman.model.rate import per_second_of

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PORT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")  # RFC 9110, section 5.6.2
_PAIRED = re.compile(r"[!-+\--:<-~]{1,1024}")  # neither blank, comma nor semicolon: those end a cookie
_STATUS = re.compile(r"[1-5]\d\d(-[1-5]\d\d)?")


def values_of(step: Step, texts: Mapping[str, str | None]) -> dict[str, Any]:
    """Input name to value; None where nothing was given. Raises InputError naming the input and what it takes."""
    return {one.name: _value(one, texts.get(one.name)) for one in step.inputs if one.where is Where.CORE}


def _value(one: Input, text: str | None) -> Any:
    given = one.default if text is None or text == "" else text
    if given is None:
        if one.required:
            raise InputError(f"--{one.name} is missing", f"{one.help}")
        return None
    try:
        return _READERS[one.type](given) if one.type is not Type.CHOICE else _choice(one, given)
    except InputError as wrong:
        raise InputError(f"--{one.name}: {wrong.message}", wrong.advice) from wrong
    except ValueError as wrong:
        raise InputError(f"--{one.name}: {wrong}", one.help) from wrong


def _choice(one: Input, text: str) -> str:
    if text not in one.choices:
        raise ValueError(f"{text!r} is none of: {', '.join(one.choices)}")
    return text


def _plain(text: str) -> str:
    if "\x00" in text or "\n" in text:
        raise ValueError("a single line of text is wanted")
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a name: lower-case letters, digits, '-' and '.'")
    return text


def _route(text: str) -> str:
    name, slash, rule = text.partition("/")
    if slash and (not rule or not rule.isprintable()):
        raise ValueError(f"{text!r} is not a route: NAME, or NAME/RULE")
    return f"{_name(name)}{slash}{rule}"


def _duration(text: str) -> float:
    return seconds_of(text)


def _flag(text: str) -> bool:
    known = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in known:
        raise ValueError(f"{text!r} is neither true nor false")
    return known[text.lower()]


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _port(text: str) -> str:
    if text.isdigit():
        if not 1 <= int(text) <= 65535:
            raise ValueError(f"{text} is not a port: 1 to 65535")
    elif not _PORT_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is neither a port number nor a port name")
    return text


def _path(text: str) -> str:
    if not text.startswith("/") or any(character.isspace() for character in text):
        raise ValueError(f"{text!r} is not a path: it starts with / and has no blanks")
    if ".." in PurePosixPath(text.partition("?")[0]).parts:
        raise ValueError(f"{text!r} leaves its root")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not an http or https address")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as wrong:
        raise ValueError(f"{text!r} is not a regular expression: {wrong}") from wrong
    return text


def _status(text: str) -> str:
    low, _, high = text.partition("-")
    if not _STATUS.fullmatch(text) or (high and int(high) < int(low)):
        raise ValueError(f"{text!r} is not a status: write 200, or a range like 200-299")
    return text


def _weights(text: str) -> tuple[int, ...]:
    parts = [part.strip().removesuffix("%") for part in text.split(",")]
    if not all(re.fullmatch(r"\d{1,3}", part) for part in parts):
        raise ValueError(f"{text!r} is no list of whole percents: write it like 5,10,30,100")
    weights = tuple(map(int, parts))
    if not all(1 <= one <= 100 for one in weights) or list(weights) != sorted(set(weights)):
        raise ValueError(f"{text!r} does not rise from 1 to 100: write it like 5,10,30,100")
    return weights


def _objectives(text: str) -> tuple[Objective, ...]:
    """Several stand on lines of their own, as a workflow's block of text has them, or apart by semicolons."""
    return objectives_of(part for part in re.split(r"[\n;]", text) if part.strip())


def _pair(text: str) -> tuple[str, str]:
    """The name of a header or a cookie, and the exact value."""
    name, equals, value = text.partition("=")
    if not equals or not _TOKEN.fullmatch(name) or not _PAIRED.fullmatch(value):
        raise ValueError(f"{text!r} is not NAME=VALUE, like canary=true")
    return name, value


def _paths(text: str) -> tuple[str, ...]:
    """Several stand on lines of their own, as a workflow's block of text has them, or apart by commas."""
    paths = tuple(part.strip() for part in re.split(r"[\n,]", text) if part.strip())
    if not paths:
        raise ValueError(f"{text!r} names no path")
    return paths


_READERS: dict[Type, Callable[[str], Any]] = {
    Type.TEXT: _plain,
    Type.NAME: _name,
    Type.ROUTE: _route,
    Type.DURATION: _duration,
    Type.FLAG: _flag,
    Type.NUMBER: _number,
    Type.PORT: _port,
    Type.PATH: _path,
    Type.IMAGE: image_change,
    Type.URL: _url,
    Type.PATTERN: _pattern,
    Type.STATUS: _status,
    Type.WEIGHTS: _weights,
    Type.OBJECTIVES: _objectives,
    Type.RATE: per_second_of,
    Type.PAIR: _pair,
    Type.PATHS: _paths,
    Type.SECRET: _plain,
}
