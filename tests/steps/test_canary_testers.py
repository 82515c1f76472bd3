"""Testers reach a canary before any user does, and nobody is left on it when it goes."""

from __future__ import annotations

import pytest

from pointsman.model.errors import InputError
from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome
from pointsman.model.split import Match
from pointsman.testing import FakeRouter
from tests.steps.canary_stage import CANARY, NEW, OLD, STABLE, CanaryStage, for_testers, walk
from tests.steps.stage import Killed
from tests.steps.test_canary_interrupted import PLACES, is_entirely

RULE = Match("yes", header="x-canary")


def test_testers_come_alone_and_the_release_stays_in_flight() -> None:
    stage = CanaryStage()
    result = stage.run(for_testers(RULE))
    assert result.outcome is Outcome.ADVANCED, result.why
    assert stage.router.matched() == RULE
    assert stage.weights() == []
    assert result.outputs["weight"] == "0"
    assert stage.version(CANARY).ready == 1  # type: ignore[union-attr]


def test_users_follow_and_when_the_canary_goes_testers_go_where_everybody_goes() -> None:
    stage = CanaryStage()
    stage.run(for_testers(RULE))
    assert stage.run_again(walk(testers=RULE)).outcome is Outcome.PROMOTED
    assert stage.router.rules == [RULE, None]
    assert is_entirely(stage, NEW)


def test_T21_weights_leave_the_rule_for_testers_alone() -> None:
    stage = CanaryStage()
    seen: list[Match | None] = []
    for weight in (5, 30, 100):
        stage.once_at(weight, lambda: seen.append(stage.router.matched()))
    stage.run(walk(testers=RULE))
    assert seen == [RULE] * 3


@pytest.mark.parametrize("weight", [0, 30])
def test_T11_after_an_abort_there_is_no_rule_for_testers_either(weight: int) -> None:
    stage = CanaryStage(verdicts={30: Verdict.FAIL})
    if weight:
        assert stage.run(walk(testers=RULE)).outcome is Outcome.REJECTED
    else:
        stage.run(for_testers(RULE))
        assert stage.roll_back().outcome is Outcome.ROLLED_BACK
    assert stage.router.matched() is None
    assert is_entirely(stage, OLD)


@pytest.mark.parametrize("place", PLACES)
def test_T21_a_run_killed_at_any_mutation_leaves_no_rule_once_it_is_rolled_back(place: str) -> None:
    nth, died = 0, True
    while died:
        nth, stage = nth + 1, CanaryStage()
        stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
        stage.failure.nth, stage.failure.count, stage.lock.dead = nth, 0, True
        try:
            stage.run(for_testers(RULE))
            died = False
        except Killed:
            stage.roll_back()
            assert stage.router.matched() is None
            assert is_entirely(stage, OLD), nth
    assert nth > 5


def test_a_rule_that_never_takes_effect_ends_the_step() -> None:
    stage = CanaryStage(lag=10_000)
    assert stage.run(for_testers(RULE)).outcome in (Outcome.REJECTED, Outcome.STUCK)
    assert stage.router.matched() is None


def test_a_router_that_cannot_tell_testers_apart_refuses_before_anything_is_touched() -> None:
    stage = CanaryStage()
    plain = FakeRouter(STABLE, CANARY)

    class Plain:
        read, write, settled = plain.read, plain.write, plain.settled

    stage.router = Plain()  # type: ignore[assignment]
    with pytest.raises(InputError, match="cannot tell testers apart"):
        stage.run(for_testers(RULE))
    with pytest.raises(InputError, match="cannot tell testers apart"):
        stage.run(for_testers(RULE, dry_run=True))
    assert stage.records.saved == []


def test_what_the_router_has_added_goes_with_the_canary() -> None:
    withdrawn: list[int] = []

    class Adding(FakeRouter):
        def withdraw(self) -> None:
            withdrawn.append(self._there().written.weight)

    stage = CanaryStage()
    stage.router = Adding(STABLE, CANARY)
    assert stage.run().outcome is Outcome.PROMOTED
    assert withdrawn == [0]
