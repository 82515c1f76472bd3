"""What `--image` asks for: one image, or one image for one named container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.model.errors import InputError

_CONTAINER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,510}")


@dataclass(frozen=True)
class ImageChange:
    """Put `image` into `container`; an empty container name means the only one there is."""

    image: str
    container: str = ""

    def applied_to(self, images: Mapping[str, str]) -> dict[str, str]:
        """`images` (container name to image) after this change. Raises InputError when it does not fit."""
        return {**images, self._container_among(list(images)): self.image}

    def _container_among(self, names: list[str]) -> str:
        listed = ", ".join(names)
        if self.container:
            if self.container not in names:
                raise InputError(
                    f"there is no container {self.container!r} in the workload", f"its containers: {listed}"
                )
            return self.container
        if len(names) != 1:
            raise InputError(
                f"the workload has {len(names)} containers and --image does not say which is meant",
                f"write --image CONTAINER=IMAGE with one of: {listed}",
            )
        return names[0]


def image_change(text: str) -> ImageChange:
    """The change written as `IMAGE` or `CONTAINER=IMAGE`. Raises InputError on anything else."""
    container, separator, image = text.strip().rpartition("=")
    if separator and not _CONTAINER.fullmatch(container):
        raise InputError(f"{container!r} is not a container name", "write --image CONTAINER=IMAGE")
    if not _IMAGE.fullmatch(image):
        raise InputError(f"{image!r} is not an image reference", "write it like registry/shop:1.4 or shop@sha256:…")
    return ImageChange(image, container)


def is_pinned(image: str) -> bool:
    """True when the reference names a digest, so that it can never mean another image tomorrow."""
    return "@sha256:" in image
