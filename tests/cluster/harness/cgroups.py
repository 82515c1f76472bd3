"""A control group that belongs to one cluster: what runs in it is the list of processes the cluster started.

Two clusters on one machine must not share a group, because a kubelet ends pods it doesn't know.
Works with one unified hierarchy (v2) and with a hierarchy per controller (v1).
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_SHARES = {"cpu.shares": ("1024", "256"), "cpu.weight": ("100", "25")}
"""What a group is given by itself and a quarter of it, in the words of v1 and of v2."""


def _hierarchies() -> list[Path]:
    """The mounted hierarchies; a controller's alias (cpu and cpuacct are often one) is named once."""
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    mounted = (path for path in _ROOT.iterdir() if not path.is_symlink())
    return sorted(path for path in mounted if (path / "cgroup.procs").exists())


def share(group: Path, little: bool) -> None:
    """How much processor time a group gets beside others; nothing happens in hierarchies that do not give it."""
    for setting, (usual, quarter) in _SHARES.items():
        if (file := group / setting).exists():
            file.write_text(quarter if little else usual)


class ControlGroup:
    """`/NAME` in every hierarchy, with `system` for daemons; kubelet adds its own children for pods."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = f"/{name}"

    def create(self) -> None:
        for hierarchy in _hierarchies():
            system = hierarchy / self.name / "system"
            for group in (system.parent, system):
                group.mkdir(exist_ok=True)
                _allow_processes(group)

    def adopt(self, pid: int) -> None:
        """Move a process in; what it starts from now on is born inside."""
        for hierarchy in _hierarchies():
            (hierarchy / self.name / "system" / "cgroup.procs").write_text(str(pid))

    def yields(self, wanted: bool) -> None:
        """Take a quarter of the processor time that others take, when all want it; or as much as they. (Niceness
        counts only among the processes of one group.)"""
        for hierarchy in _hierarchies():
            share(hierarchy / self.name, little=wanted)

    def pids(self) -> set[int]:
        """Every process inside, containers included."""
        found: set[int] = set()
        for group in self._groups():
            found.update(int(pid) for pid in _read(group / "cgroup.procs").split())
        return found

    def kill(self, timeout: float = 10.0) -> None:
        """End everything inside at once; raises `TimeoutError` if something survives."""
        deadline = time.monotonic() + timeout
        while pids := {pid for pid in self.pids() if not _is_zombie(pid)}:
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes {sorted(pids)} of {self.name} do not end")
            for pid in pids:
                _kill(pid)
            time.sleep(0.05)

    def delete(self) -> None:
        """Remove the empty groups, children first."""
        for group in self._groups():
            _remove(group)

    def _groups(self) -> list[Path]:
        return [
            Path(folder)
            for hierarchy in _hierarchies()
            for folder, _, _ in os.walk(hierarchy / self.name, topdown=False)
        ]


def _allow_processes(group: Path) -> None:
    """A new v1 cpuset has no processor and no memory, and refuses processes until it is given some."""
    for setting in ("cpuset.cpus", "cpuset.mems"):
        file = group / setting
        if file.exists() and group.parts[4] == "cpuset" and not file.read_text().strip():
            file.write_text((group.parent / setting).read_text())


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # the group went away between listing and reading
        return ""


def _is_zombie(pid: int) -> bool:
    status = _read(Path(f"/proc/{pid}/stat"))
    return status.rpartition(")")[2].split()[:1] == ["Z"]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _remove(group: Path, attempts: int = 40) -> None:
    """The kernel lets go of an ended process's group a moment after the process."""
    for _ in range(attempts):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
