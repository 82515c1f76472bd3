"""Reading objects straight from the API server: tests look so often that a kubectl for every look would be most of
their work."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from tests.cluster.harness.api import Api, Json

_ROOTS = {
    "/api/v1": ("configmap", "pod", "service"),
    "/apis/apps/v1": ("deployment", "replicaset"),
    "/apis/batch/v1": ("job",),
    "/apis/coordination.k8s.io/v1": ("lease",),
    "/apis/discovery.k8s.io/v1": ("endpointslice",),
}
_PATHS = {kind: f"{root}/namespaces/{{}}/{kind}s" for root, kinds in _ROOTS.items() for kind in kinds}


class Reader:
    """Objects of the kinds it `knows`, of a cluster whose kubeconfig the harness wrote."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        self._made: Api | None = None

    def knows(self, kind: str) -> bool:
        """Whether this kind, in singular or plural, can be read here."""
        return kind.removesuffix("s") in _PATHS

    def find(self, namespace: str, kind: str, name: str) -> Json | None:
        """One object; None when there is none. Raises `Refused`."""
        return self._api().find(f"{_path(namespace, kind)}/{quote(name)}")

    def every(self, namespace: str, kind: str, selector: str = "") -> list[Json]:
        """All objects of a kind, or those that a label selector matches. Raises `Refused`."""
        listed = self._api().send("GET", f"{_path(namespace, kind)}?labelSelector={quote(selector)}")
        # A list names its kind once; whoever reads an object out of it wants to know it.
        return [{"kind": listed["kind"].removesuffix("List"), **one} for one in listed["items"]]

    def _api(self) -> Api:
        """Made when it is first used: the kubeconfig is written while the cluster starts."""
        if self._made is None:
            self._made = Api(self._kubeconfig)
        return self._made


def _path(namespace: str, kind: str) -> str:
    return _PATHS[kind.removesuffix("s")].format(namespace)
