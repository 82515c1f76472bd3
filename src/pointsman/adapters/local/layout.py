"""Where everything of one local service lies: one folder per namespace, under the local root."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pointsman.model.errors import InputError

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class VersionFiles:
    """The files of one version: `desired` is written by the adapter, `state` by the supervisor alone."""

    path: Path

    @property
    def desired(self) -> Path:
        """What the version should be; absent when the version does not exist."""
        return self.path / "desired.json"

    @property
    def state(self) -> Path:
        """What the version is, as its supervisor last saw it."""
        return self.path / "state.json"

    @property
    def writing(self) -> Path:
        """Locked by whoever changes `desired`."""
        return self.path / "writing.lock"

    @property
    def supervised(self) -> Path:
        """Locked by the supervisor for as long as it lives; the kernel gives the lock back when it dies."""
        return self.path / "supervised.lock"

    @property
    def logs(self) -> Path:
        """One log file per instance, and `supervisor.log`."""
        return self.path / "logs"


@dataclass(frozen=True)
class Folder:
    """The folder of one namespace."""

    path: Path

    @property
    def service(self) -> Path:
        """Written by the user: name, ports, versions."""
        return self.path / "service.yaml"

    @property
    def images(self) -> Path:
        """Written by the user: image name to command."""
        return self.path / "images.yaml"

    @property
    def envoy(self) -> Path:
        """Envoy's own corner: bootstrap, process, log."""
        return self.path / "envoy"

    @property
    def discovery(self) -> Path:
        """The directory Envoy watches; files in it are only ever replaced by rename."""
        return self.envoy / "discovery"

    @property
    def routes(self) -> Path:
        """The split, as Envoy reads it."""
        return self.discovery / "routes.json"

    @property
    def clusters(self) -> Path:
        """One cluster per version."""
        return self.discovery / "clusters.json"

    def endpoints(self, version: str) -> Path:
        """Where requests to `version` go; written by its supervisor."""
        return self.discovery / f"endpoints-{version}.json"

    def version(self, name: str) -> VersionFiles:
        """The files of version `name`, which must be a plain name."""
        return VersionFiles(self.path / "versions" / _plain(name, "version"))

    def record(self, service: str) -> Path:
        """The release record of `service`."""
        return self.path / "records" / f"{_plain(service, 'service')}.json"

    def lock(self, service: str) -> Path:
        """The lease of `service`."""
        return self.path / "records" / f"{_plain(service, 'service')}.lease.json"


def folder_of(local_root: Path, namespace: str) -> Folder:
    """The folder of `namespace`. Raises InputError when the name could lead elsewhere."""
    return Folder(local_root.expanduser().absolute() / _plain(namespace, "namespace"))


def _plain(name: str, kind: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is not a {kind} name", "use lower-case letters, digits and dashes, at most 63")
    return name
