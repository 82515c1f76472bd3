"""Somebody else changes a release under way, on a real cluster and under constant load: named, and handled as asked."""

from __future__ import annotations

import json

import pytest

from tests.cluster.harness.shop import BLUE, Users, blue, image, open_shop, replicas, selected
from tests.cluster.harness.world import World, service
from tests.cluster.product import Pointsman, Run


def timeline(run: Run) -> str:
    """Everything the run said that happened."""
    return json.dumps(run.result["timeline"])


def assert_on_green(world: World, run: Run) -> None:
    """Switched to v2 on green, with all that belongs to it."""
    run.must_be(0, "switched")
    assert (selected(world), image(world, "shop-green"), replicas(world, "shop-green")) == ("green", "v2", 2)
    assert Pointsman(world).record()["flight"] is None


def assert_on_blue(world: World) -> None:
    """As before the release: v1 on blue, and nothing of the candidate."""
    assert (selected(world), image(world, "shop-blue"), replicas(world, "shop-blue")) == ("blue", "v1", 2)
    assert not world.exists("deployment", "shop-green")
    assert Pointsman(world).record()["flight"] is None


@pytest.mark.parametrize("on_drift", ["reassert", "abort"])
def test_T22_the_base_manifest_applied_again_while_green_bakes(world: World, on_drift: str) -> None:
    """`kubectl apply` of the repository's own manifest sends users back to blue: named, then set again or undone."""
    open_shop(world)
    with Users(world) as users:
        release = Pointsman(world).start_switch("v2", bake="8s", on_drift=on_drift)
        users.wait_for("v2")
        world.apply(blue(), service("shop", BLUE))
        run = release.finish()
        users.wait_for("v2" if on_drift == "reassert" else "v1")
        assert users.failures() == []
    told = "spec.selector.version of Service shop was changed by kubectl-client-side-apply from shop-green to shop-blue"
    assert told in timeline(run)
    if on_drift == "reassert":
        assert_on_green(world, run)
        assert run.result["details"]["api_requests"] <= 40  # some 33, and what a slow minute adds
    else:
        assert told in run.must_be(10, "rejected").why
        assert_on_blue(world)


def test_T22_with_fail_it_stops_and_runs_again_with_reassert(world: World) -> None:
    """Exit 4 names the field, its manager and both values; the release is not lost."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        release = pointsman.start_switch("v2", bake="60s")
        users.wait_for("v2")
        world.apply(blue(), service("shop", BLUE))
        run = release.finish().must_be(4, "failed")
        assert "spec.selector.version of Service shop was changed by kubectl-client-side-apply" in run.why
        assert "--on-drift reassert" in run.advice
        assert selected(world) == "blue"
        assert_on_green(world, pointsman.switch("v2", on_drift="reassert"))
        users.wait_for("v2")
        assert users.failures() == []


def test_a_selector_that_names_nobody_is_set_again_at_once(world: World) -> None:
    """Users lose a moment, not the time of the bake."""
    open_shop(world)
    with Users(world) as users:
        release = Pointsman(world).start_switch("v2", bake="6s", on_drift="reassert")
        users.wait_for("v2")
        world.patch("service", "shop", {"spec": {"selector": {"version": "red"}}})
        run = release.finish()
        users.wait_for("v2")
    assert "from shop-green to neither version" in timeline(run)
    assert_on_green(world, run)


def test_green_scaled_down_while_it_serves_is_scaled_up_again(world: World) -> None:
    """`kubectl scale --replicas=1`: its name is kept, and users are served throughout."""
    open_shop(world)
    with Users(world) as users:
        release = Pointsman(world).start_switch("v2", bake="5s", on_drift="reassert")
        users.wait_for("v2")
        world.kubectl("scale", "deployment", "shop-green", "--replicas=1")
        run = release.finish()
        assert users.failures() == []
    assert "spec.replicas of Deployment shop-green was changed by kubectl from 2 to 1" in timeline(run)
    assert_on_green(world, run)


@pytest.mark.parametrize("on_drift", ["fail", "reassert"])
def test_green_scaled_to_zero_while_it_serves_sends_users_to_blue_first(world: World, on_drift: str) -> None:
    """`kubectl scale --replicas=0` of what serves: users are on blue before the policy is looked at."""
    open_shop(world)
    with Users(world) as users:
        release = Pointsman(world).start_switch("v2", bake="8s", on_drift=on_drift)
        users.wait_for("v2")
        world.kubectl("scale", "deployment", "shop-green", "--replicas=0")
        users.wait_for("v1")
        run = release.finish()
        run.must_be(*(4, "failed") if on_drift == "fail" else (0, "switched"))
        users.wait_for("v1" if on_drift == "fail" else "v2")
    told = "spec.replicas of Deployment shop-green was changed by somebody (for a scale to 0 Kubernetes keeps no name)"
    told += " from 2 to 0"
    if on_drift == "fail":
        assert told in run.why
        assert selected(world) == "blue"
        Pointsman(world).rollback().must_be(0, "rolled-back")
        assert_on_blue(world)
    else:
        assert told in timeline(run)
        assert_on_green(world, run)


def test_green_deleted_while_it_serves_sends_users_to_blue_and_undoes_the_release(world: World) -> None:
    """`kubectl delete` of what serves, with abort: back on blue, exit 10, nothing left."""
    open_shop(world)
    with Users(world) as users:
        release = Pointsman(world).start_switch("v2", bake="30s", on_drift="abort")
        users.wait_for("v2")
        world.delete("deployment", "shop-green")
        run = release.finish().must_be(10, "rejected")
        users.wait_for("v1")
    assert "Deployment shop-green was deleted by somebody" in run.why
    assert_on_blue(world)


def test_another_image_put_on_green_while_it_serves_is_replaced_by_ours(world: World) -> None:
    """`kubectl set image` of what serves: the wanted image comes back, and users are served throughout."""
    open_shop(world)
    with Users(world) as users:
        release = Pointsman(world).start_switch("v2", bake="10s", on_drift="reassert")
        users.wait_for("v2")
        world.kubectl("set", "image", "deployment/shop-green", "app=localhost/app:v3")
        run = release.finish()
        assert users.failures() == []
    told = "spec.template.spec.containers[app].image of Deployment shop-green was changed by kubectl-set from"
    assert told in timeline(run)
    assert_on_green(world, run)


def test_a_pod_of_green_that_is_deleted_is_no_drift(world: World) -> None:
    """It comes back by itself; the release goes on."""
    open_shop(world)
    release = Pointsman(world).start_switch("v2", bake="10s")
    world.wait_until(lambda: selected(world) == "green", "green serves")
    pod = world.every("pod", {"version": "green"})[0]["metadata"]["name"]
    world.kubectl("delete", "pod", pod, "--wait=false")
    assert_on_green(world, release.finish())


def test_a_record_deleted_while_green_bakes_is_written_again(world: World) -> None:
    """With reassert the release arrives and is remembered; the audit trail knows of the loss."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        release = pointsman.start_switch("v2", bake="5s", on_drift="reassert")
        users.wait_for("v2")
        world.delete("configmap", "pointsman-shop")
        assert_on_green(world, release.finish())
        assert users.failures() == []
    assert any(event["kind"] == "drift" for event in pointsman.record()["events"])
    pointsman.rollback().must_be(0, "rolled-back")
    assert selected(world) == "blue"


def test_a_release_whose_run_and_record_are_gone_does_not_stand_in_the_way(world: World) -> None:
    """Killed while green serves, its record deleted: what serves is found out, and the next release goes on."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world, rate=60) as users:
        release = pointsman.start_switch("v2", bake="120s")
        users.wait_for("v2")
        release.kill()
        world.delete("configmap", "pointsman-shop")
        nothing = pointsman.rollback(lock_wait="90s").must_be(0, "unchanged")
        assert "shop-green serves localhost/app:v2" in nothing.why
        pointsman.switch("v3").must_be(0, "switched")
        users.wait_for("v3")
        assert users.failures() == []
    assert [one["images"]["app"] for one in pointsman.record()["history"]] == ["localhost/app:v2"]
