"""From raw counters to what happened in between."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.block import Arm, Block, Dropped
from pointsman.judge.increase import block_between, fault_of, known_after
from pointsman.model.measurement import Counters, Reading
from tests.unit.judge.streams import counters, reading


def candidate_of(before: list[Counters], now: list[Counters]) -> Arm:
    """What the candidate did between two looks 5 s apart."""
    block = block_between(reading(100, (), before), reading(105, (), now))
    assert isinstance(block, Block), block
    assert block.seconds == 5
    return block.candidate


def test_each_series_is_differenced_before_they_are_added() -> None:
    grown = candidate_of([counters("a", 100, 1), counters("b", 200, 5)], [counters("a", 130, 3), counters("b", 210, 5)])
    assert grown == Arm(40, 2)


def test_a_counter_that_fell_began_anew_and_all_it_shows_is_new() -> None:
    assert candidate_of([counters("a", 1000, 7)], [counters("a", 12, 1)]) == Arm(12, 1)


def test_one_pod_that_restarts_hides_nothing_of_the_others() -> None:
    grown = candidate_of([counters("a", 1000), counters("b", 50)], [counters("a", 10), counters("b", 150)])
    assert grown.requests == 110


def test_a_restart_that_already_overtook_the_old_count_shows_in_its_errors() -> None:
    assert candidate_of([counters("a", 10, 5)], [counters("a", 50, 2)]) == Arm(50, 2)


def test_a_restart_shows_in_a_bucket_as_well() -> None:
    assert candidate_of([counters("a", 10, 0, le_500=9)], [counters("a", 12, 0, le_500=3)]) == Arm(12, 0, {0.5: 3})


def test_a_series_seen_for_the_first_time_counts_from_nothing() -> None:
    assert candidate_of([], [counters("a", 30, 2)]) == Arm(30, 2)


def test_a_series_that_vanished_adds_nothing() -> None:
    assert candidate_of([counters("a", 30, 2), counters("b", 5)], [counters("b", 9)]) == Arm(4, 0)


def test_a_series_that_comes_back_is_no_burst_of_old_requests() -> None:
    first = reading(0, (), [counters("a", 5000), counters("b", 100)])
    without = reading(5, (), [counters("b", 110)])
    back = reading(10, (), [counters("a", 5020), counters("b", 120)])
    block = block_between(known_after(first, without), back)
    assert isinstance(block, Block)
    assert block.candidate.requests == 30


def test_errors_that_appear_with_the_first_one_count_from_nothing() -> None:
    assert candidate_of([counters("a", 100, None)], [counters("a", 150, 3)]) == Arm(50, 3)


def test_errors_that_nobody_counts_are_not_zero() -> None:
    grown = candidate_of([counters("a", 1, 0), counters("b", 1, None)], [counters("a", 5, 0), counters("b", 5, None)])
    assert grown == Arm(8, None)


def test_only_bounds_that_every_series_has_are_added() -> None:
    before = [counters("a", 0, 0, le_500=0, le_1000=0), counters("b", 0, 0, le_500=0)]
    now = [counters("a", 9, 0, le_500=4, le_1000=8), counters("b", 9, 0, le_500=5)]
    assert candidate_of(before, now).within == {0.5: 9}


def test_a_bound_that_was_not_there_before_has_no_increase_yet() -> None:
    grown = candidate_of([counters("a", 9, 0, le_500=4)], [counters("a", 12, 0, le_500=6, le_1000=12)])
    assert grown.within == {0.5: 2}


def test_what_took_no_longer_than_a_bound_is_not_slow() -> None:
    arm = candidate_of([counters("a", 0, 0, le_500=0)], [counters("a", 9, 0, le_500=7)])
    assert (arm.counts(0.5), arm.counts(None), arm.counts(2.0)) == ((9, 2), (9, 0), None)


def test_a_share_of_slow_requests_is_one_of_those_that_were_timed() -> None:
    timed = Counters("a", 9, 0, {0.5: 10, math.inf: 12})
    assert candidate_of([], [timed]).counts(0.5) == (12, 2)
    assert Arm(0, 0, {0.5: 1, math.inf: 3}) + Arm(2, 0, {0.5: 1, math.inf: 1}) == Arm(2, 0, {0.5: 2, math.inf: 4})


IMPOSSIBLE = [
    pytest.param(counters("a", math.nan), "no number", id="NaN"),
    pytest.param(counters("a", math.inf), "no number", id="infinite"),
    pytest.param(counters("a", 10, math.nan), "no number", id="NaN errors"),
    pytest.param(counters("a", 10, 0, le_500=math.nan), "no number", id="NaN bucket"),
    pytest.param(counters("a", -1), "other than whole requests", id="negative"),
    pytest.param(counters("a", 0.5), "other than whole requests", id="half a request"),
    pytest.param(counters("a", 3, 4), "more bad requests than requests", id="more errors than requests"),
    pytest.param(counters("a", 9, 0, le_500=5, le_1000=4), "a histogram that falls", id="bucket below the one before"),
    pytest.param(counters("a", 9, 0, le_500=10), "a histogram that falls", id="bucket above the requests"),
    pytest.param(Counters("a", 9, 0, {0.5: 5, math.inf: 4}), "a histogram that falls", id="bucket above the count"),
]


@pytest.mark.parametrize(("bad", "words"), IMPOSSIBLE)
def test_a_look_that_cannot_be_true_is_dropped(bad: Counters, words: str) -> None:
    dropped = block_between(reading(0), reading(5, [bad], [counters("c", 1)]))
    assert isinstance(dropped, Dropped)
    assert words in dropped.why
    assert "stable: a " in dropped.why
    assert words in fault_of(reading(0, [], [bad]))


def test_increases_that_cannot_be_true_are_dropped_too() -> None:
    before, now = counters("a", 100, 0), counters("a", 105, 20)
    assert isinstance(block_between(reading(0, [before]), reading(5, [now])), Dropped)


def test_C13_every_series_is_heard_not_the_last_one() -> None:
    bad_first = [counters("a", 100, 90), counters("b", 100, 0), counters("c", 100, 0)]
    assert candidate_of([], bad_first) == candidate_of([], bad_first[::-1]) == Arm(300, 90)


def test_C13_two_series_of_one_name_are_not_silently_one() -> None:
    twice = [counters("a", 1), counters("a", 2)]
    assert isinstance(block_between(reading(0), reading(5, twice)), Dropped)
    assert fault_of(reading(0, twice)) == "two series have one name"


def test_a_believable_look_has_no_fault() -> None:
    assert fault_of(reading(0, [counters("a", 5, 1, le_500=3)])) == ""


NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-3, 1000)
COUNTERS = st.builds(
    Counters,
    st.sampled_from(["a", "b", "c"]),
    NUMBERS,
    st.none() | NUMBERS,
    st.dictionaries(st.sampled_from([0.1, 0.5, math.inf]), NUMBERS, max_size=3),
)
LOOKS = st.builds(
    Reading, st.just(0.0), st.lists(COUNTERS, max_size=3).map(tuple), st.lists(COUNTERS, max_size=3).map(tuple)
)


@given(LOOKS, LOOKS)
def test_C10_whatever_a_source_says_the_counts_are_possible_or_dropped(before: Reading, now: Reading) -> None:
    block = block_between(before, replace(now, at=5.0)) if not fault_of(before) else Dropped("")
    if isinstance(block, Block):
        for arm in (block.stable, block.candidate):
            assert 0 <= (arm.errors or 0) <= arm.requests
            assert all(0 <= count <= arm.within.get(math.inf, arm.requests) for count in arm.within.values())
