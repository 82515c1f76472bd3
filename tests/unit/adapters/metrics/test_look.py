"""A look: one question about both versions, and its answer taken apart."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from pointsman.adapters.metrics.look import Twins, look_at, reading_of
from pointsman.adapters.metrics.prometheus_answers import Sample
from pointsman.adapters.metrics.questions import Comparison, Questions, alike
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters, Reading

NOW = 1000.0
VERSION = 'v="{{version}}"'


def pair(requests: str = f"r_total{{{VERSION}}}", errors: str = "", buckets: str = "", unit: str = "s") -> Comparison:
    questions = alike(Questions(requests, errors, buckets, unit, per=("pod",)))
    return questions.about({"version": "a"}, {"version": "b"})


EVERYTHING = pair(errors=f"e_total{{{VERSION}}}", buckets=f"d_bucket{{{VERSION}}}", unit="ms")


def sample(mark: str, value: float, **labels: str) -> Sample:
    return Sample({"pointsman": mark, **labels}, value)


def reading(samples: Iterable[Sample], asked: Comparison = EVERYTHING, stale_after: float = 60.0) -> Reading:
    return reading_of([sample("now", NOW), *samples], asked, stale_after)


def test_a_look_asks_about_both_versions_at_once_and_for_raw_counters() -> None:
    text = look_at(EVERYTHING)
    assert [text.count(f'"{arm} {kind}"') for arm in ("stable", "candidate") for kind in ("requests", "errors")] == [
        1
    ] * 4
    assert 'sum by (pod, le) (\nd_bucket{v="b"}\n)' in text
    assert "rate(" not in text


def test_requests_errors_and_times_of_a_process_are_put_together() -> None:
    seen = reading(
        [
            sample("candidate requests", 10, pod="b-1"),
            sample("candidate errors", 2, pod="b-1"),
            sample("candidate buckets", 10, pod="b-1", le="+Inf"),
            sample("candidate buckets", 4, pod="b-1", le="5"),
            sample("candidate requests", 1, pod="b-2"),
            sample("stable requests", 90, pod="a-1"),
        ]
    )
    first, second = seen.candidate
    assert first == Counters("b-1", 10, 2, {0.005: 4, math.inf: 10})
    assert (second.series, second.requests, second.errors, dict(second.buckets)) == ("b-2", 1, 0, {})
    assert [one.requests for one in seen.stable] == [90]


def test_C13_several_series_are_several_processes_and_none_wins() -> None:
    seen = reading([sample("stable requests", number, pod=f"a-{number}") for number in range(3)])
    assert [(one.series, one.requests) for one in seen.stable] == [("a-0", 0), ("a-1", 1), ("a-2", 2)]


def test_errors_that_nobody_asked_about_are_not_counted_and_not_none_of_them() -> None:
    asked = pair()
    assert reading([sample("stable requests", 5, pod="a")], asked).stable[0].errors is None


def test_C10_a_value_that_is_no_number_stays_one() -> None:
    seen = reading([sample("candidate requests", math.nan, pod="b"), sample("stable requests", math.inf, pod="a")])
    assert math.isnan(seen.candidate[0].requests)
    assert math.isinf(seen.stable[0].requests)


def test_T17_a_version_that_nobody_knows_has_no_series() -> None:
    assert reading([]) == Reading(NOW, (), ())


def test_C20_both_sides_empty_and_one_side_empty_are_the_same_kind_of_answer() -> None:
    seen = reading([sample("stable requests", 5, pod="a"), sample("stable at", NOW)])
    assert (len(seen.stable), seen.candidate) == (1, ())


@pytest.mark.parametrize(
    ("stable", "candidate", "at"),
    [
        pytest.param(990.0, 995.0, 990.0, id="stable-was-scraped-earlier"),
        pytest.param(995.0, 990.0, 990.0, id="candidate-was-scraped-earlier"),
        pytest.param(995.0, None, 995.0, id="nobody-knows-candidate"),
        pytest.param(None, None, NOW, id="nobody-knows-either"),
    ],
)
def test_a_reading_speaks_of_the_time_up_to_which_both_are_known(
    stable: float | None, candidate: float | None, at: float
) -> None:
    times = {"stable at": stable, "candidate at": candidate}
    assert reading([sample(mark, time) for mark, time in times.items() if time is not None]).at == at


def test_counters_that_nobody_scrapes_any_more_are_no_answer() -> None:
    with pytest.raises(SourceDown, match="candidate are 61 s old"):
        reading([sample("stable at", NOW), sample("candidate at", NOW - 61)])


def test_an_answer_without_its_own_time_is_not_whole() -> None:
    with pytest.raises(SourceDown, match="lacks"):
        reading_of([], EVERYTHING, 60.0)


def test_T16_series_that_count_for_both_versions_are_refused() -> None:
    with pytest.raises(InputError, match="3 series count for both"):
        reading([sample("shared", 3)])


def test_T16_whether_series_are_shared_is_asked_where_nothing_is_summed_away() -> None:
    assert "count(" in look_at(pair())
    assert "count(" not in look_at(pair(requests=f"sum by (pod) (r_total{{{VERSION}}})"))
    assert "count(" not in look_at(pair(requests="{{version}}_requests_total"))


def test_T16_the_very_same_counters_twice_while_they_grow_are_no_chance() -> None:
    def twins(number: float) -> Reading:
        both = (Counters("pod", number, 0),)
        return Reading(0.0, both, both)

    memory = Twins()
    memory.refuse(twins(7))
    memory.refuse(twins(7))
    with pytest.raises(InputError, match="very same counters"):
        memory.refuse(twins(8))


def test_counters_that_meet_once_and_idle_ones_are_no_twins() -> None:
    memory, idle, apart = Twins(), Reading(0.0, (), ()), Reading(0.0, (Counters("a", 2),), (Counters("b", 2),))
    same = Reading(0.0, (Counters("a", 2),), (Counters("a", 2),))
    for seen in (idle, same, apart, same, idle, same):
        memory.refuse(seen)


def test_series_that_do_not_say_which_process_they_are_of_are_refused() -> None:
    with pytest.raises(InputError, match="none of the labels pod") as refused:
        reading([sample("stable requests", 5)])
    assert "sum by (pod)" in refused.value.advice


def test_buckets_without_bounds_are_refused() -> None:
    with pytest.raises(InputError, match="no bound `le`"):
        reading([sample("stable buckets", 5, pod="a", quantile="0.5")])
