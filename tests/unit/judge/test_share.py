"""How many fresh requests tell a share, and what their answers say about it."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.share import CONFIDENCE, MISSED, MOST, TOLERANCE, Fit, bounds, measured, requests_for
from pointsman.model.split import Split

shares = st.integers(1, 99).map(lambda percent: percent / 100)
sizes = st.integers(1, 200)


def chance(requests: int, least: int, most: int, share: float) -> float:
    """That a count between these bounds comes up, summed the plain way."""
    ways = ((comb(requests, k), k) for k in range(least, most + 1))
    return sum(number * share**k * (1 - share) ** (requests - k) for number, k in ways)


@pytest.mark.parametrize(
    ("weight", "answers", "fit"),
    [
        pytest.param(100, {"g": 60}, Fit.INSIDE, id="all"),
        pytest.param(100, {"g": 59, "b": 1}, Fit.OUTSIDE, id="all-but-one"),
        pytest.param(0, {"b": 60}, Fit.INSIDE, id="none"),
        pytest.param(0, {"b": 59, "g": 1}, Fit.OUTSIDE, id="one-too-many"),
        pytest.param(30, {"b": 42, "g": 18}, Fit.INSIDE, id="its-share"),
        pytest.param(30, {"g": 60}, Fit.OUTSIDE, id="far-from-its-share"),
        pytest.param(50, {"b": 60}, Fit.OUTSIDE, id="nothing-of-half"),
        pytest.param(100, {"g": 59, "": 1}, Fit.UNMARKED, id="an-answer-from-nobody-we-know"),
        pytest.param(30, {"b": 40, "g": 19, "v3": 1}, Fit.UNMARKED, id="a-third-version"),
        pytest.param(100, {}, Fit.TOO_FEW, id="no-answer-at-all"),
        pytest.param(30, {}, Fit.TOO_FEW, id="no-answer-at-all-in-between"),
        pytest.param(100, {"g": 20}, Fit.TOO_FEW, id="all-of-a-few"),
        pytest.param(1, {"b": 60}, Fit.TOO_FEW, id="none-of-a-few-may-be-one-percent-of-them"),
        pytest.param(99, {"g": 60}, Fit.TOO_FEW, id="all-of-a-few-may-be-99-percent"),
    ],
)
def test_answers_say_whether_a_split_is_served(weight: int, answers: dict[str, int], fit: Fit) -> None:
    assert measured(Split("b", "g", weight), answers).fit is fit


@pytest.mark.parametrize(
    ("weight", "answers", "words"),
    [
        pytest.param(100, {"g": 60}, "all of 60 fresh requests were answered by g", id="all"),
        pytest.param(0, {"b": 60}, "all of 60 fresh requests were answered by b", id="none"),
        pytest.param(
            0, {"b": 59, "g": 1}, "1 of 60 fresh requests went astray to g; all must be answered by b", id="1"
        ),
        pytest.param(
            20, {"b": 80, "g": 20}, "20 of 100 fresh requests (20.0 %) were answered by g; 10 to 31 fit 20 %", id="fits"
        ),
        pytest.param(20, {"": 3, "g": 1}, "3 of 4 fresh requests were answered by an unmarked version", id="unmarked"),
        pytest.param(5, {"b": 9}, "9 answers are too few to tell 5 % from none or all", id="few"),
        pytest.param(0, {"b": 9}, "9 answers are too few to tell 0 % from a few", id="few-of-none"),
        pytest.param(5, {}, "no request was answered", id="silence"),
    ],
)
def test_every_answer_comes_with_the_count_it_rests_on(weight: int, answers: dict[str, int], words: str) -> None:
    assert measured(Split("b", "g", weight), answers).detail == words


def test_the_real_share_counts_where_a_router_only_comes_near() -> None:
    split, answers = Split("b", "g", 40), {"b": 300, "g": 150}
    assert measured(split, answers).fit is Fit.OUTSIDE
    assert measured(split, answers, share=1 / 3).fit is Fit.INSIDE


@given(sizes, shares)
def test_the_bounds_hold_the_mean_and_stay_within_the_confidence(requests: int, share: float) -> None:
    least, most = bounds(requests, share)
    assert least <= requests * share <= most
    assert chance(requests, least, most, share) >= CONFIDENCE - 1e-9


@given(sizes, shares)
def test_the_bounds_are_as_narrow_as_the_confidence_lets_them(requests: int, share: float) -> None:
    least, most = bounds(requests, share)
    tail = (1 - CONFIDENCE) / 2
    assert chance(requests, 0, least, share) > tail - 1e-9
    assert chance(requests, most, requests, share) > tail - 1e-9


@given(sizes)
def test_at_none_and_all_not_one_may_go_astray(requests: int) -> None:
    assert bounds(requests, 0.0) == (0, 0)
    assert bounds(requests, 1.0) == (requests, requests)


@given(sizes, shares)
def test_both_versions_are_held_to_the_same_bounds(requests: int, share: float) -> None:
    least, most = bounds(requests, share)
    assert bounds(requests, 1 - share) == (requests - most, requests - least)


@pytest.mark.parametrize("weight", [0, 100])
def test_sixty_answers_tell_none_and_all(weight: int) -> None:
    assert requests_for(weight / 100) == 60


@pytest.mark.parametrize("weight", [15, 20, 30, 50, 75, 85])
def test_as_many_requests_as_it_takes_tell_a_share_from_one_ten_points_away(weight: int) -> None:
    share, requests = weight / 100, requests_for(weight / 100)
    away = min(TOLERANCE, share / 2, (1 - share) / 2)
    least, most = bounds(requests, share)
    assert requests < MOST
    for other in (share - away, share + away):
        assert chance(requests, least, most, other) <= MISSED


@pytest.mark.parametrize(
    ("before", "weight"), [(0, 1), (1, 5), (0, 5), (5, 10), (10, 25), (10, 30), (25, 50), (50, 75), (75, 100), (95, 90)]
)
def test_T02_a_step_of_a_usual_walk_that_is_not_served_yet_is_seldom_taken_for_served(before: int, weight: int) -> None:
    requests = requests_for(weight / 100)
    least, most = bounds(requests, weight / 100)
    assert chance(requests, least, most, before / 100) <= MISSED


@pytest.mark.parametrize("weight", range(1, 100))
def test_no_look_takes_more_than_its_limit_and_each_tells_some_from_none(weight: int) -> None:
    requests = requests_for(weight / 100)
    least, most = bounds(requests, weight / 100)
    assert requests <= MOST
    assert 0 < least <= most < requests


@given(shares, st.floats(0.05, 0.3))
def test_a_smaller_tolerance_never_takes_fewer_requests(share: float, tolerance: float) -> None:
    assert requests_for(share, tolerance / 2, most=400) >= requests_for(share, tolerance, most=400)
