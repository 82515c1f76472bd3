"""A shop behind a plain Service for the examples of a canary, the pace for tests, and how it must be afterwards."""

from __future__ import annotations

from tests.cluster.harness.shop import image, replicas
from tests.cluster.harness.world import World, deployment, service
from tests.cluster.product import Pointsman

QUICK = {"BAKE": "5s", "INTERVAL": "1s", "WARM_UP": "1s"}
OWN_CHECKS = 'echo "your own checks while'


def open_three_pods(world: World) -> World:
    """Three pods of v1 behind one Service."""
    pods = {"app": "shop"}
    world.apply(deployment("shop", "v1", labels=pods, replicas=3), service("shop", pods))
    world.wait_ready("shop")
    world.wait_serving("shop", "v1")
    return world


def assert_serves(world: World, version: str) -> None:
    """Three pods of `version` alone, nothing in flight, nobody at work."""
    assert (image(world, "shop"), replicas(world, "shop")) == (version, 3)
    assert not world.exists("deployment", "shop-canary")
    record = Pointsman(world).record()
    assert (record["flight"], record["intent"]) == (None, None)
    assert Pointsman(world).holder() == ""
