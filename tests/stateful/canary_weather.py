"""A shop with a canary in all weathers: what may happen to it between and during the runs of a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from pointsman.model.errors import PointsmanError, Unreachable
from pointsman.model.evidence import Verdict
from pointsman.model.result import Result
from pointsman.model.split import Split
from pointsman.steps import canary_step, rollback
from pointsman.steps.canary_step import CanaryInputs
from pointsman.strategy.canary_seen import Policy, Weight
from pointsman.strategy.capacity import instances_for
from pointsman.testing import FakeRouter
from tests.steps.canary_stage import CANARY, STABLE, CanaryStage, walk
from tests.steps.stage import Killed, back

versions = st.sampled_from([STABLE, CANARY])
images = st.sampled_from(["shop:1", "shop:2", "shop:3", "shop:bad"])
verdicts = st.sampled_from(Verdict)
policies = st.sampled_from(Policy)
drift = st.sampled_from(["fail", "reassert", "abort"])
moments = st.integers(1, 60)
LISTS = [(Weight(5, 5.0), Weight(50, 5.0)), (Weight(30, 5.0), Weight(100, 5.0)), (Weight(50, 5.0),)]


@dataclass
class WatchedRouter(FakeRouter):
    """Believes only in weights that were decided: the way up is by the plan, one weight after the other, each with its
    capacity ready, and only from a weight that was accepted; the way down is to nothing, and to somebody."""

    stage: CanaryStage | None = None

    def _write(self, split: Split) -> None:
        now, there = self._there().written.weight, self._there().astray
        if split.weight == 0:
            assert self.ready(STABLE) > 0, "users return to a stable of which nothing is ready"
        elif split.weight != now or there:
            self.refuse_undecided(now, split.weight)
        super()._write(split)

    def refuse_undecided(self, now: int, weight: int) -> None:
        """A higher weight needs capacity, and its predecessor in the record. One that is set again after somebody's
        edit is the one in the record."""
        assert self.stage is not None
        flight = self.stage.record().flight
        assert flight is not None, "a weight without a release"
        assert flight.weight == weight, "a weight that is not in the record"
        assert self.ready(CANARY) >= 1, f"{weight} % of the users are sent to nobody"
        if any(event.kind == "drift" for event in self.stage.record().events):
            return
        assert self.ready(CANARY) >= instances_for(weight, flight.stable_instances), "too little capacity"
        assert now == 0 or now in [one.weight for one in flight.reached], f"{now} % was never accepted"

    def ready(self, name: str) -> int:
        """Ready instances of a version."""
        assert self.stage is not None
        version = self.stage.workload._versions.get(name)
        return version.ready if version else 0


class Shop(RuleBasedStateMachine):
    """The rules are the weather, and the pipeline that runs through it."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = CanaryStage(slow=3, lag=1)
        self.stage.router = WatchedRouter(STABLE, CANARY, 1, failure=self.stage.failure, stage=self.stage)
        self.last: Result | None = None

    @rule(name=versions, left=st.integers(0, 2))
    def pods_die(self, name: str, left: int) -> None:
        self.hurt(name, left)

    @rule(name=versions, left=st.integers(0, 2), second=moments)
    def pods_will_die(self, name: str, left: int, second: int) -> None:
        self.later(second, lambda: self.hurt(name, left))

    @rule()
    def pods_heal(self) -> None:
        for name, version in self.stage.workload._versions.items():
            if version.problem is None:
                self.stage.workload.hurt(name, ready=version.desired)

    @rule(weight=st.sampled_from([5, 30, 50, 100]), said=st.lists(verdicts, min_size=1, max_size=3))
    def the_judge_will_say(self, weight: int, said: list[Verdict]) -> None:
        self.stage.verdicts[weight] = said

    @rule(down=st.booleans(), second=moments)
    def the_source_goes_dark_or_comes_back(self, down: bool, second: int) -> None:
        self.later(second, lambda: setattr(self.stage.metrics, "down", down))

    @rule(name=versions, status=st.sampled_from([200, 500, 0]))
    def a_version_answers(self, name: str, status: int) -> None:
        self.stage.prober.versions = {**self.stage.prober.versions, name: status}

    @rule(weight=st.sampled_from([0, 5, 70, 100]), second=moments)
    def somebody_will_edit_the_weight(self, weight: int, second: int) -> None:
        self.later(second, lambda: self.stage.router.edit(Split(STABLE, CANARY, weight), "night-shift"))

    @rule(second=moments)
    def somebody_will_delete_the_canary(self, second: int) -> None:
        self.later(second, lambda: self.stage.workload.vanish(CANARY))

    @precondition(lambda self: self.stage.records.text())
    @rule(second=moments)
    def somebody_will_write_the_record(self, second: int) -> None:
        self.later(second, lambda: self.stage.records.edit(self.stage.records.text()))

    @rule(inputs=st.deferred(lambda: wishes))
    def the_pipeline_releases(self, inputs: CanaryInputs) -> None:
        self.guarded(lambda: self.stage.run_again(inputs))

    @rule(inputs=st.deferred(lambda: wishes), nth=st.integers(1, 20), after=st.booleans(), killed=st.booleans())
    def the_pipeline_releases_and_is_interrupted(
        self, inputs: CanaryInputs, nth: int, after: bool, killed: bool
    ) -> None:
        self.stage.again()
        self.interrupt(nth, after, killed)
        self.guarded(lambda: canary_step.run(self.stage.canary(), inputs))

    @rule()
    def somebody_rolls_back(self) -> None:
        self.guarded(self.stage.roll_back)

    @rule(nth=st.integers(1, 12), after=st.booleans(), killed=st.booleans())
    def somebody_rolls_back_and_is_interrupted(self, nth: int, after: bool, killed: bool) -> None:
        self.stage.again()
        self.interrupt(nth, after, killed)
        self.guarded(lambda: rollback.run(self.stage.canary(), back()))

    def interrupt(self, nth: int, after: bool, killed: bool) -> None:
        """The `nth` mutation of the coming run kills it, or fails."""
        error: BaseException = Killed() if killed else Unreachable("connection reset")
        self.stage.failure.arm(error, after=after)  # type: ignore[arg-type]
        self.stage.failure.nth, self.stage.failure.count = nth, 0
        self.stage.lock.dead = killed

    def guarded(self, run: Callable[[], Result]) -> None:
        """A run may end in any error it has a name for, and in no other."""
        self.last = None
        try:
            self.last = run()
        except (PointsmanError, Killed):
            pass
        finally:
            self.stage.failure.nth = 0

    def later(self, second: int, act: Callable[[], object]) -> None:
        self.stage.at(self.stage.clock.seconds() + second, act)

    def hurt(self, name: str, left: int) -> None:
        version = self.stage.workload._versions.get(name)
        if version is not None:
            self.stage.workload.hurt(name, ready=min(left, version.ready))

    def clear_the_sky(self) -> None:
        """Everything heals, answers, and keeps still; the judge is content."""
        self.stage.clock.acts.clear()
        self.stage.verdicts.clear()
        self.stage.metrics.down, self.stage.traffic = False, True
        self.stage.prober.versions = {STABLE: 200, CANARY: 200}
        for name, version in self.stage.workload._versions.items():
            if version.problem is None and version.looks_left == 0:
                self.stage.workload.hurt(name, ready=version.desired)


def asked_for(
    image: str, weights: tuple[Weight, ...], promote: bool, policy: Policy, silent: Policy, on_drift: str, whole: bool
) -> CanaryInputs:
    """One thing a pipeline may ask for."""
    return walk(
        image,
        on_drift,
        weights=weights,
        promote=promote,
        on_inconclusive=policy,
        on_no_data=silent,
        whole=whole,
        soak=0.0,
    )


wishes = st.builds(asked_for, images, st.sampled_from(LISTS), st.booleans(), policies, policies, drift, st.booleans())
