"""One writer per service: a second run waits for the first one or leaves, and says who holds the lock."""

from __future__ import annotations

from tests.cluster.harness.shop import Users, image, open_shop, selected
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman


def test_a_second_run_leaves_when_it_may_not_wait_and_names_the_holder(world: World) -> None:
    """--lock-wait 0s: exit 4 at once; the first run is not disturbed and only its image is released."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        first = pointsman.start_switch("v2", bake="6s")
        world.wait_until(lambda: pointsman.holder() != "", "the first run holds the lock")
        holder = pointsman.holder()
        second = pointsman.switch("v3", lock_wait="0s").must_be(4, "failed")
        undoing = pointsman.rollback(lock_wait="0s").must_be(4, "failed")
        first.finish().must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert holder in second.why
    assert holder in undoing.why
    assert (selected(world), image(world, "shop-green"), image(world, "shop-blue")) == ("green", "v2", "v1")


def test_T04_two_releases_at_once_come_one_after_the_other(world: World) -> None:
    """The same command twice at once: one run changes things, the other waits and finds nothing left to do."""
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
