"""A canary without weights: one Service selects both versions, and requests follow the numbers of instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pointsman.model.evidence import Effect, Verdict
from pointsman.model.result import Outcome
from pointsman.model.split import Split
from pointsman.steps.site import CanarySite
from pointsman.strategy.canary_seen import Weight
from pointsman.testing import FakeRouter
from tests.steps.canary_stage import CANARY, NEW, OLD, STABLE, CanaryStage, step, walk
from tests.steps.stage import Killed
from tests.steps.test_canary_interrupted import PLACES, is_entirely

WEIGHTS = (Weight(20, 10.0), Weight(35, 10.0))
INSTANCES = {0: 0, 20: 1, 35: 2}


class RatioRouter(FakeRouter):
    """The ready instances of both versions are the split; writing one scales the candidate."""

    stage: RatioStage

    def beside(self) -> RatioRouter:
        return self

    def read(self) -> Split:
        versions = self.stage.workload._versions
        ready = versions[CANARY].ready if CANARY in versions else 0
        everybody = ready + versions[STABLE].ready
        return Split(STABLE, CANARY, round(100 * ready / everybody) if everybody else 0)

    def write(self, split: Split) -> None:
        if CANARY in self.stage.workload._versions:
            self.stage.workload.scale(CANARY, INSTANCES[split.weight])
        self.writes.append(split)

    def settled(self, split: Split) -> Effect:
        found, canary = self.read().weight, self.stage.workload._versions.get(CANARY)
        if (asked := canary.desired if canary else 0) != INSTANCES[split.weight]:
            return Effect(False, 0, f"it is to have {asked} instances")
        return Effect(abs(found - split.weight) <= 5 and bool(found) == bool(split.weight), 1, f"{found} %")


class RatioStage(CanaryStage):
    """The shop with such a Service."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.router = RatioRouter(STABLE, CANARY)
        self.router.stage = self
        self.metrics.meanwhile = None

    def canary(self) -> CanarySite:
        return replace(super().canary(), whole=False, by_instances=True)


def test_each_weight_is_a_number_of_instances_and_stable_takes_over_in_place() -> None:
    stage = RatioStage()
    result = stage.run(walk(weights=WEIGHTS))
    assert result.outcome is Outcome.PROMOTED, result.why
    assert stage.weights() == [20, 35, 0]
    assert stage.workload.happened == [
        ("create", CANARY), ("scale", CANARY), ("scale", CANARY), ("release", STABLE), ("scale", CANARY),
        ("remove", CANARY),
    ]  # fmt: skip
    assert is_entirely(stage, NEW)


def test_a_share_that_is_only_near_its_weight_is_no_drift_for_a_later_job() -> None:
    stage = RatioStage()
    assert stage.run(step(35)).outcome is Outcome.ADVANCED
    assert stage.router.read().weight == 33
    assert stage.run_again(walk(weights=WEIGHTS)).outcome is Outcome.PROMOTED
    assert stage.weights() == [35, 0]


def test_a_candidate_that_is_worse_or_never_comes_up_is_undone() -> None:
    worse = RatioStage(verdicts={20: Verdict.FAIL})
    assert worse.run(walk(weights=WEIGHTS)).outcome is Outcome.REJECTED
    assert is_entirely(worse, OLD)
    crashing = RatioStage()
    assert crashing.run(walk("shop:bad", weights=WEIGHTS)).outcome is Outcome.REJECTED
    assert is_entirely(crashing, OLD)
    slow = RatioStage(slow=10_000)
    assert slow.run(walk(weights=WEIGHTS)).outcome is Outcome.REJECTED
    assert slow.workload.happened[-1] == ("remove", CANARY)


def every_kill(place: str, slow: int = 2, at_least: int = 10) -> Iterator[tuple[int, RatioStage]]:
    nth, died = 0, True
    while died:
        nth, stage = nth + 1, RatioStage(slow=slow)
        stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
        stage.failure.nth, stage.failure.count, stage.lock.dead = nth, 0, True
        try:
            stage.run(walk(weights=WEIGHTS))
            died = False
        except Killed:
            yield nth, stage
    assert nth > at_least


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_it_arrives_when_run_again(place: str) -> None:
    for nth, stage in every_kill(place):
        result = stage.run_again(walk(weights=WEIGHTS))
        assert result.outcome in (Outcome.PROMOTED, Outcome.UNCHANGED), (nth, result.why)
        assert is_entirely(stage, NEW), nth


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_before_its_end_it_is_undone_by_a_rollback(place: str) -> None:
    for nth, stage in every_kill(place):
        if stage.records.text() and stage.record().flight is None:
            continue  # it is over: without weights a rollback of that is for the workload's own update
        stage.roll_back()
        assert is_entirely(stage, OLD), nth


@pytest.mark.parametrize("place", PLACES)
def test_instances_that_never_came_up_are_taken_back_by_a_rollback(place: str) -> None:
    """They have no users yet, so the share that is read is 0; but they are asked for, and would get some."""
    for nth, stage in every_kill(place, slow=10_000, at_least=5):
        result = stage.roll_back()
        assert result.outcome in (Outcome.ROLLED_BACK, Outcome.UNCHANGED), (nth, result.why)
        assert is_entirely(stage, OLD), nth
