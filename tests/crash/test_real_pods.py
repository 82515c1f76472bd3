"""A sample of the matrices with real pods, kube-proxy and users: nobody notices that a run died.

The played nodes of `test_matrices.py` show what the API knows; only real ones show what users get.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.shop import Users, blue, green, open_shop
from tests.cluster.harness.world import World
from tests.crash import world as played
from tests.crash.faults import Fault, Point, Request
from tests.crash.scenarios import ROLLBACK, Command, switch
from tests.crash.stage import Stage, staged
from tests.crash.trials import ending

USERS_MOVE = Request("PATCH services/shop")
USERS_RETURN = Request("PATCH services/shop", 2)
OLD_DRAINS = Request("PATCH deployments/shop-blue")
PODS_START = Request("PATCH deployments/shop-green")


@pytest.fixture(scope="module")
def stage(cluster: Cluster) -> Iterator[Stage]:
    """Beside real pods, whose kube-proxy takes the time it takes."""
    with staged(cluster) as made:
        yield made.at_the_usual_pace()


def struck(stage: Stage, world: World, point: Point, release: Command | None = None) -> played.World:
    """A release that died there, its lock long over."""
    here = played.World(stage.api, world.namespace)
    done = stage.run(here, release or switch("v2", "scale-down"), point)
    assert done.met, done.ended.told()
    assert done.ended.exit_code == -9
    here.age_the_lock()
    return here


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point(PODS_START, Fault.KILL_AFTER), id="pods start"),
        pytest.param(Point(USERS_MOVE, Fault.KILL_BEFORE), id="before users move"),
        pytest.param(Point(USERS_MOVE, Fault.KILL_AFTER), id="users move"),
        pytest.param(Point(OLD_DRAINS, Fault.KILL_AFTER), id="the old version drains"),
    ],
)
def test_T46_a_release_killed_under_load_goes_on_when_run_again(stage: Stage, world: World, point: Point) -> None:
    """No request fails, from before the kill until after the second run."""
    open_shop(world, blue("v1"), green("v1"))
    with Users(world) as users:
        here = struck(stage, world, point)
        done = stage.run(here, switch("v2", "scale-down"))
        assert ending(done) in [(0, "switched"), (0, "unchanged")], done.ended.told()
        users.wait_for("v2")
        assert users.failures() == []
    assert here.look().shape == "green serves; blue=v1x0, green=v2x2"


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point(USERS_MOVE, Fault.KILL_AFTER), id="users move"),
        pytest.param(Point(OLD_DRAINS, Fault.KILL_AFTER), id="the old version drains"),
    ],
)
def test_T46_a_release_killed_under_load_is_rolled_back_without_a_gap(stage: Stage, world: World, point: Point) -> None:
    """The old version gets its instances back before its users: no request fails."""
    open_shop(world, blue("v1"), green("v1"))
    with Users(world) as users:
        here = struck(stage, world, point)
        done = stage.run(here, ROLLBACK)
        assert ending(done) == (0, "rolled-back"), done.ended.told()
        already = users.fresh.counts().versions.get("v1", 0)
        users.fresh.wait_for(lambda counts: counts.versions.get("v1", 0) > already + 40, "v1 answers again")
        assert users.failures() == []
    sight = here.look()
    assert (sight.serving, sight.versions["blue"].replicas, sight.holder) == ("blue", 2, "")


def test_T46_an_undo_that_was_killed_is_finished_by_the_next_run(stage: Stage, world: World) -> None:
    """The candidate went bad with users on it, they were sent back, and there the run died."""
    open_shop(world, blue("v1"), green("v1"))
    here = struck(stage, world, Point(USERS_RETURN, Fault.KILL_AFTER), switch("late-sick", bake="60s"))
    assert here.look().serving == "blue"
    done = stage.run(here, ROLLBACK)
    assert ending(done) == (0, "rolled-back"), done.ended.told()
    assert here.look().shape == "blue serves; blue=v1x2, green=v1x2"
