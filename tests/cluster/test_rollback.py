"""rollback under constant load: a no-op when idle, capacity before users, and honest when it cannot be done."""

from __future__ import annotations

import pytest

from tests.cluster.harness.shop import (
    LOCK,
    Users,
    blue,
    green,
    image,
    open_shop,
    replicas,
    selected,
    still,
    written_since,
)
from tests.cluster.harness.watch import EndpointWatch
from tests.cluster.harness.world import Object, World, deployment, service
from tests.cluster.product import Pointsman, Run

_SLOW = {"READY_AFTER_S": "5"}


@pytest.fixture
def released(world: World) -> World:
    """v2 was released onto green; blue still runs v1."""
    open_shop(world)
    Pointsman(world).switch("v2", bake="1s").must_be(0, "switched")
    return world


def assert_back(world: World, run: Run) -> None:
    """Exit 0, users on v1 on blue, nothing open."""
    run.must_be(0, "rolled-back")
    assert (selected(world), image(world, "shop-blue"), replicas(world, "shop-blue")) == ("blue", "v1", 2)
    record = Pointsman(world).record()
    assert record["flight"] is None
    assert record["intent"] is None
    assert record["last"]["outcome"] == "rolled-back"
    assert record["serving"]["images"] == {"app": "localhost/app:v1"}


def test_T07_a_rollback_with_nothing_to_undo_changes_nothing(world: World) -> None:
    """Idle: exit 0, `unchanged`, no Deployment scaled, no selector written, users served."""
    open_shop(world, blue(), green("v2", replicas=0))
    before = still(world)
    with Users(world) as users:
        Pointsman(world).rollback().must_be(0, "unchanged")
        assert users.failures() == []
        assert users.versions() == {"v1"}
    assert written_since(world, before) <= LOCK


def test_a_rollback_after_a_switch_returns_users_and_a_second_one_changes_nothing(released: World) -> None:
    """Back to the version that was verified good; rolled back twice in a row is rolled back once."""
    pointsman = Pointsman(released)
    with Users(released) as users, EndpointWatch(released, "shop") as endpoints:
        first = pointsman.rollback(reason="too many tickets")
        users.wait_for("v1")
        assert users.failures() == []
    assert_back(released, first)
    assert endpoints.fewest() >= 2
    assert any("too many tickets" in one["text"] for one in pointsman.record()["events"])
    before = still(released)
    pointsman.rollback().must_be(0, "unchanged")
    assert written_since(released, before) <= LOCK


def test_T08_capacity_is_restored_before_users_return_to_slow_pods(world: World) -> None:
    """Blue was scaled to 0 and starts slowly: users return only when all of it is ready; no request fails."""
    open_shop(world, blue(env=_SLOW))
    pointsman = Pointsman(world)
    pointsman.switch("v2", cleanup="scale-down").must_be(0, "switched")
    assert replicas(world, "shop-blue") == 0
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        run = pointsman.rollback()
        users.wait_for("v1")
        assert users.failures() == []
    assert_back(world, run)
    assert endpoints.fewest() >= 2


def test_a_rollback_after_cleanup_update_puts_the_older_template_back_first(world: World) -> None:
    """Both colours run v2: the older pod template is put back, proven, and only then gets the users."""
    open_shop(world)
    pointsman = Pointsman(world)
    pointsman.switch("v2", cleanup="update").must_be(0, "switched")
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        run = pointsman.rollback()
        users.wait_for("v1")
        assert users.failures() == []
    assert_back(world, run)
    assert endpoints.fewest() >= 2


def test_a_release_whose_run_was_killed_is_undone_once_its_lock_has_run_out(world: World) -> None:
    """kill -9 while green bakes: the next rollback waits for the dead run's lock, then returns users and cleans up."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world, rate=60) as users:
        release = pointsman.start_switch("v2", bake="120s")
        users.wait_for("v2")
        release.kill()
        run = pointsman.rollback(lock_wait="90s")
        users.wait_for("v1")
        assert users.failures() == []
    assert_back(world, run)
    assert not world.exists("deployment", "shop-green")
    assert pointsman.record()["fence"] == 2


def test_C22_a_target_that_cannot_come_up_does_not_get_the_users(released: World) -> None:
    """Blue was scaled to 0 and a quota leaves no room for it: exit 20, users stay on green and are all served."""
    released.kubectl("scale", "deployment", "shop-blue", "--replicas=0")
    released.apply(_no_room())
    with Users(released) as users, EndpointWatch(released, "shop") as endpoints:
        run = Pointsman(released).rollback().must_be(20, "stuck")
        assert users.failures() == []
        assert users.versions() == {"v2"}
    assert "exceeded quota: room" in run.why
    assert endpoints.fewest() >= 2
    assert selected(released) == "green"
    assert replicas(released, "shop-blue") == 0
    assert (image(released, "shop-green"), replicas(released, "shop-green")) == ("v2", 2)


def _no_room() -> Object:
    metadata = {"name": "room"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": "2"}}}


def test_C3_C22_a_target_that_is_gone_is_made_again_before_users_return(released: World) -> None:
    """The selector never names a colour without pods: a deleted blue is created, proven, then selected."""
    released.kubectl("delete", "deployment", "shop-blue", "--wait=true")
    with Users(released) as users, EndpointWatch(released, "shop") as endpoints:
        run = Pointsman(released).rollback()
        users.wait_for("v1")
        assert users.failures() == []
    assert_back(released, run)
    assert endpoints.fewest() >= 2


def test_C3_a_rollback_to_a_revision_nobody_verified_is_refused(released: World) -> None:
    """Only a verified good version can be named; the known ones are listed and nothing is written."""
    before = still(released)
    run = Pointsman(released).rollback(to_revision="77")
    run.must_be(2, "failed")
    assert "known revisions: 2, 1" in run.advice
    assert written_since(released, before) <= LOCK
    assert selected(released) == "green"


@pytest.fixture
def plain(world: World) -> World:
    """A Deployment `shop` without colours that went through v1, v2 and v3."""
    labels = {"app": "shop"}
    # the pods drain for long, since kube-proxy on a busy machine learns late that they go
    world.apply(deployment("shop", "v1", labels=labels, env={"DRAIN_S": "5"}), service("shop", labels))
    for version in ("v2", "v3"):
        world.wait_ready("shop")
        world.kubectl("set", "image", "deployment/shop", f"app=localhost/app:{version}")
    world.wait_ready("shop")
    world.wait_serving("shop", "v3")
    return world


def test_a_workload_goes_to_its_previous_revision_and_a_second_time_stays(plain: World) -> None:
    """Without a record the previous revision is the best there is; run again, it does not flip back."""
    pointsman = Pointsman(plain)
    with Users(plain) as users:
        pointsman.run("rollback", workload="deployment/shop").must_be(0, "rolled-back")
        users.wait_for("v2")
        assert users.failures() == []
    assert image(plain, "shop") == "v2"
    before = still(plain)
    pointsman.run("rollback", workload="deployment/shop").must_be(0, "unchanged")
    assert written_since(plain, before) <= LOCK
    assert image(plain, "shop") == "v2"


def test_a_workload_goes_to_the_revision_that_was_asked_for_and_a_second_time_stays(plain: World) -> None:
    """--to-revision 1 is v1, whatever came in between; Kubernetes has renumbered it by the second time."""
    pointsman = Pointsman(plain)
    with Users(plain) as users:
        pointsman.run("rollback", workload="deployment/shop", to_revision="1").must_be(0, "rolled-back")
        users.wait_for("v1")
        assert users.failures() == []
    assert image(plain, "shop") == "v1"
    pointsman.run("rollback", workload="deployment/shop", to_revision="1").must_be(0, "unchanged")
    assert image(plain, "shop") == "v1"
    revision = plain.get("deployment", "shop")["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
    pointsman.run("rollback", workload="deployment/shop", to_revision=revision).must_be(0, "unchanged")
    assert image(plain, "shop") == "v1"


def test_C22_a_workload_whose_older_revision_does_not_start_says_that_a_person_is_needed(world: World) -> None:
    """In place, too: exit 20 with the pod's trouble, and the pods that served go on serving."""
    labels = {"app": "shop"}
    world.apply(deployment("shop", "no-such-tag", labels=labels), service("shop", labels))
    world.wait_until(lambda: len(world.every("replicaset")) == 1, "the first revision is there")
    world.kubectl("set", "image", "deployment/shop", "app=localhost/app:v2")
    world.wait_ready("shop")
    world.wait_serving("shop", "v2")
    with Users(world) as users:
        run = Pointsman(world).run("rollback", workload="deployment/shop").must_be(20, "stuck")
        assert users.failures() == []
        assert users.versions() == {"v2"}
    assert run.problem["reason"] == "ErrImageNeverPull"
