"""The service most tests release: a Service `shop`, Deployments `shop-blue` and `shop-green`, and its users."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from tests.cluster.harness.counts import Counts
from tests.cluster.harness.load import Load
from tests.cluster.harness.world import Object, World, deployment, service

BLUE = {"app": "shop", "version": "blue"}
GREEN = {"app": "shop", "version": "green"}
LOCK = {"Lease pointsman-shop"}
"""All that a run may write which finds nothing to do."""
_REST_SECONDS = 2.0
"""Controllers that have nothing left to do write nothing for so long, also on a busy machine."""
_FEWEST = 40
"""Requests of each sort of client that tell anything."""
_KINDS = ("service", "deployment", "configmap", "lease")


def blue(image: str = "v1", **settings: Any) -> Object:
    """The Deployment of the colour that serves."""
    return deployment("shop-blue", image, labels=BLUE, **settings)


def green(image: str = "v1", **settings: Any) -> Object:
    """The Deployment of the idle colour."""
    return deployment("shop-green", image, labels=GREEN, **settings)


def open_shop(world: World, *deployments: Object) -> None:
    """Users reach the first of these Deployments (blue, `v1`, unless told) through the Service; all are ready."""
    wanted = deployments or (blue(),)
    world.apply(*wanted, service("shop", BLUE))
    for each in wanted:
        world.wait_ready(each["metadata"]["name"])
    world.wait_serving("shop")


class Users:
    """Constant load on a Service from two sorts of clients at once: each request on a connection of its own, and
    connections that are kept. `rate` requests per second in all."""

    def __init__(self, world: World, name: str = "shop", rate: float = 80) -> None:
        self.fresh = Load(world.cluster, world.url(name), rate=rate / 2, seconds=240)
        self.kept = Load(world.cluster, world.url(name), rate=rate / 2, seconds=240, mode="keepalive")

    def __enter__(self) -> Self:
        self.fresh.__enter__()
        try:
            self.kept.__enter__()
        except BaseException:
            self.fresh.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.fresh.stop()
        self.kept.stop()

    def wait_for(self, version: str, requests: int = 40) -> None:
        """Wait until `version` has answered this many further requests on connections of their own."""
        already = self.fresh.counts().versions.get(version, 0)
        self.fresh.wait_for(lambda counts: counts.versions.get(version, 0) >= already + requests, f"{version} answers")

    def stop(self) -> tuple[Counts, Counts]:
        """End the load; what both sorts of clients counted."""
        return self.fresh.stop(), self.kept.stop()

    def versions(self) -> set[str]:
        """Every version that ever answered a user; ends the load."""
        return {version for counts in self.stop() for version in counts.versions}

    def failures(self) -> list[str]:
        """What went wrong for users, in words; ends the load. Empty also means that requests were sent at all."""
        for load in (self.fresh, self.kept):
            load.at_least(_FEWEST)
        silent = [f"the load sent {counts.sent} requests" for counts in self.stop() if counts.sent < _FEWEST]
        return silent + [f"{counts.failed} failed: {counts.failures}" for counts in self.stop() if counts.failed]


def selected(world: World) -> str:
    """The colour that the Service names."""
    return world.selector("shop").get("version", "")


def image(world: World, name: str) -> str:
    """The tag that a Deployment's pods are to run."""
    return tag(world.get("deployment", name))


def tag(deployed: Object) -> str:
    """The tag that the pods of this Deployment object are to run."""
    return str(deployed["spec"]["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2]


def replicas(world: World, name: str) -> int:
    """How many pods a Deployment asks for."""
    return int(world.get("deployment", name)["spec"]["replicas"])


def fingerprint(world: World) -> dict[str, str]:
    """The resourceVersion of everything that a release could write; equal fingerprints mean nothing was written."""
    listed = [one for kind in _KINDS for one in world.every(kind)]
    return {
        f"{one['kind']} {one['metadata']['name']}": one["metadata"]["resourceVersion"]
        for one in listed
        if one["metadata"]["name"] != "kube-root-ca.crt"
    }


def written_since(world: World, before: dict[str, str]) -> set[str]:
    """What was written, created or deleted since this fingerprint was taken."""
    after = fingerprint(world)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def leaving(world: World) -> list[str]:
    """Pods that were told to end and are still there; their end changes the status of their Deployment."""
    return [one["metadata"]["name"] for one in world.every("pod") if "deletionTimestamp" in one["metadata"]]


def still(world: World) -> dict[str, str]:
    """The fingerprint once the cluster's own controllers have written what they had to."""
    seen, since = fingerprint(world), time.monotonic()

    def settled() -> bool:
        nonlocal seen, since
        now = fingerprint(world)
        if now != seen or leaving(world):
            seen, since = now, time.monotonic()
        return time.monotonic() - since > _REST_SECONDS

    world.wait_until(settled, "the cluster is at rest")
    return seen
