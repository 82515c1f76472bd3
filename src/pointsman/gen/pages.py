"""Filling the generated parts of pages that people write.

A part goes from `<!-- generated:inputs -->` to `<!-- /generated -->`, both on lines of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pointsman.model.errors import InputError

_PART = re.compile(r"(<!-- generated:(?P<name>[a-z-]+) -->\n)(?P<text>.*?)(<!-- /generated -->)", re.DOTALL)
_OPENING = re.compile(r"<!-- generated:")
_ENDING = "<!-- /generated -->"


def filled(path: str, page: str, parts: Mapping[str, str]) -> str:
    """`page` with each part in its place. Raises InputError for a missing, unknown, doubled or open part."""
    found = [match["name"] for match in _PART.finditer(page)]
    _refuse_broken(path, page, found)
    _refuse_other(path, found, parts)
    return _PART.sub(lambda match: f"{match[1]}\n{parts[match['name']].rstrip()}\n\n{match[4]}", page)


def _refuse_broken(path: str, page: str, found: list[str]) -> None:
    if not len(found) == len(_OPENING.findall(page)) == page.count(_ENDING):
        raise InputError(f"{path}: a generated part is not closed", f"end each one with {_ENDING}")


def _refuse_other(path: str, found: list[str], parts: Mapping[str, str]) -> None:
    unknown = sorted(set(found) - set(parts))
    if unknown:
        raise InputError(f"{path}: nothing is generated for {unknown[0]!r}", f"known parts: {', '.join(parts)}")
    for name in parts:
        if found.count(name) != 1:
            raise InputError(
                f"{path}: the part {name!r} stands there {found.count(name)} times",
                f"write <!-- generated:{name} --> and {_ENDING} once, on lines of their own",
            )
