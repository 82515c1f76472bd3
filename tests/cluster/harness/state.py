"""Which clusters run on this machine, in files of the cache folder, and how to end one of them.

Each local cluster is recorded before its first process starts, so a cluster whose owner was killed can still
be found and removed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster.harness.binaries import cache_root
from tests.cluster.harness.cgroups import ControlGroup
from tests.cluster.harness.network import Namespace


@dataclass(frozen=True)
class Record:
    """A cluster: its name is that of its network namespace and of its control group."""

    name: str
    run_dir: str
    owner: int | None
    """The process that ends it, or None for one that `up` left running."""

    @property
    def abandoned(self) -> bool:
        """Its owner is gone without ending it."""
        return self.owner is not None and not Path(f"/proc/{self.owner}").exists()


def _folder() -> Path:
    return cache_root() / "clusters"


def write(record: Record) -> None:
    """Record a cluster, at once as a whole: others read while they start or end clusters of their own."""
    _folder().mkdir(parents=True, exist_ok=True)
    draft = _folder() / f"{record.name}.draft"
    draft.write_text(json.dumps(asdict(record)))
    draft.replace(_folder() / f"{record.name}.json")


def records() -> list[Record]:
    """Every recorded cluster."""
    return [record for file in sorted(_folder().glob("*.json")) if (record := _read(file)) is not None]


def _read(file: Path) -> Record | None:
    """One record; None when its owner took it away since it was listed."""
    try:
        return Record(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None


def interactive() -> Record | None:
    """The cluster that `up` left running, if there is one."""
    return next((record for record in records() if record.owner is None), None)


def sweep() -> None:
    """End every cluster whose owner was killed before it could; one of several that start at once does it."""
    _folder().mkdir(parents=True, exist_ok=True)
    with (_folder() / "sweep.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for record in records():
            if record.abandoned:
                end(record)


def end(record: Record) -> None:
    """End a cluster's processes and remove its mounts, namespace, groups, files and record, in this order."""
    group = ControlGroup(record.name)
    group.kill()
    _unmount_below(Path(record.run_dir))
    Namespace(record.name).delete()
    group.delete()
    _remove_what_lies_elsewhere(record)
    shutil.rmtree(record.run_dir, ignore_errors=True)
    (_folder() / f"{record.name}.json").unlink(missing_ok=True)


def _unmount_below(folder: Path) -> None:
    """Unmount what lies below a folder, inner mounts first; removing files before would reach into them."""
    for mount in reversed(_mounts()):
        if mount.startswith(f"{folder}{os.sep}"):
            subprocess.run(["umount", "--lazy", mount], check=True)


def _remove_what_lies_elsewhere(record: Record) -> None:
    """Two programs write to fixed places: kubelet links logs, network plug-ins remember what they did."""
    for result in Path("/var/lib/cni/results").glob(f"{record.name}-*"):
        result.unlink(missing_ok=True)
    for link in Path("/var/log/containers").glob("*.log"):
        if link.is_symlink() and link.readlink().is_relative_to(record.run_dir):
            link.unlink(missing_ok=True)


def _mounts() -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line.split()[1].encode().decode("unicode_escape") for line in lines]
