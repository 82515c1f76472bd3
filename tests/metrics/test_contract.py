"""What every metric source promises."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf

import pytest

from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters, Reading
from tests.metrics.shop import BLUE, GREEN
from tests.metrics.worlds import SOURCES, Factory, MetricsWorld, of


@pytest.fixture(params=SOURCES, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[MetricsWorld]:
    factory: Factory = request.param
    with factory(request) as made:
        yield made


def served(world: MetricsWorld, version: str) -> tuple[Reading, Reading]:
    """Readings from before and after `version` served, the latter once its times are known, too."""
    before = world.metrics.read()
    world.serve(version)
    wanted, timed = requests_of(version, before) + 5, timed_of(version, before) + 5
    after = world.look(lambda seen: requests_of(version, seen) >= wanted and timed_of(version, seen) >= timed)
    return before, after


def requests_of(version: str, reading: Reading) -> float:
    return sum(one.requests for one in of(version, reading))


def errors_of(version: str, reading: Reading) -> float:
    return sum(one.errors or 0 for one in of(version, reading))


def timed_of(version: str, reading: Reading) -> float:
    return sum(one.buckets.get(inf, 0) for one in of(version, reading))


@pytest.mark.parametrize(("version", "other"), [(BLUE, GREEN), (GREEN, BLUE)])
def test_T16_requests_and_errors_of_each_version_are_counted_apart(
    world: MetricsWorld, version: str, other: str
) -> None:
    before, after = served(world, version)
    assert requests_of(version, after) - requests_of(version, before) == 5
    assert errors_of(version, after) - errors_of(version, before) == 2
    assert errors_of(other, after) == errors_of(other, before)


def test_counters_and_time_never_run_backwards_while_everything_runs(world: MetricsWorld) -> None:
    readings = [each for version in (BLUE, GREEN, BLUE) for each in served(world, version)]
    for earlier, later in pairwise(readings):
        assert earlier.at <= later.at
        for version in (BLUE, GREEN):
            names = {one.series: one for one in of(version, later)}
            assert all(runs_on(one, names[one.series]) for one in of(version, earlier))


def runs_on(earlier: Counters, later: Counters) -> bool:
    falling = [bound for bound, count in earlier.buckets.items() if later.buckets[bound] < count]
    return earlier.requests <= later.requests and (earlier.errors or 0) <= (later.errors or 0) and not falling


def test_a_look_later_speaks_of_a_later_time(world: MetricsWorld) -> None:
    before, after = served(world, GREEN)
    assert before.at < after.at


def test_counters_are_such_as_requests_leave_behind(world: MetricsWorld) -> None:
    _, after = served(world, GREEN)
    for one in (*after.stable, *after.candidate):
        numbers = [one.requests, one.errors or 0, *one.buckets.values()]
        assert all(number >= 0 and number == int(number) for number in numbers)
        assert (one.errors or 0) <= one.requests
        counts = [one.buckets[bound] for bound in sorted(one.buckets)]
        assert all(fewer <= more for fewer, more in pairwise(counts))
        assert not one.buckets or max(one.buckets) == inf


def test_no_two_series_of_a_version_have_one_name(world: MetricsWorld) -> None:
    _, after = served(world, BLUE)
    for version in (BLUE, GREEN):
        names = [one.series for one in of(version, after)]
        assert len(set(names)) == len(names)
        assert all(names)


def test_T17_versions_that_nobody_knows_are_no_series_and_no_error(world: MetricsWorld) -> None:
    seen = world.strangers.read()
    assert (seen.stable, seen.candidate) == ((), ())


def test_C17_a_source_that_cannot_be_asked_says_so_every_time(world: MetricsWorld) -> None:
    for _ in range(2):
        with pytest.raises(SourceDown) as down:
            world.cut_off.read()
        assert down.value.advice
    with pytest.raises(SourceDown):
        world.cut_off.check()


def test_T16_one_version_is_never_taken_for_both(world: MetricsWorld) -> None:
    with pytest.raises(InputError):
        world.twins().read()


def test_what_is_sound_passes_the_check_and_gives_the_first_reading(world: MetricsWorld) -> None:
    served(world, GREEN)
    first = world.metrics.check()
    assert requests_of(GREEN, first) > 0
