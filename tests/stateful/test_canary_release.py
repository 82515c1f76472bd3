"""What we promise of a canary, in all weathers: one machine per promise."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule

from pointsman.model.record import broken_link
from pointsman.model.result import Outcome
from tests.stateful.canary_weather import Shop
from tests.steps.canary_stage import CANARY, STABLE, walk

_SETTINGS = settings(
    max_examples=80, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
_BACK = (Outcome.REJECTED, Outcome.ROLLED_BACK)


class AnAbortLeavesAllUsersOnStable(Shop):
    """Whatever went wrong, and whoever asked for it: a release that was undone leaves nothing of itself."""

    @invariant()
    def nobody_is_on_a_candidate_that_was_given_up(self) -> None:
        if self.last is not None and self.last.outcome in _BACK:
            assert self.stage.weight() == 0
            assert CANARY not in self.stage.workload._versions
            record = self.stage.record()
            assert (record.flight, record.intent) == (None, None)

    @invariant()
    def stable_runs_what_it_ran_before(self) -> None:
        if self.last is not None and self.last.outcome in _BACK:
            serving, stable = self.stage.record().serving, self.stage.workload._versions[STABLE]
            assert serving is None or dict(stable.images) == dict(serving.images)

    @invariant()
    def stable_is_never_asked_to_run_nowhere(self) -> None:
        assert self.stage.workload._versions[STABLE].desired >= 1


class WeightsOnlyMoveAsDecided(Shop):
    """Every write of the route is checked against the record and the capacity by `WatchedRouter`, in every weather."""

    @invariant()
    def the_record_can_be_trusted(self) -> None:
        record = self.stage.records.beside().load()
        if record is not None:
            assert broken_link(record) is None
            assert record.flight is None or record.flight.strategy == "canary"

    @invariant()
    def what_advanced_or_was_promoted_is_what_the_route_says(self) -> None:
        if self.last is not None and self.last.outcome in (Outcome.ADVANCED, Outcome.PROMOTED):
            assert self.last.outputs["weight"] == str(self.stage.weight())
            assert (self.stage.weight() == 0) == (self.last.outcome is Outcome.PROMOTED)

    @invariant()
    def what_the_judge_rejected_has_not_arrived(self) -> None:
        if self.last is not None and self.last.outcome in (Outcome.ADVANCED, Outcome.PROMOTED):
            assert not self.stage.judge.rejected

    @invariant()
    def what_was_promoted_is_what_stable_runs(self) -> None:
        if self.last is not None and self.last.outcome is Outcome.PROMOTED:
            stable = self.stage.workload._versions[STABLE]
            assert self.last.outputs["image"] == ",".join(stable.images.values())
            assert CANARY not in self.stage.workload._versions


class ReleasesArrive(Shop):
    """Whatever happened before: when the weather is good, a healthy release arrives and another one is undone."""

    @rule()
    def the_weather_turns_good_and_a_healthy_release_arrives(self) -> None:
        before = self.settle()
        image = "shop:2" if before != {"app": "shop:2"} else "shop:3"
        result = self.stage.run_again(walk(image))
        assert result.outcome is Outcome.PROMOTED, result.why
        assert self.stage.images() == {"app": image}
        assert self.stage.weight() == 0

    @rule()
    def the_weather_turns_good_and_a_release_is_taken_back(self) -> None:
        before = self.settle()
        image = "shop:2" if before != {"app": "shop:2"} else "shop:3"
        assert self.stage.run_again(walk(image, promote=False)).outcome is Outcome.ADVANCED
        assert self.stage.weight() == 100
        returned = self.stage.roll_back()
        assert returned.outcome is Outcome.ROLLED_BACK, returned.why
        assert self.stage.images() == before
        assert self.stage.roll_back().outcome is Outcome.UNCHANGED

    def settle(self) -> dict[str, str]:
        """Let what is unfinished be finished, as a pipeline that is run again does; what users get then."""
        for _ in range(3):
            self.clear_the_sky()
            record = self.stage.records.beside().load()
            if record is None or record.flight is None:
                break
            self.stage.roll_back()
        assert record is None or self.stage.record().flight is None, "rollback did not come to an end"
        self.clear_the_sky()
        stable = self.stage.version(STABLE)
        assert stable is not None
        return dict(stable.images)


TestAnAbortLeavesAllUsersOnStable = AnAbortLeavesAllUsersOnStable.TestCase
TestAnAbortLeavesAllUsersOnStable.settings = _SETTINGS
TestWeightsOnlyMoveAsDecided = WeightsOnlyMoveAsDecided.TestCase
TestWeightsOnlyMoveAsDecided.settings = _SETTINGS
TestReleasesArrive = ReleasesArrive.TestCase
TestReleasesArrive.settings = _SETTINGS
