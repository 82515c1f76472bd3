"""Container images without a registry and without a container daemon: tar archives that containerd imports.

Each image is one static program in an empty root, in the format of `docker save`
(https://github.com/moby/docker-image-spec). All variants of the app share one layer and differ
in their environment.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.harness.binaries import build_static, cache_root, program

_SOURCES = Path(__file__).parent
PAUSE = "localhost/pause:1"


@dataclass(frozen=True)
class Image:
    """One tag: a program of this folder and the environment it starts with."""

    tag: str
    program: str
    environment: dict[str, str] = field(default_factory=dict)


def _app(name: str, **environment: str) -> Image:
    return Image(f"localhost/app:{name}", "app", {"VERSION": name, **environment})


IMAGES = (
    Image(PAUSE, "pause"),
    _app("v1"),
    _app("v2"),
    _app("v3"),
    _app("v4"),
    _app("crash", CRASH_AFTER_S="1"),
    _app("sick", BAD_HEALTH_AFTER_S="0"),
    _app("late-sick", BAD_HEALTH_AFTER_S="15"),
    _app("tiring", SICK_AFTER="30"),
    _app("slow", READY_AFTER_S="8"),
    _app("errors", ERROR_RATE="0.5"),
    _app("errors-5", ERROR_RATE="0.05"),
    _app("late-crash", CRASH_AFTER_S="20"),
    _app("steady", LATENCY_MS="40"),
    _app("threefold", LATENCY_MS="120"),
)
"""Every image a test may name."""


def load(run_dir: Path, tag: str, its_archive: Callable[[], Path]) -> None:
    """Import one more image into the containerd of a local cluster, unless it is there."""
    ctr = [str(program("ctr")), "--address", str(run_dir / "containerd.sock"), "--namespace", "k8s.io", "images"]
    known = subprocess.run([*ctr, "list", "--quiet"], capture_output=True, text=True, check=True)
    if tag not in known.stdout.split():
        subprocess.run([*ctr, "import", str(its_archive())], capture_output=True, text=True, check=True)


def archive() -> Path:
    """The archive of all images, built on first use and again whenever the sources change."""
    path = cache_root() / "images" / f"{_fingerprint()}.tar"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.{os.getpid()}")
        half.write_bytes(_packed())
        half.replace(path)
    return path


def _fingerprint() -> str:
    programs = [_SOURCES / name for name in sorted({image.program for image in IMAGES})]
    sources = [Path(__file__), *(folder / name for folder in programs for name in ("main.go", "go.mod"))]
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def _packed() -> bytes:
    layers = {name: layer(name, _static(name)) for name in sorted({image.program for image in IMAGES})}
    files = {f"{name}/layer.tar": content for name, content in layers.items()}
    manifest = []
    for image in IMAGES:
        configuration = json.dumps(configuration_of(image, layers[image.program])).encode()
        named = f"{hashlib.sha256(configuration).hexdigest()}.json"
        files[named] = configuration
        manifest.append({"Config": named, "RepoTags": [image.tag], "Layers": [f"{image.program}/layer.tar"]})
    return _tar({**files, "manifest.json": json.dumps(manifest).encode()})


def _static(name: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="runner-image-") as scratch:
        built = Path(scratch) / name
        build_static(_SOURCES / name, built)
        return built.read_bytes()


def layer(name: str, content: bytes) -> bytes:
    """A file system with one executable in its root."""
    return _tar({name: content}, mode=0o755)


def configuration_of(image: Image, its_layer: bytes) -> dict[str, object]:
    """The image configuration: what to run, with which environment, on which layer."""
    return {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()],
        "os": "linux",
        "config": {
            "Entrypoint": [f"/{image.program}"],
            "Env": [f"{key}={value}" for key, value in image.environment.items()],
            "User": "65534:65534",
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(its_layer).hexdigest()}"]},
    }


def _tar(files: dict[str, bytes], mode: int = 0o644) -> bytes:
    """An archive that depends on its content alone: no times, no owners."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
