"""rollback of a canary that is over: stable gets the former version back, and no user meets a gap."""

from __future__ import annotations

import pytest

from pointsman.model.errors import ConflictError, InputError
from pointsman.model.result import Outcome
from pointsman.steps import canary_step, in_a_hurry, rollback
from pointsman.steps.site import CanaryPorts
from tests.steps.canary_stage import CANARY, NEW, NEWER, OLD, STABLE, CanaryStage, hurry, step, walk
from tests.steps.stage import ClosedWay, Killed, back
from tests.steps.test_canary_interrupted import PLACES, is_entirely, places, served


def promoted() -> CanaryStage:
    """A shop whose stable version has just taken over shop:2."""
    stage = CanaryStage()
    assert stage.run().outcome is Outcome.PROMOTED
    stage.workload.happened.clear()
    stage.router.writes.clear()
    return stage


def test_users_get_the_former_version_at_once_and_stable_follows() -> None:
    stage = promoted()
    result = stage.roll_back()
    assert result.outcome is Outcome.ROLLED_BACK, result.why
    assert is_entirely(stage, OLD)
    assert stage.weights() == [100, 0]
    assert stage.workload.happened == [("create", CANARY), ("release", CANARY), ("release", STABLE), ("remove", CANARY)]
    assert [one.images for one in stage.record().known()] == [OLD], "what users left is no longer good"
    assert result.outputs["active"] == STABLE


def test_a_second_rollback_in_a_row_changes_nothing() -> None:
    stage = promoted()
    stage.roll_back()
    assert stage.roll_back().outcome is Outcome.UNCHANGED
    assert stage.weights() == [100, 0]


def test_a_numbered_revision_comes_back() -> None:
    stage = promoted()
    assert stage.run_again(walk("shop:3")).outcome is Outcome.PROMOTED
    assert stage.roll_back(to_revision=1).outcome is Outcome.ROLLED_BACK
    assert is_entirely(stage, OLD)
    assert is_entirely(stage, NEWER) is False


def test_a_former_version_that_cannot_be_asked_is_trusted_when_it_is_ready() -> None:
    stage = promoted()
    stage.prober = ClosedWay()
    assert stage.roll_back().outcome is Outcome.ROLLED_BACK
    assert is_entirely(stage, OLD)


def test_a_former_version_that_is_ill_does_not_get_the_users() -> None:
    stage = promoted()
    stage.prober.versions = {STABLE: 200, CANARY: 500}
    result = stage.roll_back()
    assert (result.outcome, result.exit_code) == (Outcome.STUCK, 20)
    assert is_entirely(stage, NEW)


def test_T24_when_stable_does_not_come_back_users_stay_on_the_former_version() -> None:
    stage = promoted()
    stage.once_at(100, lambda: setattr(stage.workload, "slow", 10_000))
    result = stage.roll_back(timeout=60.0)
    assert result.outcome is Outcome.STUCK
    assert stage.weight() == 100
    assert dict(stage.workload._versions[CANARY].images) == OLD
    stage.workload.slow = 1
    stage.workload.hurt(STABLE, ready=4)
    stage.workload._versions[STABLE].looks_left = 0
    assert stage.roll_back().outcome is Outcome.ROLLED_BACK
    assert is_entirely(stage, OLD)


@places
def test_a_rollback_killed_at_any_mutation_is_finished_by_the_next(place: str) -> None:
    assert place in PLACES
    nth, died = 0, True
    while died:
        nth, stage = nth + 1, promoted()
        stage.again()
        stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
        stage.failure.nth, stage.failure.count, stage.lock.dead = nth, 0, True
        try:
            rollback.run(stage.canary(), back())
            died = False
        except Killed:
            assert served(stage)
            stage.roll_back()
        assert is_entirely(stage, OLD), nth
        assert stage.record().flight is None, nth
    assert nth > 8


def test_an_unfinished_rollback_is_for_rollback_to_finish() -> None:
    stage = promoted()
    stage.once_at(100, lambda: setattr(stage.workload, "slow", 10_000))
    stage.roll_back(timeout=30.0)
    match = "a rollback of shop has not been finished"
    stage.again()
    with pytest.raises(ConflictError, match=match):
        canary_step.run(stage.canary(), walk("shop:3"))
    for act in (in_a_hurry.promote, in_a_hurry.abort):
        stage.again()
        with pytest.raises(ConflictError, match=match):
            act(stage.canary(), hurry())


def test_without_a_router_that_can_send_everybody_it_says_what_to_do_instead() -> None:
    stage = promoted()
    stage.again()
    site = CanaryPorts(**stage.ports(), stable=STABLE, candidate=CANARY, whole=False)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot send all users") as refused:
        rollback.run(site, back())
    assert "--workload shop" in refused.value.advice


def test_it_is_not_taken_for_a_service_with_two_colours() -> None:
    with pytest.raises(InputError, match="was a canary, not a switch"):
        rollback.run(promoted().again(), back())


def test_a_release_in_flight_comes_first() -> None:
    stage = promoted()
    stage.run_again(step(30, "shop:3"))
    assert stage.roll_back().outcome is Outcome.ROLLED_BACK
    assert is_entirely(stage, NEW)
