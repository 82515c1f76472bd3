"""This process, and all it starts, yield to others on this machine for a while."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.harness.cgroups import share

_ROOT = Path("/sys/fs/cgroup")


@contextmanager
def yielding() -> Iterator[None]:
    """In a control group of its own, for processor time alone; afterwards everything is back where it came from."""
    root, came_from = _of_processor_time()
    group = root / f"pm{os.getpid()}-yielding"
    group.mkdir()
    share(group, little=True)
    _enter(group, os.getpid())
    try:
        yield
    finally:
        while pids := (group / "cgroup.procs").read_text().split():
            for pid in pids:
                _enter(came_from, int(pid))
        group.rmdir()


def _of_processor_time() -> tuple[Path, Path]:
    """The hierarchy that gives processor time (v1 has one for it, v2 has one for all), and our own place in it."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return _ROOT / "cpu", _ROOT / "cpu" / path.lstrip("/")
        if number == "0" and (_ROOT / "cgroup.controllers").exists():
            return _ROOT, _ROOT / path.lstrip("/")
    raise LookupError("no control group here gives processor time")


def _enter(group: Path, pid: int) -> None:
    try:
        (group / "cgroup.procs").write_text(str(pid))
    except ProcessLookupError:
        return  # it has ended meanwhile
