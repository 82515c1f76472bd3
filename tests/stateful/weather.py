"""A shop in all weathers: what may happen to it between and during the runs of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from pointsman.model.errors import PointsmanError, Unreachable
from pointsman.model.result import Result
from pointsman.model.split import Split
from pointsman.steps import blue_green_switch, rollback
from pointsman.strategy.blue_green import Cleanup
from tests.steps.stage import BLUE, GREEN, Killed, SelectorRouter, Stage, back, switch

colours = st.sampled_from([BLUE, GREEN])
images = st.sampled_from(["shop:1", "shop:2", "shop:3", "shop:bad"])
cleanups = st.sampled_from(Cleanup)
places = st.booleans()


@dataclass
class WatchedRouter(SelectorRouter):
    """Refuses to believe that users were sent where nobody is ready to serve them."""

    stage: Stage | None = None

    def beside(self) -> WatchedRouter:
        self._there()
        return WatchedRouter(
            self.stable, self.candidate, self.lag, True, writes=self.writes, _route=self._route, stage=self.stage
        )

    def _write(self, split: Split) -> None:
        assert self.stage is not None
        target = self.stage.workload._versions.get(split.serving)
        assert target is not None, f"users are sent to {split.serving}, which does not exist"
        assert target.ready >= 1, f"users are sent to {split.serving}, which has no ready instance"
        super()._write(split)


class Shop(RuleBasedStateMachine):
    """The rules are the weather, and the pipeline that runs through it."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(slow=1, lag=1)
        self.stage.router = WatchedRouter(BLUE, GREEN, 1, True, failure=self.stage.failure, stage=self.stage)
        self.last: Result | None = None

    @rule(colour=colours, left=st.integers(0, 1))
    def pods_die(self, colour: str, left: int) -> None:
        self.hurt(colour, left)

    @rule(colour=colours, left=st.integers(0, 1), moment=colours)
    def pods_will_die_once_users_are_on_a_colour(self, colour: str, left: int, moment: str) -> None:
        self.stage.once_served_by(moment, lambda: self.hurt(colour, left))

    @rule()
    def pods_heal(self) -> None:
        for name, version in self.stage.workload._versions.items():
            if version.problem is None:
                self.stage.workload.hurt(name, ready=version.desired)

    @rule(colour=colours, status=st.sampled_from([200, 500, 0]))
    def a_version_answers(self, colour: str, status: int) -> None:
        self.stage.prober.versions = {**self.stage.prober.versions, colour: status}

    @rule(status=st.sampled_from([200, 500, 0]))
    def the_service_will_answer(self, status: int) -> None:
        self.stage.once_served_by(GREEN, lambda: setattr(self.stage.prober, "service", status))

    @precondition(lambda self: self.stage.records.text())
    @rule(second=st.integers(1, 20))
    def somebody_will_write_the_record(self, second: int) -> None:
        at = self.stage.clock.seconds() + second
        self.stage.at(at, lambda: self.stage.records.edit(self.stage.records.text()))

    @precondition(lambda self: self.stage.records.text())
    @rule(second=st.integers(1, 20))
    def somebody_will_stamp_the_objects(self, second: int) -> None:
        self.stage.at(self.stage.clock.seconds() + second, self.stage.workload.stamp)

    @rule(image=images, cleanup=cleanups)
    def the_pipeline_releases(self, image: str, cleanup: Cleanup) -> None:
        site = self.stage.again()
        self.guarded(lambda: blue_green_switch.run(site, switch(image, cleanup=cleanup, timeout=60.0)))

    @rule(image=images, cleanup=cleanups, nth=st.integers(1, 9), after=places, killed=st.booleans())
    def the_pipeline_releases_and_is_interrupted(
        self, image: str, cleanup: Cleanup, nth: int, after: bool, killed: bool
    ) -> None:
        site = self.stage.again()
        self.interrupt(nth, after, killed)
        self.guarded(lambda: blue_green_switch.run(site, switch(image, cleanup=cleanup, timeout=60.0)))

    @rule()
    def somebody_rolls_back(self) -> None:
        site = self.stage.again()
        self.guarded(lambda: rollback.run(site, back(timeout=60.0)))

    @rule(nth=st.integers(1, 9), after=places, killed=st.booleans())
    def somebody_rolls_back_and_is_interrupted(self, nth: int, after: bool, killed: bool) -> None:
        site = self.stage.again()
        self.interrupt(nth, after, killed)
        self.guarded(lambda: rollback.run(site, back(timeout=60.0)))

    def interrupt(self, nth: int, after: bool, killed: bool) -> None:
        """The `nth` mutation of the coming run kills it, or fails."""
        error: BaseException = Killed() if killed else Unreachable("connection reset")
        self.stage.failure.arm(error, after=after)  # type: ignore[arg-type]
        self.stage.failure.nth, self.stage.failure.count = nth, 0
        self.stage.lock.dead = killed

    def guarded(self, run: object) -> None:
        """A run may end in any error it has a name for, and in no other."""
        self.last = None
        try:
            self.last = run()  # type: ignore[operator]
        except (PointsmanError, Killed):
            pass
        finally:
            self.stage.failure.nth = 0

    def hurt(self, colour: str, left: int) -> None:
        version = self.stage.workload._versions.get(colour)
        if version is not None:
            self.stage.workload.hurt(colour, ready=min(left, version.ready))
