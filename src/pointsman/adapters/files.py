"""Puts rendered reports into files. It never raises: what could not be written comes back as sentences."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def append(path: str, text: str) -> list[str]:
    """Add `text` to the end of the file (GITHUB_OUTPUT, GITHUB_STEP_SUMMARY): all of it or nothing.

    Half an output would make the runner fail the step, so a file that could not take all is cut back. An
    empty `path` means nobody asked for it.
    """
    if not path or not text:
        return []
    try:
        _append(path, text.encode("utf-8", "replace"))
    except (OSError, ValueError) as refusal:
        return [_sentence(path, refusal)]
    return []


def replace(path: str, text: str) -> list[str]:
    """Make `text` the whole content of the file: a reader sees the old content or the new, never a part.
    Missing folders are made."""
    if not path:
        return []
    try:
        _replace(Path(path), text.encode("utf-8", "replace"))
    except (OSError, ValueError) as refusal:
        return [_sentence(path, refusal)]
    return []


def _append(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        before = os.fstat(handle).st_size
        try:
            _write_all(handle, data)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)
        os.replace(draft, path)
    except OSError:
        with suppress(OSError):
            os.unlink(draft)
        raise


def _sentence(path: str, refusal: Exception) -> str:
    reason = refusal.strerror if isinstance(refusal, OSError) and refusal.strerror else str(refusal)
    return f"could not write {path}: {reason}"
