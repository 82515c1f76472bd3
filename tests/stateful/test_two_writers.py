"""Two runs on one service, one of them stopped in the middle of a write for longer than its lock lasts.

Promise: a run that lost its lock writes nothing, not even what was on its way when it was stopped. Its partner: the
run that took over does what it was asked to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pointsman.model.errors import ConflictError
from pointsman.model.result import Outcome, Result
from pointsman.steps import blue_green_switch, rollback
from pointsman.strategy.blue_green import Cleanup
from tests.stateful.weather import cleanups
from tests.steps.stage import NthFailure, Stage, back, switch

LEASE = 60.0
good_images = st.sampled_from(["shop:1", "shop:2", "shop:3"])
Picture = tuple[dict[str, tuple[dict[str, str], int]], str, str]


@dataclass
class Stopped(NthFailure):
    """The `nth` mutation is on its way when the run is stopped; `meanwhile` happens; then the write arrives."""

    meanwhile: Callable[[], None] = lambda: None

    def around(self, effect: Callable[[], None]) -> None:
        self.count += 1
        if self.count == self.nth:
            self.meanwhile()
        effect()


class TwoWriters(RuleBasedStateMachine):
    """The weather is good: pods live and answer. What happens is that runs stop, and others come."""

    stopped = arrived = 0

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(slow=1, lag=1)

    @rule(image=good_images, newer=good_images, cleanup=cleanups, nth=st.integers(1, 10), deleted=st.booleans())
    def a_release_is_stopped_and_another_takes_over(
        self, image: str, newer: str, cleanup: Cleanup, nth: int, deleted: bool
    ) -> None:
        def take_over() -> Result:
            return blue_green_switch.run(self.stage.again(), switch(newer, cleanup=cleanup))

        def must_serve(result: Result) -> None:
            assert result.outcome in (Outcome.SWITCHED, Outcome.UNCHANGED), result.why
            assert self.stage.images() == {"app": newer}

        self.stop_a_release(image, cleanup, nth, deleted, take_over, must_serve)

    @rule(image=good_images, cleanup=cleanups, nth=st.integers(1, 10), deleted=st.booleans())
    def a_release_is_stopped_and_somebody_rolls_back(
        self, image: str, cleanup: Cleanup, nth: int, deleted: bool
    ) -> None:
        def take_over() -> Result:
            return rollback.run(self.stage.again(), back())

        def must_be_over(result: Result) -> None:
            assert result.outcome in (Outcome.ROLLED_BACK, Outcome.UNCHANGED), result.why
            assert self.stage.record().flight is None

        self.stop_a_release(image, cleanup, nth, deleted, take_over, must_be_over)

    def stop_a_release(
        self,
        image: str,
        cleanup: Cleanup,
        nth: int,
        deleted: bool,
        take_over: Callable[[], Result],
        must: Callable[[Result], None],
    ) -> None:
        """The release's `nth` write arrives only after `take_over` has come and gone."""
        pictures: list[Picture] = []
        failure = Stopped(nth=nth)
        site = self.stage.again()
        self.stage.workload.failure = self.stage.router.failure = self.stage.records.failure = failure
        clock, lock = self.stage.clock, self.stage.lock

        known = self.stage.records.text() != ""

        def meanwhile() -> None:
            if deleted and known:  # with neither lock nor record there is nothing to tell that a run was ever here
                lock.forget()
            else:
                clock.pause(LEASE + 1)
            must(take_over())
            pictures.append(self.picture())
            clock.passing = lock.renew

        failure.meanwhile = meanwhile
        if self.ended_in_a_conflict(lambda: blue_green_switch.run(site, switch(image, cleanup=cleanup))):
            self.stopped += 1
        assert [self.picture()] == pictures or not pictures, "a run that had lost its lock wrote something"
        self.arrived += not pictures

    def ended_in_a_conflict(self, run: Callable[[], Result]) -> bool:
        """Whether the run ended with exit code 4; one that ended otherwise was not stopped."""
        try:
            result = run()
        except ConflictError:
            return True
        assert result.outcome in (Outcome.SWITCHED, Outcome.UNCHANGED), result.why
        return False

    def picture(self) -> Picture:
        """Everything a run may write."""
        versions = {name: (dict(one.images), one.desired) for name, one in self.stage.workload._versions.items()}
        return versions, self.stage.serving(), self.stage.records.text()

    @invariant()
    def users_are_served(self) -> None:
        assert self.stage.workload._versions[self.stage.serving()].desired >= 1


@pytest.mark.parametrize("deleted", [False, True], ids=["ran out", "deleted"])
@pytest.mark.parametrize("newer", ["shop:1", "shop:2", "shop:3"])
def test_a_release_stopped_at_any_of_its_writes_writes_nothing_more(newer: str, deleted: bool) -> None:
    """The machine's rule at every write in turn, until a release has fewer: so every one of them was tried."""
    nth = 0
    while True:
        nth += 1
        shop = TwoWriters()
        blue_green_switch.run(shop.stage.site(), switch("shop:3"))
        shop.a_release_is_stopped_and_another_takes_over("shop:2", newer, Cleanup.SCALE_DOWN, nth, deleted)
        if not shop.stopped:
            break
    assert nth > 8
    assert shop.arrived == 1


TestTwoWriters = TwoWriters.TestCase
TestTwoWriters.settings = settings(
    max_examples=60, stateful_step_count=8, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
