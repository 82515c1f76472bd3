"""Rows of the field's failures that the API alone can show."""

from __future__ import annotations

import pytest

from tests.crash.conftest import LearnedOf
from tests.crash.faults import Fault, Point, Request
from tests.crash.invariants import broken_at_any_instant
from tests.crash.matrices import Matrix, passing
from tests.crash.matrix import explore
from tests.crash.scenarios import ROLLBACK, scenario_named, switch
from tests.crash.stage import Stage
from tests.crash.trials import absorbed, ending

pytestmark = pytest.mark.usefixtures("yielding")
USERS_MOVE = Request("PATCH services/shop")
SCALE_DOWN = scenario_named("switch, cleanup scale-down")


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.SILENT, Fault.FORBIDDEN, Fault.EXPIRED], ids=lambda one: one.name)
def test_T03_nothing_is_scaled_down_while_the_router_cannot_be_written(stage: Stage, fault: Fault) -> None:
    """The old version keeps its instances and its users; the run says why it stopped, and that it may be run again."""
    world = stage.world(SCALE_DOWN)
    done = stage.run(world, SCALE_DOWN.command, Point(USERS_MOVE, fault))
    assert done.ended.exit_code == 3, done.ended.told()
    assert done.ended.result["following"]
    sight = world.look()
    assert (sight.serving, sight.versions["blue"].replicas) == ("blue", 2)
    assert broken_at_any_instant(sight, {"blue", "green"}) == []


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.ERROR, Fault.UNAVAILABLE], ids=lambda one: one.name)
def test_T03_a_router_that_is_throttled_for_a_moment_is_written_all_the_same(stage: Stage, fault: Fault) -> None:
    """One 429 or 5xx during the shift is waited out."""
    world = stage.world(SCALE_DOWN)
    done = stage.run(world, SCALE_DOWN.command, Point(USERS_MOVE, fault))
    assert ending(done) == (0, "switched"), done.ended.told()
    assert world.look().shape == "green serves; blue=v1x0, green=v2x2"


def test_T47_a_rollback_gets_through_although_every_second_api_call_fails(stage: Stage, learned_of: LearnedOf) -> None:
    """Whatever the fault, in all of its calls and not only in one."""
    what = learned_of(scenario_named("rollback after users moved"))
    storm = Matrix("every second call fails", absorbed, passing, dealt=lambda _: 2)
    tried = explore(stage, what, storm.name, storm.trials(what), absorbed)
    assert not tried.failures, "\n\n".join(tried.failures)
    assert tried.points > 50, tried.line()


def test_T53_any_number_of_releases_leaves_a_bounded_number_of_objects(stage: Stage) -> None:
    """Two Deployments, one record that stops growing, one lock; every third release dies on its way."""
    sizes = []
    world = stage.world(scenario_named("switch, idle colour missing"))
    for number in range(2, 14):
        struck = [Point(USERS_MOVE, Fault.KILL_AFTER)] if number % 3 == 0 else []
        done = stage.run(world, switch(f"v{number}"), *struck)
        assert done.ended.exit_code == (-9 if struck else 0), done.ended.told()
        world.age_the_lock()
        sizes.append(len(str(world.look().record)))
    stage.run(world, ROLLBACK)
    held = world.count("configmaps", "secrets", "services", "jobs", "leases", "deployments")
    assert held == {"configmaps": 2, "secrets": 0, "services": 1, "jobs": 0, "leases": 1, "deployments": 2}
    assert sizes[-1] < 2 * sizes[len(sizes) // 2]
