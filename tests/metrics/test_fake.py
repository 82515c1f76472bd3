"""The fake metric source beyond its port: it counts what a test lets happen, and nothing else."""

from __future__ import annotations

import pytest

from pointsman.model.errors import SourceDown
from pointsman.testing import FakeClock, FakeMetrics


def test_processes_count_for_themselves_and_begin_anew_by_themselves() -> None:
    metrics = FakeMetrics(FakeClock(), "blue", "green")
    metrics.serve("green", 5, process="1")
    metrics.serve("green", 7, process="2")
    metrics.restart("green", process="1")
    assert [(one.series, one.requests) for one in metrics.read().candidate] == [("green 1", 0), ("green 2", 7)]


def test_a_version_whose_processes_are_all_gone_is_not_known_any_more() -> None:
    metrics = FakeMetrics(FakeClock(), "blue", "green")
    metrics.serve("blue", 1)
    metrics.forget("blue")
    assert metrics.read().stable == ()


def test_what_goes_on_all_the_time_goes_on_between_looks() -> None:
    clock = FakeClock()
    metrics = FakeMetrics(clock, "blue", "green")
    metrics.meanwhile = lambda seconds: metrics.serve("blue", int(10 * seconds), int(seconds))
    clock.sleep(3.0)
    assert metrics.read().stable[0].requests == 33
    clock.sleep(1.0)
    (counters,) = metrics.read().stable
    assert (counters.requests, counters.errors, metrics.looks) == (44, 4, 2)


def test_slow_requests_are_slow() -> None:
    metrics = FakeMetrics(FakeClock(), "blue", "green")
    metrics.serve("green", 3, seconds=0.3)
    (counters,) = metrics.read().candidate
    assert (counters.buckets[0.25], counters.buckets[0.5]) == (0, 3)


def test_a_source_that_is_down_counts_on_and_no_look_is_counted() -> None:
    metrics = FakeMetrics(FakeClock(), "blue", "green", down=True)
    metrics.serve("green", 1)
    with pytest.raises(SourceDown):
        metrics.read()
    metrics.down = False
    assert metrics.read().candidate[0].requests == 1
    assert metrics.looks == 1


def test_a_version_that_the_test_said_nothing_about_is_refused() -> None:
    with pytest.raises(LookupError, match="red"):
        FakeMetrics(FakeClock(), "blue", "green").serve("red", 1)
