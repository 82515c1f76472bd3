"""promote and abort: what a person says is done at once, safely, and the record knows who said it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.model.errors import InputError, LockHeld
from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome
from pointsman.model.split import Match
from pointsman.steps import in_a_hurry
from tests.steps.canary_stage import CANARY, CRASH, NEW, OLD, CanaryStage, for_testers, hurry, step, walk

UNSURE = Verdict.INCONCLUSIVE


def held_at(weight: int) -> CanaryStage:
    """A release that was left in flight because nothing was known of it in time; the next run is about to begin."""
    stage = CanaryStage(verdicts={weight: UNSURE})
    assert stage.run(step(weight)).outcome is Outcome.HELD
    stage.again()
    return stage


def texts(stage: CanaryStage) -> str:
    return "\n".join(event.text for event in stage.record().events)


def test_promote_takes_what_is_in_flight_to_its_end_through_the_proven_pods() -> None:
    stage = held_at(5)
    result = in_a_hurry.promote(stage.canary(), hurry())
    assert (result.step, result.outcome, result.exit_code) == ("promote", Outcome.PROMOTED, 0), result.why
    assert stage.weights() == [5, 100, 0]
    assert stage.images() == NEW
    assert stage.version(CANARY) is None
    assert stage.record().flight is None


def test_promote_has_the_capacity_for_everybody_before_everybody_comes() -> None:
    stage, seen = held_at(5), []
    stage.once_at(100, lambda: seen.append(stage.workload._versions[CANARY].ready))
    in_a_hurry.promote(stage.canary(), hurry())
    assert seen == [4]


def test_record_and_report_say_who_did_not_wait_for_evidence() -> None:
    stage = held_at(5)
    result = in_a_hurry.promote(stage.canary(), hurry("the fair begins"))
    words = "ada asked to promote at 5 %; further evidence was not waited for, none was seen (the fair begins)"
    assert words in texts(stage)
    assert words in result.why
    assert [one.verdict for one in result.checks if "at 5 %" in one.name] == [UNSURE]
    assert result.outputs["verdict"] != "pass"


def test_what_was_accepted_before_is_named() -> None:
    stage = CanaryStage()
    stage.run(step(30))
    stage.again()
    assert "the last weight accepted was 30 % with the verdict pass" in in_a_hurry.promote(stage.canary(), hurry()).why


def test_a_candidate_that_fails_on_its_way_to_everybody_is_undone() -> None:
    stage = held_at(5)
    stage.workload.images = {**stage.workload.images, "shop:2": CRASH}
    result = in_a_hurry.promote(stage.canary(), hurry())
    assert (result.outcome, result.exit_code) == (Outcome.REJECTED, 10), result.why
    assert (stage.images(), stage.weight(), stage.version(CANARY)) == (OLD, 0, None)


def test_what_is_being_undone_is_not_promoted() -> None:
    stage = CanaryStage(verdicts={30: Verdict.FAIL})
    stage.run(step(5))
    stage.again()
    stage.workload._remove = lambda _: False  # type: ignore[method-assign]
    assert in_a_hurry.abort(stage.canary(), hurry("orders fail")).outcome is Outcome.STUCK
    stage.again()
    for dry in (False, True):
        with pytest.raises(InputError, match=r"was given up .*orders fail.* and is being undone") as refused:
            in_a_hurry.promote(stage.canary(), hurry(dry_run=dry))
        assert "pointsman abort" in refused.value.advice


def test_testers_may_be_all_the_proof_that_somebody_wants() -> None:
    stage = CanaryStage()
    stage.run(for_testers(Match("true", header="canary")))
    stage.again()
    assert in_a_hurry.promote(stage.canary(), hurry()).outcome is Outcome.PROMOTED
    assert (stage.images(), stage.router.matched()) == (NEW, None)


def test_abort_puts_everybody_on_stable_and_leaves_nothing_behind() -> None:
    stage = CanaryStage()
    stage.run(step(30))
    stage.again()
    result = in_a_hurry.abort(stage.canary(), hurry("looks odd"))
    assert (result.step, result.outcome, result.exit_code) == ("abort", Outcome.ROLLED_BACK, 0), result.why
    assert "ada asked for an abort (looks odd)" in result.why
    assert "ada asked for an abort (looks odd)" in texts(stage)
    assert (stage.images(), stage.weight(), stage.version(CANARY)) == (OLD, 0, None)
    assert stage.record().flight is None


@pytest.mark.parametrize("act", [in_a_hurry.promote, in_a_hurry.abort])
@pytest.mark.parametrize("dry", [False, True])
def test_with_nothing_in_flight_nothing_changes_and_it_says_what_to_do(act: object, dry: bool) -> None:
    stage = CanaryStage()
    stage.run()
    writes = len(stage.router.writes)
    stage.again()
    result = act(stage.canary(), hurry(dry_run=dry))  # type: ignore[operator]
    assert (result.outcome, result.exit_code) == (Outcome.UNCHANGED, 0)
    assert any("pointsman rollback" in line for line in result.following)
    assert (stage.images(), len(stage.router.writes)) == (NEW, writes)


@pytest.mark.parametrize("act", [in_a_hurry.promote, in_a_hurry.abort])
def test_a_dry_run_writes_nothing_and_names_the_route_and_the_candidate(act: object) -> None:
    stage = held_at(5)
    before = stage.records.text()
    result = act(stage.canary(), hurry(dry_run=True))  # type: ignore[operator]
    assert result.outcome is Outcome.PLANNED
    assert {"route of shop", CANARY} <= {one.what for one in result.changes}
    assert (stage.records.text(), stage.weights()) == (before, [5])


@pytest.mark.parametrize("act", [in_a_hurry.promote, in_a_hurry.abort])
def test_a_live_run_is_not_disturbed(act: object) -> None:
    stage = held_at(5)
    stage.lock.beside("another run").acquire(0.0)
    with pytest.raises(LockHeld, match="another run"):
        act(stage.canary(), replace(hurry(), lock_wait=10.0))  # type: ignore[operator]
    assert stage.weights() == [5]


def test_a_promotion_that_had_begun_goes_on() -> None:
    stage = CanaryStage()
    stage.once_at(100, lambda: setattr(stage.workload, "slow", 10_000))
    assert stage.run(walk()).outcome is Outcome.STUCK
    stage.workload.slow = 1
    stage.again()
    result = in_a_hurry.promote(stage.canary(), hurry(timeout=20_000.0))
    assert result.outcome is Outcome.PROMOTED, result.why
    assert "which had begun already" in result.why
