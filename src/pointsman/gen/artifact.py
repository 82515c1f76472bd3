"""A generated file: compared with what lies in the repository, or written there."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

DIFF_LINES = 24


@dataclass(frozen=True)
class Artifact:
    """`path` is relative to the root of the repository; `text` None means that no such file may be there."""

    path: str
    text: str | None


def present(root: Path, path: str) -> str | None:
    """The text of the file as it is; None when there is none."""
    file = root / path
    return file.read_text("utf-8") if file.is_file() else None


def difference(root: Path, wanted: Artifact) -> str:
    """A short diff from what is there to what should be; empty when they are the same."""
    now = present(root, wanted.path)
    if now == wanted.text:
        return ""
    if wanted.text is None:
        return f"{wanted.path} belongs to no step of the specification: remove it"
    if now is None:
        return f"{wanted.path} is missing"
    before, after = now.splitlines(), wanted.text.splitlines()
    names = (wanted.path, f"{wanted.path} (generated)")
    lines = list(difflib.unified_diff(before, after, *names, lineterm="", n=1))
    left_out = [f"… {len(lines) - DIFF_LINES} more lines"] if len(lines) > DIFF_LINES else []
    return "\n".join([*lines[:DIFF_LINES], *left_out]) or f"{wanted.path}: the end of the file differs"


def write(root: Path, wanted: Artifact) -> None:
    """Make the file what it should be."""
    file = root / wanted.path
    if wanted.text is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(wanted.text, "utf-8")
