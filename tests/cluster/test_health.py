"""verify-health: the new version's health, never the old one's, and not before the old one has left."""

from __future__ import annotations

import time

import pytest

from tests.cluster.harness.shop import fingerprint, still
from tests.cluster.harness.watch import ready_pods
from tests.cluster.harness.world import World, deployment, service
from tests.cluster.product import Pointsman

_SHOP = {"app": "shop"}
_OLD = {**_SHOP, "release": "old"}
_NEW = {**_SHOP, "release": "new"}


@pytest.fixture
def shop(world: World) -> World:
    """A plain Deployment behind a Service, at v1."""
    world.apply(deployment("shop", "v1", labels=_SHOP), service("shop", _SHOP))
    world.wait_ready("shop")
    world.wait_serving("shop", "v1")
    return world


def endpoints(world: World) -> set[str]:
    """The pods that get new connections from the Service."""
    return ready_pods(world.every("endpointslices", {"kubernetes.io/service-name": "shop"}))


def images(world: World, names: set[str]) -> set[str]:
    """What these pods run."""
    pods = [pod for pod in world.every("pod") if pod["metadata"]["name"] in names]
    return {pod["spec"]["containers"][0]["image"] for pod in pods}


def test_T42_health_of_the_old_pods_is_not_read_as_health_of_the_new_ones(shop: World) -> None:
    """Asked right after `kubectl set image` to an image that starts slowly, it waits for that image."""
    shop.kubectl("set", "image", "deployment/shop", "app=localhost/app:slow")
    run = Pointsman(shop).run("verify-health", workload="deployment/shop", service="shop").must_be(0, "healthy")
    now = endpoints(shop)
    assert run.outputs["image"] == "localhost/app:slow"
    assert images(shop, now) == {"localhost/app:slow"}
    assert len(now) == 2


def test_T42_a_new_version_that_does_not_come_up_is_unhealthy_though_old_pods_answer(shop: World) -> None:
    """The Service goes on answering 200 from v1; the verdict is about the version that was asked for."""
    shop.kubectl("set", "image", "deployment/shop", "app=localhost/app:no-such-tag")
    run = Pointsman(shop).run("verify-health", workload="deployment/shop", service="shop").must_be(10, "unhealthy")
    assert run.problem["reason"] == "ErrImageNeverPull"


def test_T43_old_pods_behind_the_service_keep_it_from_being_healthy(world: World) -> None:
    """New pods are ready, old ones still answer: not healthy in time; once they are gone, healthy."""
    old, new = deployment("shop-old", "v1", labels=_OLD), deployment("shop-new", "v2", labels=_NEW)
    world.apply(old, new, service("shop", _SHOP))
    world.wait_ready("shop-old")
    world.wait_ready("shop-new")
    pointsman = Pointsman(world)
    asked = {"workload": "deployment/shop-new", "service": "shop"}
    early = pointsman.run("verify-health", **asked, timeout="3s").must_be(10, "unhealthy")
    assert "2 endpoint(s) of an older version are still behind the service" in early.why
    waiting = pointsman.start("verify-health", **asked, timeout="60s")
    time.sleep(4)
    assert not waiting.ended
    world.kubectl("scale", "deployment", "shop-old", "--replicas=0")
    waiting.finish().must_be(0, "healthy")
    now = endpoints(world)
    assert images(world, now) == {"localhost/app:v2"}


def test_a_ready_version_that_fails_its_health_check_is_unhealthy(shop: World) -> None:
    """Ready pods are not enough; and looking changes nothing."""
    shop.kubectl("set", "image", "deployment/shop", "app=localhost/app:sick")
    shop.wait_ready("shop")
    before = still(shop)
    run = (
        Pointsman(shop)
        .run("verify-health", workload="deployment/shop", service="shop", timeout="6s")
        .must_be(10, "unhealthy")
    )
    assert run.check("probes")["verdict"] == "fail"
    assert fingerprint(shop) == before


def test_C22_a_workload_scaled_to_nothing_is_not_healthy(shop: World) -> None:
    """0 of 0 ready is no health."""
    shop.kubectl("scale", "deployment", "shop", "--replicas=0")
    run = Pointsman(shop).run("verify-health", workload="deployment/shop", timeout="3s").must_be(10, "unhealthy")
    assert "scaled to 0" in run.why


def test_the_address_users_have_can_be_asked_instead(shop: World) -> None:
    """--url alone needs no cluster; status and body are checked."""
    Pointsman(shop).run("verify-health", url=shop.url("shop"), expect_body="^ok").must_be(0, "healthy")
    Pointsman(shop).run("verify-health", url=shop.url("shop"), expect_body="^closed", timeout="3s").must_be(
        10, "unhealthy"
    )
