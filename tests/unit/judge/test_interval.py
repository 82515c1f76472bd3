"""The interval shown beside a rate, against a search by brute force."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.interval import rate_interval


def allowed(requests: int, bad: int, rate: float) -> bool:
    """Exact: the mixture of all rates against one, by whole-number binomials instead of gamma functions."""
    mixture = Fraction(1, (requests + 1) * math.comb(requests, bad))
    return mixture / (Fraction(rate) ** bad * (1 - Fraction(rate)) ** (requests - bad)) < 20


@pytest.mark.parametrize(("requests", "bad"), [(1, 0), (1, 1), (10, 0), (10, 3), (50, 50), (60, 59), (200, 1)])
def test_the_edges_are_where_a_search_finds_them(requests: int, bad: int) -> None:
    low, high = rate_interval(requests, bad)
    for edge, inwards in ((low, 1e-6), (high, -1e-6)):
        if edge not in (0.0, 1.0):
            assert allowed(requests, bad, edge + inwards)
            assert not allowed(requests, bad, edge - inwards)
    assert (low == 0.0) is (bad == 0)
    assert (high == 1.0) is (bad == requests)


def test_before_any_request_every_rate_is_possible() -> None:
    assert rate_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_rate_itself_is_always_inside(counts: tuple[int, int]) -> None:
    low, high = rate_interval(*counts)
    assert 0 <= low <= counts[1] / counts[0] <= high <= 1


def test_a_rate_that_is_surely_wrong_is_outside() -> None:
    assert rate_interval(10**6, 10)[0] > 0


def test_more_requests_narrow_it() -> None:
    widths = [high - low for low, high in (rate_interval(n, n // 100) for n in (100, 1000, 10_000))]
    assert widths == sorted(widths, reverse=True)
