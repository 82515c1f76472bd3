"""A canary may end between any two mutations: the next run goes on, or a rollback undoes it. Nobody is ever in
between: in the end everything is old, or everything is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pointsman.model.errors import Cancelled, PointsmanError, Unreachable
from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome
from pointsman.steps import in_a_hurry
from pointsman.steps.canary_step import CanaryInputs
from pointsman.strategy.canary_seen import Leftover, Weight
from tests.steps.canary_stage import CANARY, NEW, NEWER, OLD, STABLE, CanaryStage, hurry, step, walk
from tests.steps.stage import Killed

PLACES = ["before", "after"]
SHORT = (Weight(30, 5.0), Weight(100, 5.0))
PLANS: dict[str, CanaryInputs] = {
    "walk": walk(weights=SHORT),
    "one weight and promotion": walk(weights=(Weight(30, 5.0),)),
    "not everybody": walk(weights=(Weight(30, 5.0),), whole=False),
    "kept without instances": walk(weights=SHORT, leftover=Leftover.SCALE_DOWN),
}
plans = pytest.mark.parametrize("inputs", PLANS.values(), ids=PLANS)
places = pytest.mark.parametrize("place", PLACES)


def killed(stage: CanaryStage, inputs: CanaryInputs, nth: int, place: str) -> bool:
    """Whether the run was killed at its `nth` mutation; False when it has fewer."""
    stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
    stage.failure.nth, stage.failure.count = nth, 0
    stage.lock.dead = True
    try:
        stage.run(inputs)
    except Killed:
        return True
    return False


def every_kill(
    inputs: CanaryInputs, place: str, shop: Callable[[], CanaryStage] = CanaryStage
) -> Iterator[tuple[int, CanaryStage]]:
    """A fresh shop for each mutation that the canary makes, with the run killed there."""
    nth = 1
    while killed(stage := shop(), inputs, nth, place):
        assert served(stage), f"users are nowhere after mutation {nth}"
        yield nth, stage
        nth += 1
    assert nth > 6, "the canary makes more mutations than that"


def served(stage: CanaryStage) -> bool:
    """Whether somebody who is meant to answer is there for each share of the users."""
    versions, weight = stage.workload._versions, stage.weight()
    on_stable = weight == 100 or versions[STABLE].desired > 0
    return on_stable and (weight == 0 or versions[CANARY].ready > 0)


def is_entirely(stage: CanaryStage, images: dict[str, str]) -> bool:
    """Users on stable, stable on `images` with all its instances, nothing else running, nothing in flight."""
    stable, canary = stage.version(STABLE), stage.version(CANARY)
    assert stable is not None
    idle = canary is None or canary.desired == 0
    return idle and stage.weight() == 0 and stable.ready == 4 and dict(stable.images) == images


def bad_at_100() -> CanaryStage:
    return CanaryStage(verdicts={100: Verdict.FAIL})


@places
@plans
def test_a_killed_canary_that_is_run_again_arrives(inputs: CanaryInputs, place: str) -> None:
    for nth, stage in every_kill(inputs, place):
        result = stage.run_again(inputs)
        assert result.outcome in (Outcome.PROMOTED, Outcome.UNCHANGED), (nth, result.why)
        assert is_entirely(stage, NEW), nth
        assert stage.record().flight is None
        assert stage.record().serving.images == NEW  # type: ignore[union-attr]


@places
@plans
def test_a_killed_canary_that_is_rolled_back_leaves_everything_old(inputs: CanaryInputs, place: str) -> None:
    for nth, stage in every_kill(inputs, place):
        begun = stage.records.text() != ""
        result = stage.roll_back()
        assert result.outcome is (Outcome.ROLLED_BACK if begun else Outcome.UNCHANGED), (nth, result.why)
        assert is_entirely(stage, OLD), nth
        assert not begun or stage.record().flight is None


@places
def test_a_killed_run_of_a_bad_candidate_is_undone_by_the_next(place: str) -> None:
    for nth, stage in every_kill(walk(weights=SHORT), place, bad_at_100):
        result = stage.run_again(walk(weights=SHORT))
        assert result.outcome is Outcome.REJECTED, (nth, result.why)
        assert is_entirely(stage, OLD), nth


@places
def test_T04_another_release_undoes_the_killed_one_first(place: str) -> None:
    for nth, stage in every_kill(walk(weights=SHORT), place):
        result = stage.run_again(walk("shop:3", weights=SHORT))
        assert result.outcome is Outcome.PROMOTED, (nth, result.why)
        assert is_entirely(stage, NEWER), nth


@places
def test_a_rollback_that_is_killed_is_finished_by_the_next_one(place: str) -> None:
    nth, died = 1, True
    while died:
        stage = CanaryStage()
        stage.run(step(30))
        site = stage.again()
        stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
        stage.failure.nth, stage.failure.count, stage.lock.dead = nth, 0, True
        try:
            in_a_hurry.abort(stage.canary(), hurry())
            died = False
        except Killed:
            assert served(stage)
            stage.roll_back()
        assert is_entirely(stage, OLD), nth
        assert site.records is not None
        nth += 1
    assert nth > 4


@places
@plans
def test_a_call_that_fails_ends_the_run_and_the_next_one_arrives(inputs: CanaryInputs, place: str) -> None:
    nth, failed = 0, True
    while failed:
        nth, stage = nth + 1, CanaryStage()
        stage.failure.arm(Unreachable("no route to host"), after=place == "after")
        stage.failure.nth = nth
        try:
            stage.run(inputs)
            failed = False
        except PointsmanError:
            assert stage.lock.holder() == "", "a run that ends gives its lock back"
            assert served(stage)
            stage.run_again(inputs)
        assert is_entirely(stage, NEW), nth
    assert nth > 6


def cancelled(stage: CanaryStage, inputs: CanaryInputs, checkpoint: int) -> bool:
    """Whether the run was cancelled at that checkpoint; False when it has fewer."""
    stage.clock.cancel_at = checkpoint
    try:
        stage.run(inputs)
    except Cancelled:
        return True
    return False


@pytest.mark.parametrize("shop", [CanaryStage, bad_at_100], ids=["good", "bad at 100 %"])
def test_a_run_cancelled_at_any_checkpoint_is_safe_and_the_next_one_ends_it(shop: Callable[[], CanaryStage]) -> None:
    inputs, checkpoint = walk(weights=SHORT), 1
    while cancelled(stage := shop(), inputs, checkpoint):
        assert served(stage)
        assert stage.lock.holder() == "", "a cancelled run gives its lock back"
        stage.run_again(inputs)
        assert is_entirely(stage, NEW if shop is CanaryStage else OLD), checkpoint
        assert stage.record().flight is None, checkpoint
        checkpoint += 1
    assert checkpoint > 20


def test_a_run_cancelled_at_any_checkpoint_can_be_rolled_back() -> None:
    inputs, checkpoint = walk(weights=SHORT), 1
    while cancelled(stage := CanaryStage(), inputs, checkpoint):
        undone = stage.roll_back()
        assert is_entirely(stage, OLD), checkpoint
        assert [one for one in undone.changes if one.old == one.new] == [], "what is as before is no change"
        checkpoint += 1


def test_a_run_that_died_in_a_bake_holds_the_weight_again_and_keeps_what_the_judge_had_heard() -> None:
    stage = CanaryStage()
    inputs = walk(weights=(Weight(30, 120.0),))

    def die() -> None:
        raise Killed

    stage.at(80.0, die)
    stage.lock.dead = True
    with pytest.raises(Killed):
        stage.run(inputs)
    flight = stage.record().flight
    assert flight is not None
    assert '"looks"' in flight.judge
    resumed = stage.clock.seconds()
    assert stage.run_again(inputs).outcome is Outcome.PROMOTED
    assert stage.clock.seconds() - resumed >= 120.0
    assert stage.weights() == [30, 100, 0], "the weight itself is not walked again"


def test_what_the_judge_has_heard_is_kept_with_each_weight_that_is_accepted() -> None:
    stage = CanaryStage()

    def die() -> None:
        raise Killed

    stage.once_at(30, die)
    with pytest.raises(Killed):
        stage.run()
    flight = stage.record().flight
    assert flight is not None
    assert '"looks"' in flight.judge


def test_a_stuck_undo_is_finished_by_the_next_run_once_stable_is_repaired() -> None:
    stage = CanaryStage(verdicts={100: Verdict.FAIL})
    stage.once_at(100, lambda: stage.workload.hurt(STABLE))
    assert stage.run().outcome is Outcome.STUCK
    assert stage.weight() == 100, "a candidate that is worse is still better than nobody"
    stage.workload.hurt(STABLE, ready=4)
    assert stage.run_again().outcome is Outcome.REJECTED
    assert is_entirely(stage, OLD)
