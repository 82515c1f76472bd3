"""A version that is broken already must not stand in the way of its own repair."""

from __future__ import annotations

import pytest

from tests.cluster.harness.shop import Users, blue, green, selected
from tests.cluster.harness.world import World, service
from tests.cluster.product import Pointsman


@pytest.fixture
def broken_shop(world: World) -> World:
    """Users are sent to a version none of whose pods is ever ready."""
    world.apply(blue("crash"), service("shop", {"app": "shop", "version": "blue"}))
    world.wait_until(lambda: len(world.every("pod")) == 2, "there are pods")
    return world


def test_T14_the_fix_is_released_although_no_pod_of_stable_is_healthy(broken_shop: World) -> None:
    """The new colour is judged by itself and gets the instances stable asks for; users are served from then on."""
    run = Pointsman(broken_shop).switch("v2")
    run.must_be(0, "switched")
    assert selected(broken_shop) == "green"
    with Users(broken_shop) as users:
        users.wait_for("v2")
        assert users.failures() == []


def test_T14_a_fix_that_is_no_better_changes_nothing(broken_shop: World) -> None:
    """It never gets users, what was tried is put back, and the report says so."""
    broken_shop.apply(green("v1", replicas=2))
    broken_shop.wait_ready("shop-green")
    Pointsman(broken_shop).switch("sick").must_be(10, "rejected")
    assert selected(broken_shop) == "blue"
    assert broken_shop.get("deployment", "shop-green")["spec"]["template"]["spec"]["containers"][0]["image"] == (
        "localhost/app:v1"
    )
