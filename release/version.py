"""Whether the sources are those of a version: the package, the changelog, and what the examples tell users to call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from release.mistake import Mistake

PROJECT = "pointsman-dev/pointsman"
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_CALLS = re.compile(rf"{re.escape(PROJECT)}/actions/[a-z-]+@(v\d+)\b")
_EXAMPLES = ("README.md", "docs/**/*.md", "actions/*/README.md", "examples/github/*.yml")


def source_version(root: Path) -> str:
    """The version in `src/pointsman/__init__.py` below `root`. Raises Mistake for one that is not X.Y.Z."""
    text = (root / "src/pointsman/__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "(.*)"$', text, re.MULTILINE)
    if found is None or not _VERSION.fullmatch(found[1]):
        raise Mistake("src/pointsman/__init__.py: `__version__` is not of the form X.Y.Z; correct it")
    return found[1]


def mistakes(root: Path, wanted: str) -> Iterator[str]:
    """What no release of `wanted` can come from, rehearsed or not."""
    if source_version(root) != wanted:
        yield f"{wanted} is asked for and src/pointsman/__init__.py says {source_version(root)}: make them the same"
    if not _notes(root, wanted):
        yield f"CHANGELOG.md has nothing under `## [{wanted}]`: say there what users get"


def unfinished(root: Path, wanted: str) -> Iterator[str]:
    """What a person does in the last commit before a release; until then only a rehearsal is possible."""
    if not re.search(rf"^## \[{re.escape(wanted)}\] - \d{{4}}-\d\d-\d\d$", _changelog(root), re.MULTILINE):
        yield f"CHANGELOG.md has no day in the heading of {wanted}: write `## [{wanted}] - YYYY-MM-DD`"
    tag = f"v{wanted.partition('.')[0]}"
    others = [f"{file} ({called})" for file, called in _calls(root) if called != tag]
    if others:
        yield f"this release moves {tag}, and other tags are called: change them, or the version: {', '.join(others)}"


def _notes(root: Path, wanted: str) -> str:
    _, heading, below = _changelog(root).partition(f"\n## [{wanted}]")
    return "\n".join(below.split("\n## [")[0].splitlines()[1:]).strip() if heading else ""


def _changelog(root: Path) -> str:
    return (root / "CHANGELOG.md").read_text("utf-8")


def _calls(root: Path) -> list[tuple[str, str]]:
    """Each page with each tag that its examples call, once."""
    pages = sorted(page for pattern in _EXAMPLES for page in root.glob(pattern))
    found = {(page.relative_to(root).as_posix(), tag) for page in pages for tag in _CALLS.findall(page.read_text())}
    return sorted(found)
