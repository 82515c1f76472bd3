"""Counters made of our own probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.adapters.metrics.probes import ProbeMetrics
from pointsman.adapters.metrics.tally import BOUNDS, Tally
from pointsman.model.errors import InputError, NotPermitted, SourceDown
from pointsman.model.evidence import Probe
from pointsman.testing import FakeClock, FakeProber


@dataclass
class Written:
    """Gives the probes that stand here, whoever is asked."""

    probes: list[Probe] = field(default_factory=list)

    def probe_version(self, name: str, times: int) -> Sequence[Probe]:
        return [one for one in self.probes if one.target == name][:times]

    def probe_service(self) -> Probe:
        raise AssertionError("nobody asked for that")


def probe(target: str = "b", seconds: float = 0.01, status: int = 200, reached: bool = True) -> Probe:
    return Probe(target, status == 200, status, f"HTTP {status}", seconds, reached)


def test_each_look_adds_its_probes_to_those_before() -> None:
    metrics = ProbeMetrics(FakeProber({"a": 200, "b": [200, 503]}), FakeClock(), "a", "b", times=5)
    first, second = metrics.read(), metrics.read()
    assert [(seen.stable[0].requests, seen.stable[0].errors) for seen in (first, second)] == [(5, 0), (10, 0)]
    assert [(seen.candidate[0].requests, seen.candidate[0].errors) for seen in (first, second)] == [(5, 4), (10, 9)]


def test_the_times_of_probes_fall_into_bounds_and_no_answer_takes_longer_than_any() -> None:
    prober = Written([probe(seconds=0.005), probe(seconds=0.3), probe(seconds=99), probe(seconds=0.001, status=0)])
    (seen,) = ProbeMetrics(prober, FakeClock(), "a", "b").read().candidate
    assert (seen.buckets[0.005], seen.buckets[0.25], seen.buckets[0.5], seen.buckets[10], seen.buckets[inf]) == (
        (1, 1, 2, 2, 4)
    )
    assert (seen.requests, seen.errors) == (4, 1)


def test_T17_a_version_without_instances_has_no_series() -> None:
    seen = ProbeMetrics(FakeProber({"a": 200, "b": None}), FakeClock(), "a", "b").read()
    assert (len(seen.stable), seen.candidate) == (1, ())


def test_C17_probes_of_which_none_got_through_say_nothing_about_the_version() -> None:
    prober = Written([probe(status=0, reached=False)] * 3)
    metrics = ProbeMetrics(prober, FakeClock(), "a", "b")
    with pytest.raises(SourceDown, match="b cannot be probed"):
        metrics.read()
    prober.probes.append(probe())
    assert metrics.read().candidate[0].requests == 1
    assert metrics.read().candidate[0].errors == 0


def test_a_prober_that_may_not_ask_says_nothing_about_the_version() -> None:
    class Forbidden(Written):
        def probe_version(self, name: str, times: int) -> Sequence[Probe]:
            del name, times
            raise NotPermitted("not permitted: pods/proxy", "give this identity get on pods/proxy")

    with pytest.raises(SourceDown, match="a cannot be probed: not permitted") as down:
        ProbeMetrics(Forbidden(), FakeClock(), "a", "b").read()
    assert "pods/proxy" in down.value.advice


def test_T15_looks_that_all_failed_leave_nothing_to_pass_on() -> None:
    metrics = ProbeMetrics(Written([probe(status=0, reached=False)]), FakeClock(), "a", "b")
    for _ in range(5):
        with pytest.raises(SourceDown):
            metrics.read()


def test_T16_one_version_cannot_be_both() -> None:
    with pytest.raises(InputError, match="both versions are 'a'"):
        ProbeMetrics(FakeProber({"a": 200}), FakeClock(), "a", "a")


def test_a_look_without_probes_is_refused() -> None:
    with pytest.raises(InputError, match="fewer than one probe"):
        ProbeMetrics(FakeProber({}), FakeClock(), "a", "b", times=0)


@given(st.lists(st.tuples(st.booleans(), st.none() | st.floats(0, 60)), max_size=30))
def test_a_tally_is_what_a_histogram_must_be(answers: list[tuple[bool, float | None]]) -> None:
    tally = Tally()
    for ok, seconds in answers:
        tally = tally.after(ok, seconds)
    counters = tally.counters("x")
    counts = [counters.buckets[bound] for bound in (*BOUNDS, inf)]
    assert all(fewer <= more for fewer, more in pairwise(counts))
    assert counts[-1] == counters.requests == len(answers)
    assert (counters.errors or 0) <= counters.requests
    assert all(
        counters.buckets[bound] == sum(seconds is not None and seconds <= bound for _, seconds in answers)
        for bound in BOUNDS
    )
