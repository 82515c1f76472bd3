"""One shop in a namespace of its own, on the played node: opened for one point, looked at, left behind.

Nobody clears it away: that would cost as much as half of opening it, and all goes with the cluster.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pointsman.adapters.records.codec import decode
from pointsman.model.record import Record
from tests.cluster.harness.api import MERGE, Api, Json
from tests.cluster.harness.world import Object, deployment, service
from tests.crash.played import NODE
from tests.crash.played_routes import WORLDS
from tests.crash.ways import Way

SERVICE, CANDIDATE, REPLICAS = "shop", "shop-canary", 2
IN_FLIGHT = "in flight"
_ORDINAL = itertools.count(1)
_APPS, _CORE = "/apis/apps/v1", "/api/v1"
_LEASES = "/apis/coordination.k8s.io/v1"
_ASKED_FIRST, _ASKED_AT_LEAST = 0.1, 0.8
"""Seconds between two looks while waiting: sixteen worlds that ask all the time would be the server's main work."""
_NO_PROXY = "service.kubernetes.io/service-proxy-name"
"""Tells kube-proxy that somebody else serves it: nobody comes by its address, and there will be thousands."""
_LONG_AGO = "2020-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class Version:
    """One Deployment: the tag it asks for, the instances it asks for, and the names of its ready pods by tag."""

    tag: str
    replicas: int
    uid: str
    ready: Mapping[str, int]


@dataclass(frozen=True)
class Sight:
    """The world at one instant. `reached` maps the versions that users are sent to, by a route or a Service, to the
    weight the route gives them; to 0 where the Service sends them to all pods alike."""

    reached: Mapping[str, int]
    versions: Mapping[str, Version]
    record: Record | None
    damage: str
    holder: str
    objects: Mapping[str, str] = field(default_factory=dict)

    @property
    def serving(self) -> str:
        """Who gets users, in words."""
        return " and ".join(sorted(self.reached))

    @property
    def shape(self) -> str:
        """What people would compare: who serves what, which versions there are, what is unfinished."""
        versions = ", ".join(f"{name}={one.tag}x{one.replicas}" for name, one in sorted(self.versions.items()))
        flight = self.record.flight if self.record else None
        intent = self.record.intent if self.record else None
        loose = "".join(f", {word}" for word, there in ((IN_FLIGHT, flight), ("an open intent", intent)) if there)
        return f"{self.serving} serves; {versions}{loose}{f', locked by {self.holder}' if self.holder else ''}"


class World:
    """A namespace of its own, or the one called `name` that somebody else has furnished."""

    def __init__(self, api: Api, name: str = "") -> None:
        self._api = api
        self._way: Way | None = None
        self.seen = Sight({}, {}, None, "", "")
        """The last look."""
        self.name = name or f"{WORLDS}{os.getpid()}-{next(_ORDINAL)}"

    def open(self, colours: Mapping[str, str], selector: Mapping[str, str], way: Way | None = None) -> None:
        """Create it all: `colours` maps version to image tag, the Service has this selector; where a `way` leads to it,
        a candidate has a Service, too. Returns once every version is ready and the Service has endpoints."""
        self._way = way
        self._api.send("POST", f"{_CORE}/namespaces", {"metadata": {"name": self.name}})
        self.wait_until(lambda: self._find(_CORE, "serviceaccounts/default") is not None, "the namespace is usable")
        self._serve(SERVICE, selector)
        if way is not None:
            self._serve(CANDIDATE, {"app": SERVICE, "track": "canary"})
            self._api.send("POST", self._path(way.root, way.plural), way.made())
        for colour, tag in colours.items():
            self._api.send("POST", self._path(_APPS, "deployments"), played(colour, tag))
        self.wait_until(lambda: self._ready(colours), "the shop is open")

    def _serve(self, name: str, selector: Mapping[str, str]) -> None:
        made = service(name, dict(selector))
        made["metadata"].setdefault("labels", {})[_NO_PROXY] = "played"
        self._api.send("POST", self._path(_CORE, "services"), made)

    def look(self) -> Sight:
        """What is there now."""
        pods = self._list(_CORE, "pods")
        deployments = {one["metadata"]["name"]: one for one in self._list(_APPS, "deployments")}
        shop = self._find(_CORE, f"services/{SERVICE}") or {"spec": {"selector": {}}, "metadata": {}}
        routes = self._list(self._way.root, self._way.plural) if self._way else []
        kept = self._find(_CORE, f"configmaps/pointsman-{SERVICE}")
        lease = self._find(_LEASES, f"leases/pointsman-{SERVICE}")
        record, damage = _record(kept)
        # A Deployment's resourceVersion also moves with its status; its generation moves with what somebody wrote.
        objects = {
            name: f"{one['metadata']['uid']} {one['metadata']['generation']}" for name, one in deployments.items()
        }
        objects |= {"service": shop["metadata"].get("resourceVersion", "gone")}
        objects |= {f"route {one['metadata']['name']}": _written(one) for one in routes}
        objects |= {"record": kept["metadata"]["resourceVersion"] if kept else ""}
        self.seen = Sight(
            reached=self._reached(shop, deployments, routes),
            versions={_version_of(name): _version(one, pods) for name, one in deployments.items()},
            record=record,
            damage=damage,
            holder=_holder(lease),
            objects=objects,
        )
        return self.seen

    def _reached(self, shop: Json, deployments: Mapping[str, Json], routes: list[Json]) -> dict[str, int]:
        if self._way is None:
            return {_version_of(name): 0 for name, one in deployments.items() if _selects(shop, one)}
        return {_version_of(name): weight for name, weight in self._way.weights(routes).items() if weight}

    def count(self, *plurals: str) -> dict[str, int]:
        """How many objects there are of each kind."""
        roots = {"deployments": _APPS, "leases": _LEASES, "jobs": "/apis/batch/v1"}
        return {plural: len(self._list(roots.get(plural, _CORE), plural)) for plural in plurals}

    def age_the_lock(self) -> None:
        """Let the lease of a dead run be long over, in place of waiting for it."""
        path = self._path(_LEASES, f"leases/pointsman-{SERVICE}")
        if self._api.find(path):
            self._api.send("PATCH", path, {"spec": {"renewTime": _LONG_AGO}}, MERGE)

    def drop_the_lock(self) -> None:
        """Take away the lease that somebody has left, so that nobody has ever been here."""
        path = self._path(_LEASES, f"leases/pointsman-{SERVICE}")
        if self._api.find(path):
            self._api.send("DELETE", path)

    def wait_until(self, reached: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait for something. Raises TimeoutError when it never comes."""
        end, pause = time.monotonic() + seconds, _ASKED_FIRST
        while not reached():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: {what}: not within {seconds:.0f} s")
            time.sleep(pause)
            pause = min(2 * pause, _ASKED_AT_LEAST)

    def _ready(self, colours: Mapping[str, str]) -> bool:
        found = self._list(_APPS, "deployments")
        ready = [one for one in found if one.get("status", {}).get("availableReplicas", 0) >= REPLICAS]
        return len(ready) == len(colours) and len(self._endpoints()) >= REPLICAS

    def _endpoints(self) -> list[Json]:
        slices = self._list("/apis/discovery.k8s.io/v1", "endpointslices")
        return [one for each in slices for one in each.get("endpoints") or [] if one["conditions"].get("ready")]

    def _path(self, root: str, under: str) -> str:
        return f"{root}/namespaces/{self.name}/{under}"

    def _find(self, root: str, under: str) -> Json | None:
        return self._api.find(self._path(root, under))

    def _list(self, root: str, plural: str) -> list[Json]:
        return list(self._api.send("GET", self._path(root, plural))["items"])


def played(colour: str, tag: str) -> Object:
    """A Deployment whose pods name the played node themselves."""
    labels = {"app": SERVICE, "version": colour, "track": "stable"}
    made = deployment(_deployment(colour), tag, labels=labels, replicas=REPLICAS)
    made["spec"]["template"]["spec"] |= {"nodeName": NODE, "terminationGracePeriodSeconds": 0}
    return made


def _written(route: Json) -> str:
    """What somebody wrote of a route; its status, which moves its resourceVersion, is not."""
    return f"{route['metadata']['uid']} {route['metadata']['generation']} {route['metadata'].get('annotations')}"


def _deployment(version: str) -> str:
    """The one called like the service is what a canary is made beside."""
    return version if version == SERVICE else f"{SERVICE}-{version}"


def _version_of(name: str) -> str:
    return name.removeprefix(f"{SERVICE}-")


def _selects(shop: Json, one: Json) -> bool:
    selector, labels = shop["spec"]["selector"], one["spec"]["template"]["metadata"]["labels"]
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _version(one: Json, pods: list[Json]) -> Version:
    ready: dict[str, int] = {}
    for pod in pods:
        if _maker(pod) == one["metadata"]["name"] and _serves(pod):
            tag = _tag(pod["spec"])
            ready[tag] = ready.get(tag, 0) + 1
    return Version(_tag(one["spec"]["template"]["spec"]), int(one["spec"]["replicas"]), one["metadata"]["uid"], ready)


def _maker(pod: Json) -> str:
    """The Deployment of a pod: its ReplicaSet, from which its name is made, is called DEPLOYMENT-HASH."""
    return str(pod["metadata"].get("generateName", "")).rstrip("-").rpartition("-")[0]


def _holder(lease: Json | None) -> str:
    """Who holds the lock. What a dead run held long ago, and nobody has taken since, is none; `status` says so too."""
    if lease is None or lease["spec"].get("renewTime") == _LONG_AGO:
        return ""
    return str(lease["spec"].get("holderIdentity") or "")


def _serves(pod: Json) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _tag(spec: Json) -> str:
    return str(spec["containers"][0]["image"]).rpartition(":")[2]


def _record(kept: Json | None) -> tuple[Record | None, str]:
    if kept is None:
        return None, ""
    try:
        return decode(kept["data"]["record.json"]), ""
    except Exception as wrong:  # whatever it is, the record cannot be read
        return None, str(wrong) or json.dumps(kept)[:200]
