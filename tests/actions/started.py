"""Which containers a Docker server has started."""

from __future__ import annotations

from typing import Self

from tests.images.base import Docker


class Started:
    """The images of the containers that a Docker server starts meanwhile, by its own record."""

    def __init__(self, docker: Docker) -> None:
        self._docker = docker

    def __enter__(self) -> Self:
        self._since = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        image = "{{.Actor.Attributes.image}}"
        while_open = ["--since", self._since, "--until", self._now()]
        told = self._docker.run("events", *while_open, "--filter", "event=start", "--format", image)
        self.images = told.splitlines()

    def _now(self) -> str:
        return self._docker.run("info", "--format", "{{.SystemTime}}").strip()
