"""Small archives as `docker save` writes them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Layer = Mapping[str, str]


def archive(path: Path, *layers: Layer, compressed: bool = False, **config: Any) -> Path:
    """An image of these layers, files by path; `config` is what a container of it gets."""
    told = {"created": "2026-11-22T10:11:12.123456789Z", "config": config}
    blobs = [gzip.compress(_tar(layer)) if compressed else _tar(layer) for layer in layers]
    names = [f"{number}/layer.tar" for number in range(len(blobs))]
    manifest = [{"Config": "config.json", "RepoTags": None, "Layers": names}]
    with tarfile.open(path, "w") as made:
        _add(made, "config.json", json.dumps(told).encode())
        for name, blob in zip(names, blobs, strict=True):
            _add(made, name, blob)
        _add(made, "manifest.json", json.dumps(manifest).encode())
    return path


def _tar(layer: Layer) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as made:
        for name, text in layer.items():
            _add(made, name, text.encode())
    return content.getvalue()


def _add(made: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    made.addfile(member, io.BytesIO(content))
