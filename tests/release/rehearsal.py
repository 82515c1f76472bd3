"""The project as a tag of it would be, around an image that only a registry on this machine has.

The lock names that image by digest, so what runs later, from whichever server, is that very image or nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from release.lock import LOCK, write_lock
from release.version import source_version
from tests.images.base import ROOT, Docker
from tests.images.registry import Registry

VARIABLE = "POINTSMAN_REHEARSAL"
"""Names the folder of a rehearsal that is there already; tests then make none of their own."""
NAME = "pointsman-dev/pointsman"
_PARTS = ("actions", "docs", "examples", "libexec", "schema", "src", "templates")


@dataclass(frozen=True)
class Rehearsal:
    """What a release would have left, below one folder."""

    folder: Path

    @property
    def tree(self) -> Path:
        """The project, with the lock and what is generated from it."""
        return self.folder / "tree"

    @property
    def lock(self) -> dict[str, str]:
        """What the lock says."""
        lines = (self.tree / LOCK).read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if not line.startswith("#"))

    @property
    def image(self) -> str:
        """The image for this machine, by digest."""
        (platform,) = [name for name in self.lock if name.startswith("digest.")]
        return f"{self.lock['repository']}@{self.lock[platform]}"

    @property
    def registry(self) -> Registry:
        """The registry that the lock names; it has to be started."""
        port = int(self.lock["repository"].partition("/")[0].partition(":")[2])
        return Registry(self.folder / "registry", port)


def rehearse(folder: Path, docker: Docker, image: str, registry: Registry) -> Rehearsal:
    """Everything below `folder`, around the image that `docker` has; `registry` is started and keeps its own there."""
    copy_tree(folder / "tree")
    lock(folder / "tree", docker, image, registry)
    generate(folder / "tree")
    return Rehearsal(folder)


def copy_tree(place: Path) -> None:
    """Those parts of the project at `place` that a step is run from, and that anything is generated into."""
    for name in _PARTS:
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", place)


def lock(tree: Path, docker: Docker, image: str, registry: Registry) -> str:
    """Push the image and write its digest into the lock of `tree`; the lock's text. There is one platform, so its image
    stands for the index too."""
    repository = f"{registry.address}/{NAME}"
    digest = docker.push(image, repository)
    return write_lock(tree, repository, source_version(tree), digest, {docker.platform: digest})


def generate(tree: Path) -> list[str]:
    """Generate what follows from the lock; the lines about what changed. Raises CalledProcessError."""
    command = [sys.executable, "-m", "pointsman.gen", "--root", str(tree)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    subprocess.run([*command, "--check"], check=True)
    return said.splitlines()
