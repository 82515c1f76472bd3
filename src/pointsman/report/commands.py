"""Workflow commands: what a GitHub runner obeys when it reads them in the log.

The escaping is the toolkit's: data needs `%`, CR and LF escaped, properties also `:` and `,`. Whatever is not
meant as a command goes through `neutralised`, because a runner obeys lines of pod logs just as well.
"""

from __future__ import annotations

from typing import Literal

from pointsman.report.foreign import defused, plain

Level = Literal["error", "warning", "notice"]

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def command(name: str, data: str = "", **properties: str) -> str:
    """One workflow command; empty properties are left out."""
    written = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items() if value)
    return f"::{name} {written}::{_escaped(data, _DATA)}" if written else f"::{name}::{_escaped(data, _DATA)}"


def annotation(level: Level, text: str, title: str = "") -> str:
    """A remark on the run's page. A runner keeps ten of each level per action and 4096 characters of each."""
    return command(level, plain(text), title=plain(title))


def group(title: str) -> str:
    """Opens a foldable part of the log; `GROUP_END` closes it."""
    return command("group", plain(title))


GROUP_END = "::endgroup::"


def mask(secret: str) -> str:
    """Makes the runner hide `secret` from here on; to be printed before anything that may contain it."""
    return command("add-mask", secret)


def neutralised(text: str) -> str:
    """Foreign text for the log: no line of it can become a workflow command or steer a terminal."""
    lines = defused(plain(text)).rstrip("\n").split("\n")
    return "\n".join(f"│ {line}" for line in lines)


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
