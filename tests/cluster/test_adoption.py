"""The first release of a service that was never released blue-green: no gap for its users."""

from __future__ import annotations

from tests.cluster.harness.shop import Users, replicas, selected
from tests.cluster.harness.watch import EndpointWatch
from tests.cluster.harness.world import World, deployment, service
from tests.cluster.product import Pointsman


def test_T10_a_plain_deployment_is_adopted_without_a_gap(world: World) -> None:
    """--adopt: a copy becomes blue, the selector is narrowed to it, then green is released; 0 failed requests."""
    plain = {"app": "shop"}
    world.apply(deployment("shop", "v1", labels=plain), service("shop", plain))
    world.wait_ready("shop")
    world.wait_serving("shop", "v1")
    pointsman = Pointsman(world)
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        pointsman.switch("v2", adopt="shop").must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert endpoints.fewest() >= 2
    assert world.selector("shop") == {"app": "shop", "version": "green"}
    assert {name: replicas(world, name) for name in ("shop", "shop-blue", "shop-green")} == {
        "shop": 2,
        "shop-blue": 2,
        "shop-green": 2,
    }
    pointsman.switch("v2", adopt="shop").must_be(0, "unchanged")
    pointsman.rollback().must_be(0, "rolled-back")
    assert selected(world) == "blue"


def test_T10_a_plain_deployment_behind_a_service_with_a_key_is_blue_under_its_own_name(world: World) -> None:
    """--blue shop: the Service names a version already; green is made beside it and gets the users."""
    first = {"app": "shop", "version": "one"}
    world.apply(deployment("shop", "v1", labels=first), service("shop", first))
    world.wait_ready("shop")
    world.wait_serving("shop", "v1")
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        Pointsman(world).switch("v2", blue="shop").must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert endpoints.fewest() >= 2
    assert world.selector("shop") == {"app": "shop", "version": "green"}
    assert replicas(world, "shop") == 2
