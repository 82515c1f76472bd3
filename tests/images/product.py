"""Pointsman's image as an archive that a cluster imports: built once for each state of the sources, and kept."""

import hashlib
import os
from pathlib import Path

from tests.cluster.harness.binaries import only_builder
from tests.images.base import ROOT, Docker, cache

_KEPT = 3
_SOURCES = ("Dockerfile", "libexec/requirements.lock", "tests/images/base.py")


def tag() -> str:
    """The image's name; another state of the sources is another name, so that a stale image is never run."""
    return f"localhost/pointsman:{_fingerprint()}"


def archive() -> Path:
    """The archive, in the format of `docker save`. The first call for a state of the sources needs root."""
    path = cache() / f"product-{_fingerprint()}.tar"
    with only_builder():
        if not path.exists():
            half = path.with_name(f".{path.name}.{os.getpid()}")
            _build(half)
            half.replace(path)
            _forget_older()
    return path


def loaded(docker: Docker) -> str:
    """The image's name, once that server has it."""
    docker.run("load", "--quiet", feed=archive())
    return tag()


def _forget_older() -> None:
    kept = sorted(cache().glob("product-*.tar"), key=lambda each: each.stat().st_mtime)
    for each in kept[:-_KEPT]:
        each.unlink(missing_ok=True)


def _build(path: Path) -> None:
    docker = Docker()
    docker.start()
    try:
        docker.run("save", "--output", str(path), docker.build_image(tag()))
    finally:
        docker.stop()


def _fingerprint() -> str:
    packaged = (file for file in (ROOT / "src").rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    files = [*(ROOT / name for name in _SOURCES), *sorted(packaged)]
    content = [f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() for file in files]
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:16]
