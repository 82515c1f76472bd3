"""Releases that must not go through: users stay on, or at once return to, what was good, and nothing is left over."""

from __future__ import annotations

import json
import time

from tests.cluster.harness.shop import (
    BLUE,
    GREEN,
    Users,
    blue,
    fingerprint,
    green,
    image,
    open_shop,
    replicas,
    selected,
)
from tests.cluster.harness.watch import Watch
from tests.cluster.harness.world import Object, World
from tests.cluster.product import Pointsman, Run

_FOREVER = {"READY_AFTER_S": "3600"}


def assert_rejected(world: World, run: Run) -> None:
    """Exit 10, users on blue as it was, and a record without anything open."""
    run.must_be(10, "rejected")
    assert selected(world) == "blue"
    assert (image(world, "shop-blue"), replicas(world, "shop-blue")) == ("v1", 2)
    record = Pointsman(world).record()
    assert record["flight"] is None
    assert record["intent"] is None
    assert record["last"]["outcome"] == "rejected"
    assert record["serving"]["images"] == {"app": "localhost/app:v1"}
    assert Pointsman(world).holder() == ""


def assert_gone(world: World) -> None:
    """A colour that the release had made is not there any more, and neither is anything it owned."""
    assert not world.exists("deployment", "shop-green")
    assert world.every("replicaset", GREEN) == []
    assert world.every("pod", GREEN) == []


def restarts(pods: list[Object]) -> int:
    """The most restarts any container of these pods was seen with."""
    statuses = [status for pod in pods for status in pod.get("status", {}).get("containerStatuses", [])]
    return max((int(status["restartCount"]) for status in statuses), default=0)


def test_T13_T39_C4_a_crash_loop_is_rejected_within_few_restarts_and_really_removed(world: World) -> None:
    """Crash-looping pods never get users, end the release long before its deadline, and are gone afterwards."""
    open_shop(world, blue(progress_deadline=600))
    with Users(world) as users, Watch(world, "pods") as pods:
        run = Pointsman(world).switch("crash", timeout="10m", soak="5s")
        assert not any("route of shop" in change["what"] for change in run.result["changes"]), run.stdout
        assert users.failures() == []
        assert users.versions() == {"v1"}
    assert_rejected(world, run)
    assert_gone(world)
    assert run.problem["reason"] == "CrashLoopBackOff"
    assert "crashing as configured" in "\n".join(run.problem["log"])
    assert 1 <= restarts([one.object for one in pods.seen if one.name.startswith("shop-green")]) <= 3


def test_T13_an_image_that_does_not_exist_is_rejected_and_the_idle_colour_is_as_before(world: World) -> None:
    """What the node cannot start is known at once; the idle colour gets its old image and size back."""
    open_shop(world, blue(), green("v3", replicas=1))
    with Users(world) as users:
        run = Pointsman(world).switch("no-such-tag", timeout="10m")
        assert users.failures() == []
        assert users.versions() == {"v1"}
    assert_rejected(world, run)
    assert run.problem["reason"] == "ErrImageNeverPull"
    assert (image(world, "shop-green"), replicas(world, "shop-green")) == ("v3", 1)


def test_C2_T39_C4_a_sick_version_never_gets_users_and_is_removed(world: World) -> None:
    """Ready is not healthy: refused before the switch and deleted; what cleanup would have scaled down is whole."""
    open_shop(world)
    with Users(world) as users:
        run = Pointsman(world).switch("sick", cleanup="scale-down")
        assert users.failures() == []
        assert users.versions() == {"v1"}
    assert_rejected(world, run)
    assert_gone(world)
    assert run.check("health of shop-green before the switch")["verdict"] == "fail"


def test_a_version_that_falls_sick_while_it_serves_loses_its_users_at_once(world: World) -> None:
    """It is good when users come and bad seconds later: they are back on blue within seconds, nobody saw an error."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        release = pointsman.start_switch("late-sick", bake="60s")
        world.wait_until(lambda: selected(world) == "green", "users are on green")
        users.wait_for("late-sick")
        world.wait_until(lambda: selected(world) == "blue", "users are back", timeout=40)
        run = release.finish()
        users.wait_for("v1")
        assert users.failures() == []
        assert users.versions() == {"v1", "late-sick"}
    assert_rejected(world, run)
    assert_gone(world)
    assert run.check("health of shop-green while it serves")["verdict"] == "fail"


def test_T26_a_version_without_progress_is_rejected_at_its_own_deadline(world: World) -> None:
    """ProgressDeadlineExceeded ends the wait; the time-out of the step is not waited for."""
    open_shop(world, blue(), green(replicas=0, env=_FOREVER, progress_deadline=5))
    before = time.monotonic()
    run = Pointsman(world).switch("v2", timeout="10m")
    assert_rejected(world, run)
    assert run.problem["reason"] == "ProgressDeadlineExceeded"
    assert time.monotonic() - before < 60
    assert (image(world, "shop-green"), replicas(world, "shop-green")) == ("v1", 0)


def test_pods_that_fit_on_no_node_are_given_up_at_the_time_out(world: World) -> None:
    """Unschedulable pods: rejected when the time is over, with users where they were."""
    open_shop(world, blue(), green(replicas=0))
    huge = [{"op": "add", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": "5000"}]
    _patch_json(world, "shop-green", huge)
    with Users(world) as users:
        run = Pointsman(world).switch("v2", timeout="9s")
        assert users.failures() == []
    assert_rejected(world, run)
    assert "0 of 2 ready" in run.why
    assert replicas(world, "shop-green") == 0


def _patch_json(world: World, name: str, operations: list[Object]) -> None:
    world.kubectl("patch", "deployment", name, "--type=json", f"--patch={json.dumps(operations)}")


def test_a_quota_without_room_for_the_new_colour_is_named(world: World) -> None:
    """Pods that the API server refuses: rejected with the quota's name, not waited for until the time-out."""
    open_shop(world)
    world.apply(quota(3))
    with Users(world) as users:
        run = Pointsman(world).switch("v2", timeout="10m")
        assert users.failures() == []
        assert users.versions() == {"v1"}
    assert_rejected(world, run)
    assert "exceeded quota: room" in run.why
    assert_gone(world)


def quota(pods: int) -> Object:
    """Room for this many pods in the namespace."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "room"},
        "spec": {"hard": {"pods": str(pods)}},
    }


def test_a_rejected_release_can_be_corrected_and_run_again(world: World) -> None:
    """After a rejection the next release goes through as if nothing had been."""
    open_shop(world)
    pointsman = Pointsman(world)
    assert pointsman.switch("sick").outcome == "rejected"
    pointsman.switch("v2").must_be(0, "switched")
    assert (selected(world), image(world, "shop-green")) == ("green", "v2")


def test_a_dry_run_names_every_change_and_makes_none(world: World) -> None:
    """--dry-run: each object, field, old and new value; nothing is written, not even the lock."""
    open_shop(world)
    before = fingerprint(world)
    run = Pointsman(world).switch("v2", dry_run="true", cleanup="scale-down").must_be(0, "planned")
    planned = {(one["what"], one["field"], one["old"], one["new"]) for one in run.result["changes"]}
    assert planned == {
        ("shop-green", "image of app", "(new)", "localhost/app:v2"),
        ("shop-green", "instances", "0", "2"),
        ("route of shop", "serves", "shop-blue", "shop-green"),
        ("shop-blue", "instances", "2", "0"),
    }
    assert fingerprint(world) == before
    assert world.selector("shop") == BLUE
