"""What a rule for testers looks for in a request, in words that a header match can have.

Pure functions, for `gateway_api_testers` and `istio_testers`. A cookie is one of several in one header, so it takes a
pattern, which finds it wherever it stands and never inside another.
"""

from __future__ import annotations

import re

from pointsman.model.errors import InputError
from pointsman.model.split import Match

_COOKIE = re.compile(r"\^\(\.\*;\\s\*\)\?(?P<name>[^=]+)=(?P<value>.+)\(;\.\*\)\?\$")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")  # RFC 6265: no space, quote, comma, semicolon or backslash


def refuse_unspeakable(match: Match) -> None:
    """Raises InputError for what no header or cookie can be."""
    if match.header:
        if not _TOKEN.fullmatch(match.header) or not match.value.isprintable():
            raise InputError(f"{match.header}: {match.value} is not a header", "check the rule for testers")
    elif not _TOKEN.fullmatch(match.cookie) or not _COOKIE_VALUE.fullmatch(match.value):
        raise InputError(f"{match.cookie}={match.value} is not a cookie", "check the rule for testers")


def cookie_pattern(match: Match) -> str:
    """The regular expression (RE2) of a Cookie header with this cookie in it."""
    return rf"^(.*;\s*)?{re.escape(match.cookie)}={re.escape(match.value)}(;.*)?$"


def cookie_of(pattern: str) -> Match | None:
    """The way back from `cookie_pattern`; None for a pattern of somebody else."""
    found = _COOKIE.fullmatch(pattern)
    plain = [re.sub(r"\\(.)", r"\1", found[part]) for part in ("name", "value")] if found else []
    return Match(plain[1], cookie=plain[0]) if plain else None
