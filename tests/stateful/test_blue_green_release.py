"""What we promise of a blue-green release, in all weathers: one machine per promise."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule

from pointsman.model.errors import ConflictError
from pointsman.model.record import broken_link
from pointsman.model.result import Outcome
from pointsman.steps import blue_green_switch, rollback
from tests.stateful.weather import Shop
from tests.steps.stage import BLUE, GREEN, back, switch

_SETTINGS = settings(
    max_examples=100, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class NobodyIsLost(Shop):
    """Users are only ever sent to a version that is there and ready (`WatchedRouter`); there is at most one
    candidate; what is remembered can be trusted."""

    @invariant()
    def users_are_on_a_version_that_exists_and_is_asked_to_run(self) -> None:
        version = self.stage.workload._versions.get(self.stage.serving())
        assert version is not None
        assert version.desired >= 1

    @invariant()
    def there_is_at_most_one_candidate(self) -> None:
        assert set(self.stage.workload._versions) <= {BLUE, GREEN}

    @invariant()
    def the_record_can_be_trusted(self) -> None:
        record = self.stage.records.beside().load()
        if record is not None:
            assert broken_link(record) is None
            assert record.flight is None or {record.flight.stable, record.flight.candidate} == {BLUE, GREEN}

    @invariant()
    def a_run_that_ended_well_left_nothing_behind(self) -> None:
        if self.last is not None and self.last.outcome in (Outcome.SWITCHED, Outcome.REJECTED, Outcome.ROLLED_BACK):
            record = self.stage.record()
            assert record.flight is None
            assert record.intent is None

    @invariant()
    def what_was_switched_to_is_what_users_get(self) -> None:
        if self.last is not None and self.last.outcome is Outcome.SWITCHED:
            version = self.stage.workload._versions[self.stage.serving()]
            assert self.last.outputs["image"] == ",".join(version.images.values())


class ReleasesArrive(Shop):
    """Whatever happened before: when the weather is good, a release arrives, and a rollback returns."""

    releases = 0

    @rule()
    def the_weather_turns_good_and_a_release_arrives_and_returns(self) -> None:
        self.releases += 1
        self.clear_the_sky()
        before = self.settle()
        image = "shop:2" if before != {"app": "shop:2"} else "shop:3"
        result = blue_green_switch.run(self.stage.again(), switch(image))
        assert result.outcome is Outcome.SWITCHED, result.why
        assert self.stage.images() == {"app": image}
        returned = rollback.run(self.stage.again(), back())
        assert returned.outcome is Outcome.ROLLED_BACK, returned.why
        assert self.stage.images() == before
        again = rollback.run(self.stage.again(), back())
        assert again.outcome is Outcome.UNCHANGED, again.why

    def settle(self) -> dict[str, str]:
        """Let what is unfinished be finished, as a pipeline that is run again does; what users get then."""
        for _ in range(3):
            self.clear_the_sky()
            record = self.stage.records.beside().load()
            if record is None or record.flight is None:
                break
            rollback.run(self.stage.again(), back())
        assert record is None or self.stage.record().flight is None, "rollback did not come to an end"
        self.clear_the_sky()
        return self.stage.images()

    def clear_the_sky(self) -> None:
        """Everything heals, answers, and keeps still."""
        self.stage.clock.acts.clear()
        self.stage.prober.versions, self.stage.prober.service = {BLUE: 200, GREEN: 200}, 200
        for name, version in self.stage.workload._versions.items():
            if version.problem is None and version.looks_left == 0:
                self.stage.workload.hurt(name, ready=version.desired)


def test_an_unfinished_rollback_is_the_only_thing_that_stops_a_release_in_good_weather() -> None:
    """The machine above finishes with rollback; a release alone says so itself."""
    shop = ReleasesArrive()
    shop.the_pipeline_releases("shop:2", _KEEP)
    shop.somebody_rolls_back_and_is_interrupted(2, False, False)
    record = shop.stage.record()
    assert record.flight is not None
    with pytest.raises(ConflictError) as stopped:
        blue_green_switch.run(shop.stage.again(), switch("shop:3"))
    assert "pointsman rollback" in stopped.value.advice


_KEEP = switch().plan.cleanup

TestNobodyIsLost = NobodyIsLost.TestCase
TestNobodyIsLost.settings = _SETTINGS
TestReleasesArrive = ReleasesArrive.TestCase
TestReleasesArrive.settings = _SETTINGS
