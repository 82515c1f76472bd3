"""YAML as entries that know their line, for configuration whose every mistake has one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointsman.model.errors import InputError


@dataclass(frozen=True)
class Entry:
    """A value with the line it stands on: a text, or a mapping of entries (a list is empty: nothing takes one)."""

    value: Any
    line: int


def tree(file: Path) -> Entry:
    """The YAML as entries with lines; scalars stay the text that was written (`1.10` is no number here)."""
    import yaml

    try:
        node = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise InputError(f"{file}:{line}: {wrong.problem or 'not YAML'}", "correct the YAML") from wrong
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise InputError(f"{file}: cannot be read: {wrong}", "correct the file") from wrong
    return Entry(None, 1) if node is None else _entry(node, str(file))


def mapping(entry: Entry, file: str, what: str) -> dict[str, Entry]:
    """The entries of a mapping; nothing where nothing is written. Raises InputError for anything else."""
    if entry.value is None or entry.value == "":
        return {}
    if not isinstance(entry.value, dict):
        raise InputError(f"{file}:{entry.line}: {what} must be a mapping", "write `name: value` lines below it")
    return dict(entry.value)


def text(entry: Entry, file: str, name: str) -> str:
    """The text of a single value. Raises InputError for anything else."""
    if not isinstance(entry.value, str):
        raise InputError(f"{file}:{entry.line}: {name} takes a single value", "write it on one line")
    return entry.value


def refuse_unknown(values: dict[str, Entry], names: Iterable[str], file: str) -> None:
    """Raises InputError for a word that is none of `names`, with the nearest one that is."""
    known = list(names)
    for name, entry in values.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"known words: {', '.join(known)}"
            raise InputError(f"{file}:{entry.line}: {name!r} is not known here", advice)


def _entry(node: Any, file: str) -> Entry:
    import yaml

    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Entry("" if node.tag.endswith(":null") else node.value, line)
    if not isinstance(node, yaml.MappingNode):
        return Entry([], line)
    entries: dict[str, Entry] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in entries:
            raise InputError(f"{file}:{key.start_mark.line + 1}: {name!r} stands twice", "keep one of them")
        entries[name] = Entry(_entry(value, file).value, key.start_mark.line + 1)
    return Entry(entries, line)
