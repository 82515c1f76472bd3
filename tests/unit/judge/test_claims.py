"""Claims win nothing on average while they are false, and are proven by as many requests as foreseen."""

from __future__ import annotations

import math
from itertools import product

import pytest

from pointsman.judge.claims import (
    NEVER,
    PSIS,
    UNPROVEN,
    below_gains,
    blocks_until,
    log_proof,
    no_worse_gains,
    with_gains,
)
from pointsman.judge.logs import log_mean
from pointsman.judge.tolerance import PROMOTION, Tolerance
from tests.unit.judge.test_bets import RATES, SIZES, binomial, poisson

BOUND = math.log(20)


@pytest.mark.parametrize("clumping", [1.0, 4.0])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.3])
def test_below_a_limit_that_is_just_met_wins_nothing_on_average(share: float, clumping: float) -> None:
    for requests in (1, 10, 60):
        counts = list(enumerate(binomial(requests, share)))
        for index in range(len(PSIS)):
            mean = sum(p * math.exp(below_gains((requests, bad), share)[index] / clumping) for bad, p in counts)
            assert mean <= 1 + 1e-12


@pytest.mark.parametrize("margin", [PROMOTION, Tolerance("none", 1.0, 0.0)], ids=lambda one: one.name)
@pytest.mark.parametrize(("n_c", "n_s"), SIZES)
def test_no_worse_at_the_margin_wins_nothing_on_average(n_c: int, n_s: int, margin: Tolerance) -> None:
    for rate in RATES:
        allowed = margin.ratio * rate + margin.slack
        if allowed < 1:
            assert all(
                mean <= 1 + 1e-12 for mean in means(n_c, binomial(n_c, allowed), n_s, binomial(n_s, rate), margin)
            )


def test_no_worse_at_the_margin_wins_nothing_with_poisson_counts() -> None:
    for n_c, n_s, rate in product([10, 200], [50, 400], [0.001, 0.02]):
        allowed = PROMOTION.ratio * rate + PROMOTION.slack
        assert all(mean <= 1 + 1e-9 for mean in means(n_c, poisson(n_c * allowed), n_s, poisson(n_s * rate), PROMOTION))


def means(n_c: int, candidate: list[float], n_s: int, stable: list[float], margin: Tolerance) -> list[float]:
    """The expected stake of each bet over all counts there can be."""
    sums = [0.0] * len(PSIS)
    for (x, p), (y, q) in product(enumerate(candidate), enumerate(stable)):
        for index, gain in enumerate(no_worse_gains((n_c, x), (n_s, y), margin)):
            sums[index] += p * q * math.exp(gain)
    return sums


def test_without_requests_of_both_nothing_is_claimed() -> None:
    assert no_worse_gains((0, 0), (10, 1), PROMOTION) == [0.0] * len(PSIS)
    assert no_worse_gains((10, 1), (0, 0), PROMOTION) == [0.0] * len(PSIS)


@pytest.mark.parametrize(("rate", "single"), [(0.0, 301), (0.0005, 374), (0.001, 447), (0.003, 884), (0.005, 1953)])
def test_a_limit_of_1_percent_is_proven_by_so_many_requests(rate: float, single: int) -> None:
    """`single` is what the best single bet would need; not knowing which it is costs up to three quarters more."""
    per_request = [(rate * math.log(psi) + (1 - psi) * 0.01) for psi in PSIS]
    needed = blocks_until(UNPROVEN, per_request, BOUND)
    assert single < needed < 1.75 * single


def test_what_is_needed_is_what_proves_it() -> None:
    gains = below_gains((100, 0), 0.01)
    blocks = math.ceil(blocks_until(UNPROVEN, gains, BOUND))
    logs = UNPROVEN
    for _ in range(blocks):
        assert log_mean(logs) < BOUND
        logs = with_gains(logs, gains)
    assert log_mean(logs) >= BOUND
    assert blocks_until(logs, gains, BOUND) == 0


def test_a_rate_at_the_limit_proves_nothing_however_long() -> None:
    assert blocks_until(UNPROVEN, below_gains((1000, 10), 0.01), BOUND) == NEVER


def test_what_was_taken_for_independent_is_weighed_anew_when_it_was_not() -> None:
    logs = below_gains((1000, 0), 0.01)
    assert log_proof(logs, 1.0) > BOUND > log_proof(logs, 8.0)


def test_clumps_make_a_claim_need_as_many_times_the_requests() -> None:
    alone, clumped = (blocks_until(UNPROVEN, below_gains((1000, 1), 0.01), BOUND, clumping) for clumping in (1.0, 4.0))
    assert clumped == pytest.approx(4 * alone, rel=1e-3)
