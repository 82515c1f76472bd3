"""rollback over fakes: to the last version that was verified good, twice in a row, and through every failure."""

from __future__ import annotations

import pytest

from pointsman.model.errors import Cancelled, InputError, PointsmanError, Unreachable
from pointsman.model.result import Outcome, Result
from pointsman.steps import blue_green_switch, rollback
from pointsman.strategy.blue_green import Cleanup
from tests.steps.stage import BLUE, GREEN, ClosedWay, Killed, Stage, back, switch

OLD, NEW = {"app": "shop:1"}, {"app": "shop:2"}


def switched(cleanup: Cleanup = Cleanup.KEEP) -> Stage:
    """A shop whose users have just got shop:2."""
    stage = Stage()
    assert blue_green_switch.run(stage.site(), switch(cleanup=cleanup)).outcome is Outcome.SWITCHED
    return stage


def roll_back(stage: Stage, to_revision: int | None = None) -> Result:
    return rollback.run(stage.again(), back(to_revision))


@pytest.mark.parametrize("cleanup", list(Cleanup), ids=lambda cleanup: cleanup.value)
def test_users_return_to_the_version_before_whatever_became_of_its_colour(cleanup: Cleanup) -> None:
    stage = switched(cleanup)
    result = roll_back(stage)
    assert result.outcome is Outcome.ROLLED_BACK
    assert stage.images() == OLD
    assert result.outputs["active"] == BLUE
    assert result.outputs["revision"] == "1"
    assert [one.images for one in stage.record().known()] == [OLD], "what users left is no longer good"


def test_the_target_has_its_capacity_before_the_users_and_what_they_left_is_drained_after() -> None:
    stage = switched(Cleanup.SCALE_DOWN)
    stage.workload.happened.clear()
    roll_back(stage)
    assert stage.workload.happened == [("release", BLUE), ("scale", GREEN)]


def test_a_rollback_with_nothing_to_undo_changes_nothing() -> None:
    stage = Stage()
    result = roll_back(stage)
    assert result.outcome is Outcome.UNCHANGED
    assert (stage.workload.happened, stage.router.writes, stage.records.saved) == ([], [], [])


def test_a_second_rollback_in_a_row_changes_nothing() -> None:
    stage = switched()
    roll_back(stage)
    happened, writes = list(stage.workload.happened), list(stage.router.writes)
    assert roll_back(stage).outcome is Outcome.UNCHANGED
    assert (stage.workload.happened, stage.router.writes) == (happened, writes)


def test_a_rejected_release_leaves_nothing_to_roll_back() -> None:
    stage = Stage()
    blue_green_switch.run(stage.site(), switch("shop:bad"))
    assert roll_back(stage).outcome is Outcome.UNCHANGED
    assert stage.images() == OLD


def test_a_release_in_flight_is_undone() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: setattr(stage.clock, "cancel_at", stage.clock.checkpoints + 2))
    with pytest.raises(Cancelled):
        blue_green_switch.run(stage.site(), switch(bake=60.0))
    result = roll_back(stage)
    assert result.outcome is Outcome.ROLLED_BACK
    assert stage.images() == OLD
    assert stage.version(GREEN) is None


def test_a_numbered_revision_comes_back_on_the_idle_colour() -> None:
    stage = switched()
    blue_green_switch.run(stage.again(), switch("shop:3"))
    result = roll_back(stage, to_revision=1)
    assert result.outcome is Outcome.ROLLED_BACK
    assert stage.images() == OLD
    assert stage.serving() == GREEN, "blue has the users, so the older image comes up on green"


def test_the_revision_that_serves_needs_no_rollback() -> None:
    stage = switched()
    assert roll_back(stage, to_revision=2).outcome is Outcome.UNCHANGED


def test_an_unknown_revision_is_refused_with_the_known_ones() -> None:
    stage = switched()
    with pytest.raises(InputError, match="revision 9") as refused:
        roll_back(stage, to_revision=9)
    assert "2, 1" in refused.value.advice


def test_the_reason_is_in_the_audit_trail() -> None:
    stage = switched()
    roll_back(stage)
    assert ("reason", "shop is slow") in [(event.kind, event.text) for event in stage.record().events]


def test_a_target_that_cannot_be_asked_is_trusted_when_it_is_ready() -> None:
    stage = switched()
    stage.prober = ClosedWay()
    assert roll_back(stage).outcome is Outcome.ROLLED_BACK
    assert stage.images() == OLD


def test_a_target_that_is_ill_does_not_get_the_users_and_calls_for_a_person() -> None:
    stage = switched()
    stage.prober.versions = {BLUE: 500, GREEN: 200}
    result = roll_back(stage)
    assert result.outcome is Outcome.STUCK
    assert result.exit_code == 20
    assert stage.images() == NEW
    assert stage.record().flight is None


def test_a_dry_run_says_where_it_would_go_and_moves_nothing() -> None:
    stage = switched()
    text = stage.records.text()
    result = rollback.run(stage.again(), back(dry_run=True))
    assert result.outcome is Outcome.PLANNED
    assert "revision 1" in result.why
    assert stage.records.text() == text
    with pytest.raises(InputError, match="revision 9"):
        rollback.run(stage.again(), back(9, dry_run=True))


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("cleanup", list(Cleanup), ids=lambda cleanup: cleanup.value)
def test_a_rollback_killed_at_any_mutation_is_finished_by_the_next(cleanup: Cleanup, place: str) -> None:
    nth, killed = 0, True
    while killed:
        nth, stage = nth + 1, switched(cleanup)
        site = stage.again()
        stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
        stage.failure.nth, stage.failure.count = nth, 0
        stage.lock.dead = True
        try:
            rollback.run(site, back())
            killed = False
        except Killed:
            assert stage.images() in (OLD, NEW)
            roll_back(stage)
        assert stage.images() == OLD, nth
        assert stage.record().flight is None, nth
    assert nth > 4


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_rollback_arrives_while_every_call_around_it_fails_once(place: str) -> None:
    stage, runs = switched(), 0
    for nth in range(1, 12):
        site = stage.again()
        stage.failure.arm(Unreachable("reset"), after=place == "after")
        stage.failure.nth, stage.failure.count = nth, 0
        try:
            rollback.run(site, back())
            break
        except PointsmanError:
            runs += 1
            assert stage.images() in (OLD, NEW)
    assert runs > 1
    assert stage.images() == OLD
    assert stage.record().flight is None
