"""Files of Go modules that tests apply to the cluster: from the Go module proxy, kept in the cache by version.

Gateway API, Istio and Contour (Apache-2.0): their custom resource definitions are 3 MB of generated YAML, so they are
not kept in the repository.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.harness.binaries import CONTOUR, ISTIO, MissingToolError, cache_root, downloaded, only_builder


@dataclass(frozen=True)
class Files:
    """One folder of a Go module at one version."""

    name: str
    module: str
    version: str
    folder: str

    @property
    def path(self) -> Path:
        """Where the folder is kept, whether it is there or not."""
        return cache_root() / f"{self.name}-{self.version}"


GATEWAY_API = Files("gateway-api", "sigs.k8s.io/gateway-api", "v1.6.1", "config/crd/standard")
ISTIO_FILES = Files("istio-files", ISTIO.module, ISTIO.version, "manifests/charts/base/files")
CONTOUR_FILES = Files("contour-files", CONTOUR.module, CONTOUR.version, "examples/contour")
EVERYTHING = (GATEWAY_API, ISTIO_FILES, CONTOUR_FILES)


def fetch(*wanted: Files) -> None:
    """Put what is missing into the cache."""
    with only_builder():
        for each in wanted:
            if not each.path.exists():
                _keep(each)


def folder_of(wanted: Files) -> Path:
    """The folder of a module's files; raises `MissingToolError` when it was not fetched yet."""
    if not wanted.path.exists():
        raise MissingToolError(f"{wanted.path} is not there: run `python -m tests.cluster.harness build`")
    return wanted.path


def _keep(wanted: Files) -> None:
    """Copied in one step, so that nobody ever applies half a folder."""
    source = Path(downloaded(wanted.module, wanted.version)["Dir"]) / wanted.folder
    half = wanted.path.with_name(f".{wanted.path.name}.{os.getpid()}")
    shutil.copytree(source, half, copy_function=shutil.copyfile)
    half.chmod(0o755)
    half.rename(wanted.path)
