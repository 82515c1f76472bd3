"""Users of the cluster that hold no permission but those a test grants: service accounts with a token."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.cluster.harness import kubeconfig

_NAMESPACE = "pointsman-identities"


class Identities:
    """Creates each identity on first use; works on any cluster on which `kubectl` has every permission."""

    def __init__(self, kubectl: Callable[..., str]) -> None:
        self._kubectl = kubectl
        self._files: dict[str, Path] = {}
        self._folder: Path | None = None

    def kubeconfig(self, name: str, admin: Path) -> Path:
        """A kubeconfig with a token of `name` for the cluster that `admin` leads to."""
        if name not in self._files:
            self._create(name)
            self._files[name] = self._written(name, admin)
        return self._files[name]

    def subject(self, name: str) -> dict[str, str]:
        """The subject of an RBAC binding."""
        return {"kind": "ServiceAccount", "name": name, "namespace": _NAMESPACE}

    def forget(self) -> None:
        """Remove the token files."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._files.clear()
        self._folder = None

    def _create(self, name: str) -> None:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}
        metadata = {"name": name, "namespace": _NAMESPACE}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        self._kubectl("apply", "-f-", input=json.dumps(space))
        self._kubectl("apply", "-f-", input=json.dumps(account))

    def _written(self, name: str, admin: Path) -> Path:
        token = self._kubectl("create", "token", name, f"--namespace={_NAMESPACE}", "--duration=24h").strip()
        viewed = self._kubectl("config", "view", "--raw", "--minify", f"--kubeconfig={admin}", "-ojson")
        view = json.loads(viewed)
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix="pointsman-identities-"))
        file = self._folder / f"{name}.kubeconfig"
        return kubeconfig.write(file, view["clusters"][0]["cluster"], {"token": token})
