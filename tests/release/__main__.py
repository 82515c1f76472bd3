"""`make release-dry-run`: a release of this checkout up to where it would become public.

The parts are those of .github/workflows/release.yml (the package `release`); the image is built from a base of this
machine, and the last part is the act suite on that very image. Exits with 1 when any part fails, and says which.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pointsman.adapters.local.loopback import free_port
from release.archive import saved, within
from release.mistake import Mistake
from release.sbom import sbom_text
from release.version import mistakes, source_version, unfinished
from tests.images import product
from tests.images.base import ROOT, Docker
from tests.images.registry import Registry
from tests.release.progress import completed, indented
from tests.release.rehearsal import VARIABLE, Rehearsal, copy_tree, generate, lock

SUITE = ("tests/actions/test_act_container.py", "tests/actions/test_act_every_step.py")
LEFT_OUT = (
    "the image for linux-arm64, and the index over both: each is built on a machine of its kind",
    "the base python:3.13-slim: the base here is Debian's minimum, with its own Python",
    "push: the registry was one on this machine and has ended",
    "attest, sign: both need the identity of the workflow",
    "tag, publish: nothing was committed, no tag made, the wheel stays here",
)


@dataclass(frozen=True)
class DryRun:
    """The parts, each with the sentence that it ends with; they leave everything below `folder`."""

    folder: Path

    def version(self) -> str:
        version = source_version(ROOT)
        found = list(mistakes(ROOT, version))
        if found:
            raise Mistake("; ".join(found))
        return f"{version}, and the changelog has a word about it"

    def wheel(self) -> str:
        place = self.folder / "dist"
        subprocess.run(["make", "--no-print-directory", "wheel", f"DIST={place}"], cwd=ROOT, check=True)
        (wheel,) = place.glob("*.whl")
        return f"{_shown(wheel)}, {wheel.stat().st_size / 1e6:.1f} MB; it starts"

    def image(self) -> str:
        product.archive()
        return f"{product.tag()}, from a base of this machine"

    def size(self) -> str:
        with saved(product.archive()) as image:
            return within(image.compressed_size())

    def materials(self) -> str:
        with saved(product.archive()) as image:
            text = sbom_text(image)
        (self.folder / "pointsman.cdx.json").write_text(text)
        urls = [one["purl"] for one in json.loads(text)["components"]]
        python = sum(one.startswith("pkg:pypi/") for one in urls)
        return f"{_shown(self.folder / 'pointsman.cdx.json')}: {len(urls)} packages, {python} of them of Python"

    def lock(self) -> str:
        copy_tree(self._rehearsal.tree)
        with _docker() as docker, _served(Registry(self.folder / "registry", free_port())) as registry:
            return lock(self._rehearsal.tree, docker, product.loaded(docker), registry).rstrip()

    def generated(self) -> str:
        return "\n".join(generate(self._rehearsal.tree))

    def steps(self) -> str:
        """With CI=true a test that cannot be run here fails instead of being passed over."""
        around = {**os.environ, "CI": "true", VARIABLE: str(self.folder)}
        subprocess.run([sys.executable, "-m", "pytest", "--quiet", *SUITE], cwd=ROOT, env=around, check=True)
        return f"every container of {' and '.join(SUITE)} was of {self._rehearsal.image}"

    @property
    def _rehearsal(self) -> Rehearsal:
        return Rehearsal(self.folder)

    @property
    def parts(self) -> dict[str, Callable[[], str]]:
        """All of them, in their order."""
        return {
            "the version": self.version,
            "the wheel": self.wheel,
            "the image": self.image,
            "its size": self.size,
            "its bill of materials": self.materials,
            "the lock": self.lock,
            "what is generated from it": self.generated,
            "the act suite, in containers of that image": self.steps,
        }


def main() -> int:
    """Rehearse a release; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build/release", help="[default: build/release]")
    folder = parser.parse_args().folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if not completed(DryRun(folder).parts):
        return 1
    print("left out:\n" + indented("\n".join(LEFT_OUT)))
    todo = list(unfinished(ROOT, source_version(ROOT)))
    if todo:
        print("before a release:\n" + indented("\n".join(todo)))
    return 0


@contextmanager
def _docker() -> Iterator[Docker]:
    server = Docker()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _served(registry: Registry) -> Iterator[Registry]:
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    sys.exit(main())
