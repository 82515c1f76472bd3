"""Debian packages a bare machine needs beside the programs that `binaries.py` builds."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.cluster.harness.binaries import MissingToolError

CLUSTER = {
    "etcd-server": "etcd",
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iptables": "iptables",
    "iproute2": "ip",
    "util-linux": "nsenter",
}
"""Package name to a program (or file) that only this package brings."""

CONTAINERS = {"docker.io": "dockerd", "debootstrap": "debootstrap", "shellcheck": "shellcheck", "rsync": "rsync"}
"""What tests of the actions need on top."""


def missing(packages: dict[str, str]) -> list[str]:
    """The packages whose program isn't on this machine."""
    return [name for name, proof in packages.items() if not _present(proof)]


def install(*groups: dict[str, str]) -> None:
    """Install what is missing with apt-get; raises `MissingToolError` when that isn't possible here."""
    wanted = [name for group in groups for name in missing(group)]
    if not wanted:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MissingToolError(f"install these packages first (apt names): {' '.join(wanted)}")
    print(f"apt-get install {' '.join(wanted)} ...", flush=True)
    began = time.monotonic()
    _apt("update", "-qq")
    _apt("install", "-qq", "--yes", "--no-install-recommends", *wanted)
    print(f"apt-get install: {time.monotonic() - began:.0f} s", flush=True)


def _apt(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    argv = ["apt-get", *arguments]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MissingToolError(f"apt-get {arguments[0]} failed: {done.stderr[-2000:]}")


def _present(proof: str) -> bool:
    if proof.startswith("/"):
        return Path(proof).exists()
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return shutil.which(proof, path=places) is not None
