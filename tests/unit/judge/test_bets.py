"""Bets win nothing on average while the candidate is no worse: by full enumeration, not by trust."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.bets import LAMBDAS, Stake, gate_payoff, played, relative_payoff, renewed
from pointsman.judge.tolerance import SINGLE_POD, STRICT, TOLERANT, Tolerance


def binomial(trials: int, rate: float) -> list[float]:
    return [math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(trials + 1)]


def poisson(mean: float) -> list[float]:
    return [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(int(mean + 12 * mean**0.5 + 20))]


def worst_allowed(rate: float, tolerance: Tolerance) -> float:
    """The candidate's rate on the edge of the tolerance: its odds are `ratio` times those of stable plus slack."""
    shifted = rate + tolerance.slack / tolerance.ratio
    odds = tolerance.ratio * shifted / (1 - shifted)
    return odds / (1 + odds)


def mean_payoff(n_c: int, candidate: list[float], n_s: int, stable: list[float], tolerance: Tolerance) -> float:
    return sum(
        p * q * (relative_payoff((n_c, x), (n_s, y), tolerance) or 0.0)
        for (x, p), (y, q) in product(enumerate(candidate), enumerate(stable))
    )


SIZES = [(1, 1), (1, 9), (2, 20), (5, 5), (7, 30), (20, 20), (12, 60)]
RATES = [0.0005, 0.002, 0.01, 0.05, 0.2, 0.5]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 3.0])
@pytest.mark.parametrize(("n_c", "n_s"), SIZES)
def test_no_worse_than_stable_wins_nothing_on_average(n_c: int, n_s: int, ratio: float) -> None:
    tolerance = Tolerance("edge", ratio, 0.0)
    for rate in RATES:
        mean = mean_payoff(n_c, binomial(n_c, worst_allowed(rate, tolerance)), n_s, binomial(n_s, rate), tolerance)
        assert mean <= 1e-12


@pytest.mark.parametrize("tolerance", [TOLERANT, SINGLE_POD], ids=lambda one: one.name)
@pytest.mark.parametrize(("n_c", "n_s"), SIZES)
def test_slack_wins_nothing_on_average_either(n_c: int, n_s: int, tolerance: Tolerance) -> None:
    for rate in RATES:
        mean = mean_payoff(n_c, binomial(n_c, worst_allowed(rate, tolerance)), n_s, binomial(n_s, rate), tolerance)
        # Imagined bad requests are a fixed number, not a binomial one: exact for rates people run services at.
        assert mean <= (1e-12 if rate <= 0.2 else 1e-4)


@pytest.mark.parametrize("tolerance", [STRICT, TOLERANT, SINGLE_POD], ids=lambda one: one.name)
def test_poisson_counts_of_any_traffic_win_nothing_on_average(tolerance: Tolerance) -> None:
    for n_c, n_s, rate in product([10, 200], [50, 1000], [0.001, 0.01, 0.05]):
        allowed = tolerance.ratio * rate + tolerance.slack
        mean = mean_payoff(n_c, poisson(n_c * allowed), n_s, poisson(n_s * rate), tolerance)
        assert mean <= 1e-12


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 400), st.integers(1, 400))
def test_requests_that_fail_in_clumps_win_no_more(clump: int, clumps: int, n_c: int, n_s: int) -> None:
    """Each of `clumps` clumps falls on the candidate with the probability of one request: the mean stays 0."""
    share = n_c / (n_c + n_s)
    odds_of = binomial(clumps, share)
    mean = sum(
        p * (relative_payoff((n_c, k * clump), (n_s, (clumps - k) * clump), STRICT) or 0.0)
        for k, p in enumerate(odds_of)
    )
    assert abs(mean) <= 1e-9


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_a_limit_that_is_just_met_wins_nothing_on_average(share: float) -> None:
    for requests in (1, 3, 40):
        counts = enumerate(binomial(requests, share))
        assert sum(p * (gate_payoff((requests, bad), share) or 0.0) for bad, p in counts) == pytest.approx(0, abs=1e-12)


def test_a_block_without_requests_of_a_version_says_nothing() -> None:
    assert relative_payoff((0, 0), (10, 1), STRICT) is None
    assert relative_payoff((10, 1), (0, 0), STRICT) is None
    assert gate_payoff((0, 0), 0.05) is None


def test_a_block_without_bad_requests_costs_only_what_the_slack_expects() -> None:
    assert relative_payoff((10, 0), (100, 0), STRICT) == 0
    assert relative_payoff((10, 0), (1000, 0), TOLERANT) == pytest.approx(math.exp(-0.4) - 1)


PAYOFFS = st.lists(st.floats(-1, 20), max_size=60)


@given(PAYOFFS, st.floats(1, 100))
def test_a_stake_is_what_betting_it_by_hand_gives(payoffs: list[float], horizon: float) -> None:
    stake, amounts, left = Stake(), [0.0] * len(LAMBDAS), 1.0
    for index, payoff in enumerate(payoffs):
        stake = played(stake, payoff, horizon)
        fresh = left / 2 if not index else left / max(horizon - index, horizon / 8, 1.0)
        left -= fresh
        amounts = [(amount + fresh) * (1 + part * payoff) for amount, part in zip(amounts, LAMBDAS, strict=True)]
    assert math.exp(stake.log_e) == pytest.approx(sum(amounts) / len(LAMBDAS) + left, rel=1e-9)


@given(PAYOFFS, st.floats(1, 100))
def test_the_stakes_of_all_starting_times_are_one_stake(payoffs: list[float], horizon: float) -> None:
    stake = Stake()
    for payoff in payoffs:
        stake = played(stake, payoff, horizon)
        assert 0 <= stake.left <= 1
    fresh = played(stake, 0.0, horizon)
    assert fresh.log_e == pytest.approx(stake.log_e, abs=1e-9)


@given(PAYOFFS)
def test_putting_more_on_what_begins_now_changes_no_evidence(payoffs: list[float]) -> None:
    stake = Stake()
    for payoff in payoffs:
        stake = played(stake, payoff, 60)
    assert renewed(stake).log_e == pytest.approx(stake.log_e, abs=1e-9)
    assert renewed(stake).left < stake.left


def test_a_capped_block_wins_no_more_than_its_cap() -> None:
    assert played(Stake(), 1e6, 60, cap=2.0).log_e == pytest.approx(math.log(0.5 * 2 + 0.5))


def test_a_release_longer_than_foreseen_still_finds_what_begins_late() -> None:
    stake = Stake()
    for _ in range(1000):
        stake = played(stake, -1.0, horizon=120)
    assert stake.left > 0
    for _ in range(400):
        stake = played(stake, 1.0, horizon=120)
    assert stake.log_e > math.log(1000)


def test_evidence_beyond_any_float_is_kept() -> None:
    stake = Stake()
    for _ in range(2000):
        stake = played(stake, 9.0, horizon=120)
    assert 709 < stake.log_e < math.inf
