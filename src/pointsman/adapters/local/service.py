"""What the user wrote about a local service: `service.yaml` and `images.yaml`, read strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from pointsman.adapters.local.files import replace_file, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.model.errors import InputError

T = TypeVar("T")


class Service(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`port` is where users come in, `admin_port` where we ask Envoy; both on loopback. The first of
    `versions` serves until something else is written. `drain` is the seconds an instance may take to
    end."""

    service: str
    port: int
    admin_port: int
    versions: tuple[str, ...]
    health_path: str = "/healthz"
    drain: float = 10.0


@dataclass(frozen=True)
class Image:
    """An image of the local platform: a name for a command."""

    name: str
    command: tuple[str, ...]

    @property
    def identity(self) -> str:
        """Changes when the name or the command does: what a digest is to a container image."""
        return hashlib.sha256("\x1f".join((self.name, *self.command)).encode()).hexdigest()[:12]


def service_of(folder: Folder) -> Service:
    """The service in `folder`. Raises InputError naming file and reason."""
    service = _decoded(folder, "service.yaml", Service)
    if len(service.versions) < 2:
        raise InputError(f"{folder.service}: `versions` names fewer than two", "write both colours there")
    return service


def image_of(folder: Folder, name: str) -> Image:
    """The image `name`. Raises InputError listing the images there are."""
    images = _decoded(folder, "images.yaml", dict[str, tuple[str, ...]])
    command = images.get(name)
    if not command:
        known = ", ".join(sorted(images)) or "none"
        raise InputError(
            f"there is no image {name!r} on the local platform",
            f"known images: {known}; add yours to {folder.images}",
        )
    return Image(name, command)


def define(folder: Folder, service: Service, images: Mapping[str, Sequence[str]]) -> None:
    """Write both files, as a user would by hand."""
    replace_file(folder.service, msgspec.yaml.encode(service).decode())
    replace_file(folder.images, msgspec.yaml.encode(images).decode())


def _decoded(folder: Folder, name: str, kind: type[T]) -> T:
    path = folder.path / name
    text = text_of(path)
    if text is None:
        raise InputError(f"there is no {path}", "describe the local service there, or check --namespace")
    try:
        return msgspec.yaml.decode(text, type=kind)
    except msgspec.MsgspecError as reason:
        raise InputError(f"{path}: {reason}", "correct the file") from reason
