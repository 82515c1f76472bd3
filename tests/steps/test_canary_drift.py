"""Somebody else changes what a canary has written: seen at the next look, named, and handled as asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pointsman.model.errors import ConflictError, LockHeld
from pointsman.model.result import Outcome, Result
from pointsman.model.split import Split
from pointsman.steps import rollback
from pointsman.strategy.canary_seen import Weight
from tests.steps.canary_stage import CANARY, NEW, OLD, STABLE, CanaryStage, step, walk
from tests.steps.stage import back

BY = "night-shift"
Change = Callable[[CanaryStage], object]


def weight_up(stage: CanaryStage) -> None:
    stage.router.edit(Split(STABLE, CANARY, 80), BY)


def weight_gone(stage: CanaryStage) -> None:
    stage.router.edit(Split(STABLE, CANARY, 0), BY)


def route_nowhere(stage: CanaryStage) -> None:
    stage.router.edit(None, BY)


def canary_image(stage: CanaryStage) -> None:
    stage.workload.edit(CANARY, BY, images={"app": "shop:3"})


def canary_scaled_down(stage: CanaryStage) -> None:
    stage.workload.edit(CANARY, BY, instances=1)


def canary_scaled_to_zero(stage: CanaryStage) -> None:
    stage.workload.edit(CANARY, BY, instances=0)


def canary_deleted(stage: CanaryStage) -> None:
    stage.workload.vanish(CANARY)


def stable_image(stage: CanaryStage) -> None:
    stage.workload.edit(STABLE, BY, images={"app": "shop:3"})


def stable_scaled_down(stage: CanaryStage) -> None:
    stage.workload.edit(STABLE, BY, instances=2)


CHANGES: list[tuple[Change, str]] = [
    (weight_up, f"the route of the service was changed by {BY} from 30 % on {CANARY} to 80 % on {CANARY}"),
    (weight_gone, f"the route of the service was changed by {BY} from 30 % on {CANARY} to {STABLE}"),
    (route_nowhere, f"the route of the service was changed by {BY} from 30 % on {CANARY} to neither version"),
    (canary_image, f"the image of {CANARY} was changed by {BY} from shop:2 to shop:3"),
    (canary_scaled_down, f"the instances of {CANARY} was changed by {BY} from 2 to 1"),
    (canary_scaled_to_zero, f"the instances of {CANARY} was changed by {BY} from 2 to 0"),
    (canary_deleted, f"the existence of {CANARY} was deleted by somebody"),
    (stable_image, f"the image of {STABLE} was changed by {BY} from shop:1 to shop:3"),
    (stable_scaled_down, f"the instances of {STABLE} was changed by {BY} from 4 to 2"),
]
NOBODY_LEFT = (route_nowhere, canary_scaled_to_zero, canary_deleted)
changes = pytest.mark.parametrize(("change", "words"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))


def drifting(change: Change) -> CanaryStage:
    """A shop in which `change` happens in the middle of the bake at 30 %."""
    stage = CanaryStage()
    stage.once_at(30, lambda: stage.at(stage.clock.seconds() + 6, lambda: change(stage)))
    return stage


def release(stage: CanaryStage, on_drift: str) -> Result:
    return stage.run(walk(on_drift=on_drift, weights=(Weight(30, 20.0),)))


def entirely(stage: CanaryStage, images: dict[str, str]) -> None:
    stable = stage.version(STABLE)
    assert stable is not None
    assert (dict(stable.images), stable.desired, stage.weight()) == (images, 4, 0)
    assert stage.version(CANARY) is None
    assert stage.record().flight is None


@changes
def test_T20_fail_stops_naming_field_values_and_writer_and_the_release_can_be_resumed(
    change: Change, words: str
) -> None:
    stage = drifting(change)
    with pytest.raises(ConflictError) as stopped:
        release(stage, "fail")
    assert words in stopped.value.message
    assert "--on-drift reassert" in stopped.value.advice
    assert stage.record().flight is not None
    stage.again()
    resumed = stage.run_again(walk(on_drift="reassert"))
    assert resumed.outcome is Outcome.PROMOTED, resumed.why
    entirely(stage, NEW)


@changes
def test_fail_writes_nothing_more_but_for_users_who_have_nobody_left(change: Change, words: str) -> None:
    del words
    stage = drifting(change)
    before: list[list[int]] = []
    happened: list[list[tuple[str, str]]] = []
    stage.once_at(30, lambda: (before.append(stage.weights()), happened.append(list(stage.workload.happened))))
    with pytest.raises(ConflictError):
        release(stage, "fail")
    rest = stage.weights()[len(before[0]) :]
    assert rest == ([0] if change in NOBODY_LEFT else [])
    assert stage.workload.happened == happened[0]


@changes
def test_T22_reassert_writes_again_and_arrives_and_the_audit_trail_knows(change: Change, words: str) -> None:
    stage = drifting(change)
    result = release(stage, "reassert")
    assert result.outcome is Outcome.PROMOTED, result.why
    assert any(event.kind == "drift" and words in event.text for event in stage.record().events)
    entirely(stage, NEW)


@changes
def test_abort_undoes_the_release_and_says_why(change: Change, words: str) -> None:
    stage = drifting(change)
    result = release(stage, "abort")
    assert (result.outcome, result.exit_code) == (Outcome.REJECTED, 10), result.why
    assert words in result.why
    entirely(stage, OLD)


@changes
def test_a_rollback_gets_through_whatever_was_changed(change: Change, words: str) -> None:
    del words
    stage = CanaryStage()
    stage.run(step(30))
    change(stage)
    result = stage.roll_back()
    assert result.outcome is Outcome.ROLLED_BACK, result.why
    entirely(stage, OLD)


def test_two_writers_who_fight_end_the_run_after_three_times() -> None:
    stage = CanaryStage()

    def again() -> None:
        if stage.weight() == 30:
            weight_up(stage)

    stage.once_at(30, lambda: setattr(stage.clock, "passing", lambda: (stage.lock.renew(), again())))
    with pytest.raises(ConflictError, match=r"two writers fight, it was written again 3 times: .*night-shift"):
        release(stage, "reassert")
    assert stage.weights() == [30] * 4


@pytest.mark.parametrize("elsewhere", [Split(STABLE, CANARY, 30), None], ids=["to the canary", "nowhere"])
def test_a_way_back_that_somebody_goes_on_undoing_ends_for_a_person(elsewhere: Split | None) -> None:
    stage = CanaryStage()
    stage.run(step(30))
    site = stage.again()

    def again() -> None:
        stage.lock.renew()
        if not stage.router._there().astray and stage.weight() == 0:
            stage.router.edit(elsewhere, BY)

    stage.clock.passing = again

    result = rollback.run(site, back())
    assert result.outcome is Outcome.STUCK
    assert BY in result.why


def test_what_an_autoscaler_does_is_no_drift() -> None:
    stage = drifting(lambda stage: stage.workload.edit(CANARY, "autoscaler", instances=1))
    assert release(stage, "fail").outcome is Outcome.PROMOTED
    assert "drift" not in {event.kind for event in stage.record().events}


@pytest.mark.parametrize("change", [canary_deleted, canary_scaled_to_zero], ids=lambda one: one.__name__)
@pytest.mark.parametrize("on_drift", ["reassert", "abort"])
def test_a_canary_that_is_taken_away_while_stable_is_replaced_loses_no_user(change: Change, on_drift: str) -> None:
    stage = CanaryStage(slow=6)
    stage.clock.acts.append((lambda: ("release", STABLE) in stage.workload.happened, lambda: change(stage)))
    result = release(stage, on_drift)
    assert result.outcome in (Outcome.PROMOTED, Outcome.REJECTED), result.why
    entirely(stage, NEW if result.outcome is Outcome.PROMOTED else OLD)


@pytest.mark.parametrize("lost", [lambda stage: stage.records.drop(), lambda stage: stage.records.edit("{}")])
def test_a_record_that_is_lost_stops_the_run_or_is_written_again_or_undoes_it(lost: Change) -> None:
    with pytest.raises(ConflictError):
        release(drifting(lost), "fail")
    again = drifting(lost)
    assert release(again, "reassert").outcome is Outcome.PROMOTED
    entirely(again, NEW)
    undone = drifting(lost)
    assert release(undone, "abort").outcome is Outcome.REJECTED
    entirely(undone, OLD)


def test_a_canary_gives_way_to_a_newer_release_until_it_is_proven() -> None:
    def somebody_supersedes(stage: CanaryStage) -> None:
        with pytest.raises(LockHeld):
            stage.lock.beside("run-2").acquire(0, supersede=True)

    stage = drifting(somebody_supersedes)
    result = release(stage, "fail")
    assert result.outcome is Outcome.REJECTED
    assert "superseded by run-2" in result.why
    assert "newer release" in result.following[0]
    entirely(stage, OLD)
    proven = CanaryStage()
    proven.once_at(100, lambda: somebody_supersedes(proven))
    assert release(proven, "fail").outcome is Outcome.PROMOTED


def test_a_write_that_meets_somebody_elses_is_looked_at_again_where_that_is_allowed() -> None:
    def meddled(stage: CanaryStage) -> None:
        """Somebody writes the status of the canary between our look and our write, once."""
        scale, calls = stage.workload.scale, []

        def interrupted(name: str, instances: int) -> None:
            calls.append(name)
            if len(calls) == 1:
                raise ConflictError("shop-canary was changed by somebody else", "run again")
            scale(name, instances)

        stage.workload.scale = interrupted  # type: ignore[method-assign]

    stopped = CanaryStage()
    meddled(stopped)
    with pytest.raises(ConflictError, match="somebody else"):
        release(stopped, "fail")
    stage = CanaryStage()
    meddled(stage)
    assert release(stage, "reassert").outcome is Outcome.PROMOTED
    assert any("looking again" in event.text for event in stage.record().events)


def test_users_sent_elsewhere_while_the_canary_is_not_ready_start_anew_from_stable() -> None:
    def away_and_ill(stage: CanaryStage) -> None:
        weight_up(stage)
        stage.workload.hurt(CANARY, ready=0)
        stage.at(stage.clock.seconds() + 5, lambda: stage.workload.hurt(CANARY, ready=2))

    stage = drifting(away_and_ill)
    result = release(stage, "reassert")
    assert result.outcome is Outcome.PROMOTED, result.why
    assert stage.weights()[:3] == [30, 0, 30]
    entirely(stage, NEW)


def test_an_effect_that_is_lost_during_a_bake_is_waited_for_again_without_a_new_bake() -> None:
    stage = drifting(lambda stage: setattr(stage.router._there(), "looks_left", 3))
    stage.once_at(30, lambda: stage.at(stage.clock.seconds() + 6, lambda: served_elsewhere(stage)))
    assert release(stage, "fail").outcome is Outcome.PROMOTED
    observed = [check for check in release_checks(stage) if "30 %" in check]
    assert len(observed) >= 2


def served_elsewhere(stage: CanaryStage) -> None:
    """A proxy that was restarted serves what it knew before, for a few looks."""
    stage.router._there().served = Split(STABLE, CANARY, 0)


def release_checks(stage: CanaryStage) -> list[str]:
    """What was said of effects that were seen."""
    return [event.text for event in stage.record().events if event.kind == "effect"]
