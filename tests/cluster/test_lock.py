"""One writer per service: a second run waits for the first one or leaves, and says who holds the lock."""

from __future__ import annotations

from tests.cluster.harness.shop import Users, image, open_shop, selected, tag
from tests.cluster.harness.watch import Watch
from tests.cluster.harness.world import World, deployment
from tests.cluster.product import Pointsman


def test_a_second_run_leaves_when_it_may_not_wait_and_names_the_holder(world: World) -> None:
    """--lock-wait 0s: exit 4 at once; the first run is not disturbed and only its image is released."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        first = pointsman.start_switch("v2", bake="15s")
        world.wait_until(lambda: pointsman.holder() != "", "the first run holds the lock")
        holder = pointsman.holder()
        others = [pointsman.start_switch("v3", lock_wait="0s"), pointsman.start_rollback(lock_wait="0s")]
        refused = [one.finish().must_be(4, "failed") for one in others]
        assert not first.ended
        first.finish().must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert all(holder in run.why for run in refused)
    assert (selected(world), image(world, "shop-green"), image(world, "shop-blue")) == ("green", "v2", "v1")


def test_T04_the_same_release_twice_at_once_is_done_once(world: World) -> None:
    """One run changes things; the other waits for it, looks again, and finds nothing left to do."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        both = [pointsman.start_switch("v2", lock_wait="60s") for _ in range(2)]
        runs = [one.finish() for one in both]
        users.wait_for("v2")
        assert users.failures() == []
    assert [run.exit_code for run in runs] == [0, 0], [run.why for run in runs]
    assert sorted(run.outcome for run in runs) == ["switched", "unchanged"]
    assert next(run for run in runs if run.outcome == "unchanged").result["changes"] == []
    assert (selected(world), image(world, "shop-green")) == ("green", "v2")


def test_T04_a_release_that_waited_for_another_never_touches_the_colour_that_serves_now(world: World) -> None:
    """v3 was started while v2 was under way: it goes onto blue, which is idle by then, and not onto green."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users, Watch(world, "deployments") as deployments:
        first = pointsman.start_switch("v2", bake="15s")
        world.wait_until(lambda: pointsman.holder() != "", "the first run holds the lock")
        second = pointsman.start_switch("v3", lock_wait="90s")
        first.finish().must_be(0, "switched")
        second.finish().must_be(0, "switched")
        users.wait_for("v3")
        assert users.failures() == []
    images = {(one.name, tag(one.object)) for one in deployments.seen}
    assert images == {("shop-blue", "v1"), ("shop-green", "v2"), ("shop-blue", "v3")}
    assert selected(world) == "blue"
    good = [one["images"]["app"] for one in pointsman.record()["history"]]
    assert good == ["localhost/app:v2", "localhost/app:v1"]


def test_T04_two_rollbacks_of_a_workload_at_once_go_back_once(world: World) -> None:
    """The one that waited sees what the other did: the revision is there already, under a new number."""
    world.apply(deployment("shop", "v1", labels={"app": "shop"}, env={"READY_AFTER_S": "3"}))
    world.wait_ready("shop")
    world.kubectl("set", "image", "deployment/shop", "app=localhost/app:v2")
    world.wait_ready("shop")
    pointsman = Pointsman(world)
    wanted = {"workload": "deployment/shop", "to_revision": "1", "lock_wait": "60s"}
    both = [pointsman.start("rollback", **wanted) for _ in range(2)]
    runs = [one.finish() for one in both]
    assert [run.exit_code for run in runs] == [0, 0], [run.why for run in runs]
    assert sorted(run.outcome for run in runs) == ["rolled-back", "unchanged"]
    assert image(world, "shop") == "v1"
