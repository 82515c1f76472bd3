"""The text files of a repository that can prove something: documents, drawings, API descriptions, workflows.

Bounded in number and size, and it never follows a link: a checkout may hold one that leads out of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pointsman.model.errors import InputError
from pointsman.model.readiness import Page

MOST_FILES = 2000
LARGEST = 256 * 1024
"""Bytes that are read of a file; a document says what it is about in its first ones."""

_SUFFIXES = (
    ".md", ".markdown", ".rst", ".adoc", ".txt", ".yaml", ".yml", ".json", ".proto", ".graphql", ".graphqls",
    ".drawio", ".puml", ".plantuml", ".mmd", ".dot", ".d2", ".excalidraw",
)  # fmt: skip
_LEFT_OUT = {"node_modules", "vendor", "venv", "target", "build", "dist", "site-packages", "__pycache__"}


class RepositoryFiles:
    """The files below `root`."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def pages(self) -> tuple[Page, ...]:
        """At most 2000 files, in order of their paths. Raises InputError when there is no such folder."""
        if not self._root.is_dir():
            raise InputError(f"--repository {self._root}: no such folder", "give the root of the checkout")
        found = []
        for path in self._paths():
            text = _head(path)
            if text is not None:
                found.append(Page(path.relative_to(self._root).as_posix(), text))
        return tuple(found)

    def _paths(self) -> Iterator[Path]:
        count = 0
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(one for one in folders if _wanted(Path(folder, one).relative_to(self._root)))
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix.lower() in _SUFFIXES and not path.is_symlink() and count < MOST_FILES:
                    count += 1
                    yield path


def _wanted(folder: Path) -> bool:
    """Of what is hidden only the workflows: a template of an issue about incidents is no plan for them."""
    if folder.parts[0] == ".github":
        return folder.parts[1:2] in ((), ("workflows",))
    return not folder.name.startswith(".") and folder.name not in _LEFT_OUT


def _head(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return None  # it is gone, or not ours to read: then it proves nothing
