"""The files of a report that an input names: a file, a folder or a glob."""

from __future__ import annotations

import glob
from pathlib import Path

from pointsman.model.errors import InputError

LARGEST = 64 * 1024 * 1024


def reports_of(pattern: str, option: str, suffix: str) -> list[Path]:
    """The files. Raises InputError when there is none, or one is too large to be a report."""
    path = Path(pattern)
    if path.is_dir():
        found = sorted(one for one in path.rglob(f"*{suffix}") if one.is_file())
    else:
        found = [Path(one) for one in sorted(glob.glob(pattern, recursive=True)) if Path(one).is_file()]
    if not found:
        raise InputError(f"{option} {pattern}: no such file", "give the report's file, its folder or a glob")
    large = next((one for one in found if one.stat().st_size > LARGEST), None)
    if large:
        raise InputError(f"{option}: {large} is larger than {LARGEST} bytes", "give the report itself")
    return found
