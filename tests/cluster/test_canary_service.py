"""canary-step behind a plain Service, with real pods and users: the numbers of pods make the share."""

from __future__ import annotations

import pytest

from tests.cluster.harness.shop import LOCK, Users, image, replicas, still, written_since
from tests.cluster.harness.world import World, deployment, service
from tests.cluster.product import Pointsman, Run
from tests.cluster.test_permissions import as_told

STABLE, CANARY = "shop", "shop-canary"
_PODS = {"app": "shop"}
_QUICK = {
    "workload": f"deployment/{STABLE}",
    "metrics": "probes",
    "mode": "point",
    "objective": "error-rate ok<5% rollback>20%",
    "interval": "1s",
    "bake": "10s",
    "patience": "30s",
    "soak": "1s",
    "drain": "2s",
}


@pytest.fixture
def shop(world: World) -> World:
    """Three pods of v1 behind one Service."""
    world.apply(deployment(STABLE, "v1", labels=_PODS, replicas=3), service("shop", _PODS))
    world.wait_ready(STABLE)
    world.wait_serving("shop", "v1")
    return world


def canary(world: World, tag: str, **inputs: str) -> Run:
    """With the documented Role and nothing else."""
    return as_told(world, "canary-step").run(
        "canary-step", service="shop", image=f"localhost/app:{tag}", **{**_QUICK, **inputs}
    )


def assert_nothing_left(world: World, serving: str) -> None:
    """Users are on stable alone, and the record has nothing open."""
    assert (image(world, STABLE), replicas(world, STABLE)) == (serving, 3)
    assert not world.exists("deployment", CANARY)
    assert world.every("pod", {"pointsman.dev/track": "canary"}) == []
    record = Pointsman(world).record()
    assert (record["flight"], record["intent"]) == (None, None)
    assert Pointsman(world).holder() == ""


def test_a_healthy_canary_is_promoted_and_no_request_fails(shop: World) -> None:
    with Users(shop) as users:
        run = canary(shop, "v2", weights="25").must_be(0, "promoted")
        users.wait_for("v2")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert_nothing_left(shop, "v2")
    assert run.outputs["image"] == "localhost/app:v2"
    assert [one["verdict"] for one in run.result["details"]["weights"]] == ["pass"]


def test_one_that_turns_sick_is_undone_and_users_stay_on_stable(shop: World) -> None:
    with Users(shop) as users:
        run = canary(shop, "tiring", weights="25", bake="25s").must_be(10, "rejected")
        users.wait_for("v1")
        assert users.failures() == []
    assert run.outputs["verdict"] == "fail"
    assert_nothing_left(shop, "v1")


def test_one_step_stays_in_flight_and_a_rollback_undoes_it(shop: World) -> None:
    pointsman = as_told(shop, "rollback")
    with Users(shop) as users:
        canary(shop, "v2", weight="25").must_be(0, "advanced")
        assert "walking at 25 %" in Pointsman(shop).run("status", service="shop").why
        users.wait_for("v2")
        pointsman.rollback(reason="orders fail").must_be(0, "rolled-back")
        assert users.failures() == []
    assert_nothing_left(shop, "v1")


def test_somebody_in_a_hurry_promotes_what_is_in_flight_and_no_request_fails(shop: World) -> None:
    with Users(shop) as users:
        canary(shop, "v2", weight="25").must_be(0, "advanced")
        run = as_told(shop, "promote").run("promote", service="shop", reason="the fair begins", soak="1s", drain="2s")
        run.must_be(0, "promoted")
        users.wait_for("v2")
        assert users.failures() == []
    assert_nothing_left(shop, "v2")
    assert "further evidence was not waited for" in run.why
    events = [event["text"] for event in Pointsman(shop).record()["events"]]
    assert any("asked to promote at 25 %" in text and "the fair begins" in text for text in events)
    again = as_told(shop, "promote").run("promote", service="shop").must_be(0, "unchanged")
    assert "pointsman rollback --service shop" in again.advice


def test_somebody_in_a_hurry_aborts_what_is_in_flight_and_no_request_fails(shop: World) -> None:
    with Users(shop) as users:
        canary(shop, "v2", weight="25").must_be(0, "advanced")
        users.wait_for("v2")
        before = still(shop)
        as_told(shop, "abort").run("abort", service="shop", dry_run="true").must_be(0, "planned")
        assert written_since(shop, before) == set()
        as_told(shop, "abort").run("abort", service="shop", reason="orders fail").must_be(0, "rolled-back")
        users.wait_for("v1")
        assert users.failures() == []
    assert_nothing_left(shop, "v1")
    as_told(shop, "abort").run("abort", service="shop").must_be(0, "unchanged")


def test_a_promoted_canary_is_rolled_back_from_the_record_and_no_request_fails(shop: World) -> None:
    pointsman = as_told(shop, "rollback")
    with Users(shop) as users:
        canary(shop, "v2", weights="25").must_be(0, "promoted")
        users.wait_for("v2")
        run = pointsman.rollback(reason="orders fail").must_be(0, "rolled-back")
        users.wait_for("v1")
        assert users.failures() == []
    assert_nothing_left(shop, "v1")
    assert run.outputs["revision"] == "1"
    pointsman.rollback().must_be(0, "unchanged")
    assert image(shop, STABLE) == "v1"


def test_T07_a_rollback_of_what_was_never_released_changes_nothing(shop: World) -> None:
    """The Service names no colour, and no record tells a version."""
    before = still(shop)
    run = as_told(shop, "rollback").rollback().must_be(0, "unchanged")
    assert "nothing was released to shop" in run.why
    as_told(shop, "rollback").rollback(to_revision="3").must_be(2, "failed")
    assert written_since(shop, before) <= LOCK


def test_what_no_number_of_pods_can_make_is_refused_before_anything_is_written(shop: World) -> None:
    before = still(shop)
    run = canary(shop, "v2", weights="5").must_be(2, "failed")
    assert "3 stable instances" in run.why
    assert written_since(shop, before) == set()
