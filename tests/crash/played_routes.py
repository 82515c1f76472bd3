"""Controllers of routes that are only played: they take in every HTTPRoute and VirtualService of the crash worlds, and
no request passes. Those of other namespaces have controllers of their own.

Threads of `played.py`. What they say of a route is what real ones say, for the generation they saw.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

import urllib3

from tests.cluster.harness.api import MERGE, Api, Json, Refused

ROUTES = "/apis/gateway.networking.k8s.io/v1"
VIRTUAL_SERVICES = "/apis/networking.istio.io/v1"
WORLDS = "crash-"
"""How the names of their namespaces begin."""
_AGAIN = 0.5
_TROUBLE = (Refused, urllib3.exceptions.HTTPError, OSError, ValueError)
_GONE = 404


class Controller:
    """Gives each object below `root` the status of its generation."""

    def __init__(self, api: Api, root: str, plural: str, status_of: Callable[[Json], Json]) -> None:
        self._api, self._root, self._plural, self._status_of = api, root, plural, status_of
        self._seen: dict[str, int] = {}

    def follow(self) -> None:
        """Work until the process ends; a cluster may not know such objects, or not yet."""
        while True:
            try:
                self._follow_once()
            except _TROUBLE as trouble:
                if getattr(trouble, "status", 0) != _GONE:
                    print(f"played: the watch of {self._plural} ended: {trouble!r}", file=sys.stderr, flush=True)
                time.sleep(_AGAIN)

    def _follow_once(self) -> None:
        path = f"{self._root}/{self._plural}"
        listed = self._api.send("GET", path)
        for route in listed["items"]:
            self._take_in(route)
        for event in self._api.watch(path, listed["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR":
                return
            if event["type"] in ("ADDED", "MODIFIED"):
                self._take_in(event["object"])

    def _take_in(self, route: Json) -> None:
        metadata = route["metadata"]
        if not metadata["namespace"].startswith(WORLDS):
            return
        if self._seen.get(metadata["uid"]) == metadata["generation"]:
            return
        path = f"{self._root}/namespaces/{metadata['namespace']}/{self._plural}/{metadata['name']}/status"
        self._api.send("PATCH", path, {"status": self._status_of(route)}, MERGE)
        self._seen[metadata["uid"]] = metadata["generation"]


def begin(api: Api) -> None:
    """Play both."""
    for root, plural, status_of in (
        (ROUTES, "httproutes", of_route),
        (VIRTUAL_SERVICES, "virtualservices", of_virtual_service),
    ):
        threading.Thread(target=Controller(api, root, plural, status_of).follow, daemon=True).start()


def of_route(route: Json) -> Json:
    """Accepted by every parent, with every backend found."""
    one = {"status": "True", "reason": "Played", "message": "", "lastTransitionTime": "2020-01-01T00:00:00Z"}
    conditions = [
        {**one, "type": name, "observedGeneration": route["metadata"]["generation"]}
        for name in ("Accepted", "ResolvedRefs")
    ]
    parents = route["spec"]["parentRefs"]
    by = "pointsman.dev/played"
    return {"parents": [{"parentRef": parent, "controllerName": by, "conditions": conditions} for parent in parents]}


def of_virtual_service(route: Json) -> Json:
    """The proxies have it."""
    generation = str(route["metadata"]["generation"])
    return {"conditions": [{"type": "Reconciled", "status": "True", "observedGeneration": generation}]}
