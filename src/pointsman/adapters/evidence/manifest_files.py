"""Kubernetes objects in files: what `kubectl apply` or `helm template` would get, before it is there.

Takes files, folders (every .yaml, .yml and .json below) and globs; several documents in a file, and `List` kinds.
Every object knows its file and line. What is no YAML is an error with file and line, before anything is judged.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pointsman.model.errors import InputError
from pointsman.model.readiness import Item, Place

LARGEST_FILE = 4 * 1024 * 1024
MOST_FILES = 2000
_SUFFIXES = (".yaml", ".yml", ".json")


class ManifestFiles:
    """The objects of the files that `patterns` name."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def objects(self, kinds: Iterable[str]) -> tuple[Item, ...]:
        """The objects of `kinds`, in the order of files and documents. Raises InputError."""
        wanted, every = set(kinds), list(self._every())
        if not every:
            raise InputError(
                f"no Kubernetes object is in {', '.join(self._patterns)}", "check --manifests: files, folders or globs"
            )
        return tuple(item for item in every if item.kind in wanted)

    def unreadable(self) -> Mapping[str, str]:
        """Nothing: what is in no file does not exist here."""
        return {}

    def _every(self) -> Iterator[Item]:
        files = list(dict.fromkeys(file for pattern in self._patterns for file in files_of(pattern)))
        if len(files) > MOST_FILES:
            raise InputError(f"--manifests names {len(files)} files", f"name at most {MOST_FILES}")
        for file in files:
            yield from items_of(str(file), _text(file))


def files_of(pattern: str) -> list[Path]:
    """The files that a file name, a folder or a glob stands for. Raises InputError when there is none."""
    path = Path(pattern)
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.suffix in _SUFFIXES and one.is_file())
    elif path.is_file():
        found = [path]
    else:
        found = [Path(one) for one in sorted(glob.glob(pattern, recursive=True)) if Path(one).is_file()]
    if not found:
        raise InputError(f"--manifests {pattern}: no such file", "give a file, a folder or a glob")
    return found


def items_of(file: str, text: str) -> Iterator[Item]:
    """The objects in the text of one file; documents that are no Kubernetes object (values, a kustomization) are
    passed over. Raises InputError with file and line."""
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            body = loader.construct_document(node)
            yield from _objects(file, body, node)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(f"{file}:{line}: {wrong.problem or 'not YAML'}", _advice(text)) from wrong
    except (yaml.YAMLError, RecursionError, ValueError) as wrong:
        raise InputError(f"{file}: not YAML: {wrong}", _advice(text)) from wrong
    finally:
        loader.dispose()


def _objects(file: str, body: Any, node: Any) -> Iterator[Item]:
    if not isinstance(body, Mapping) or not body.get("kind") or not body.get("apiVersion"):
        return
    if str(body["kind"]).endswith("List") and isinstance(body.get("items"), list):
        nodes: list[Any] = next((value.value for key, value in node.value if key.value == "items"), [])
        for inner, at in zip(body["items"], nodes, strict=False):
            yield from _objects(file, inner, at)
        return
    if body["kind"] == "Kustomization":
        return
    item = Item(body, Place())
    yield Item(body, Place(f"{item.kind}/{item.name}", file, node.start_mark.line + 1))


def _advice(text: str) -> str:
    templated = "{{" in text
    return "render the templates first (helm template, kustomize build)" if templated else "correct the YAML"


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InputError(f"{file} is larger than {LARGEST_FILE} bytes", "leave it out of --manifests")
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise InputError(f"{file}: cannot be read: {wrong}", "correct the file") from wrong
