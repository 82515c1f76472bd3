"""An error in the middle of a release says where users are: what it says is so, or said to be unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from pointsman.model.errors import Cancelled, PointsmanError, Unreachable
from pointsman.model.evidence import Verdict
from pointsman.steps import blue_green_switch, in_a_hurry, rollback
from pointsman.strategy.blue_green import Cleanup
from pointsman.strategy.canary_seen import Weight
from tests.steps.canary_stage import CANARY, STABLE, CanaryStage, hurry, step, walk
from tests.steps.stage import BLUE, GREEN, Stage, back, switch

SHORT = walk(weights=(Weight(30, 5.0), Weight(100, 5.0)))
UNSEEN = ", if what it began last took effect"


Shop = TypeVar("Shop", Stage, CanaryStage)


def endings(begin: Callable[[], Shop], run: Callable[[Shop], object]) -> Iterator[tuple[Shop, PointsmanError]]:
    """(shop, error) of every run that was cancelled at a checkpoint, or to which a call failed before or after it did
    anything."""
    for spoil in (_cancel, _fail_before, _fail_after):
        nth = 1
        while (error := _ended(stage := begin(), run, spoil, nth)) is not None:
            yield stage, error
            nth += 1
        assert nth > 6


def _ended(
    stage: Shop, run: Callable[[Shop], object], spoil: Callable[[Shop, int], None], nth: int
) -> PointsmanError | None:
    spoil(stage, nth)
    try:
        run(stage)
    except PointsmanError as error:
        return error
    return None


def _cancel(stage: Stage | CanaryStage, nth: int) -> None:
    stage.clock.cancel_at = nth


def _fail_before(stage: Stage | CanaryStage, nth: int) -> None:
    stage.failure.arm(Unreachable("no route to host"), after=False)
    stage.failure.nth = nth


def _fail_after(stage: Stage | CanaryStage, nth: int) -> None:
    stage.failure.arm(Unreachable("no route to host"), after=True)
    stage.failure.nth = nth


def bad_at_100() -> CanaryStage:
    return CanaryStage(verdicts={100: Verdict.FAIL})


def bad_with_users() -> Stage:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: stage.workload.hurt(GREEN))
    return stage


@pytest.mark.parametrize("shop", [CanaryStage, bad_at_100], ids=["good", "bad at 100 %"])
def test_what_an_error_says_of_the_users_of_a_canary_is_so(shop: Callable[[], CanaryStage]) -> None:
    said = set()
    for stage, error in endings(shop, lambda stage: stage.run(SHORT)):
        if error.standing and UNSEEN not in error.standing:
            weight = stage.weight()
            users = f"{weight} % of the requests were on {CANARY}, the rest on {STABLE}"
            assert error.standing == f"as this run last knew, {users}"
            said.add(weight)
    assert said == {0, 30, 100}


@pytest.mark.parametrize("cleanup", list(Cleanup), ids=lambda cleanup: cleanup.value)
@pytest.mark.parametrize("shop", [Stage, bad_with_users], ids=["good", "bad with users"])
def test_what_an_error_says_of_the_users_of_a_switch_is_so(shop: Callable[[], Stage], cleanup: Cleanup) -> None:
    said, inputs = set(), switch("shop:2", cleanup=cleanup, bake=30.0)
    for stage, error in endings(shop, lambda stage: blue_green_switch.run(stage.site(), inputs)):
        if error.standing and UNSEEN not in error.standing:
            users = {f"all users were on {stage.serving()}", f"users were being returned to {BLUE}"}
            assert error.standing.removeprefix("as this run last knew, ") in users
            said.add(error.standing)
    last = f"users were being returned to {BLUE}" if shop is bad_with_users else f"all users were on {GREEN}"
    assert f"as this run last knew, {last}" in said


def test_an_error_before_any_release_says_nothing_of_users() -> None:
    stage = CanaryStage()
    stage.clock.cancel_at = 1
    with pytest.raises(Cancelled) as cut_short:
        stage.run(SHORT)
    assert cut_short.value.standing == ""


def in_flight() -> CanaryStage:
    """A canary that was left at 30 %."""
    stage = CanaryStage()
    stage.run(step(30))
    return afresh(stage)


def left_with_users_on_the_candidate() -> Stage:
    """A switch whose run was cancelled once users had moved."""
    stage = Stage()
    stage.once_served_by(GREEN, lambda: setattr(stage.clock, "cancel_at", stage.clock.checkpoints + 5))
    with pytest.raises(Cancelled):
        blue_green_switch.run(stage.site(), switch(bake=30.0))
    return afresh(stage)


def afresh(stage: Shop) -> Shop:
    """The next run is to come."""
    stage.again()
    stage.clock.checkpoints = stage.failure.count = 0
    return stage


@pytest.mark.parametrize(
    "run",
    [
        lambda stage: in_a_hurry.abort(stage.canary(), hurry()),
        lambda stage: in_a_hurry.promote(stage.canary(), hurry()),
        lambda stage: rollback.run(stage.site(), back()),
    ],
    ids=["abort", "promote", "rollback"],
)
def test_so_it_is_when_a_person_ends_a_canary(run: Callable[[CanaryStage], object]) -> None:
    told = 0
    for stage, error in endings(in_flight, run):
        if error.standing and UNSEEN not in error.standing:
            assert f" {stage.weight()} % of the requests were on {CANARY}" in error.standing
            told += 1
    assert told > 3


def test_so_it_is_when_a_switch_is_rolled_back() -> None:
    told = 0
    for stage, error in endings(left_with_users_on_the_candidate, lambda stage: rollback.run(stage.site(), back())):
        if error.standing and UNSEEN not in error.standing:
            users = {f"all users were on {stage.serving()}", f"users were being returned to {BLUE}"}
            assert error.standing.removeprefix("as this run last knew, ") in users
            told += 1
    assert told > 3
