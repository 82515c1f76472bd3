"""Evidence of no harm: a candidate is promoted on proof, not for want of a complaint.

Each claim is tested request by request: the stake grows when fewer bad requests come than the claim's opposite
would bring. For Bernoulli and for Poisson requests the expected stake is at most 1 while the claim is false, at any
weight and however the rates drift; both arms' factors are the exact moments of such counts. Requests that fail in
clumps carry less evidence than their number, so the logarithm is divided by how clumped stable's are, as far as is
known when it is looked at (`dispersion.py`). That divisor is an estimate, and these claims hold approximately.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pointsman.judge.logs import log_mean
from pointsman.judge.tolerance import Tolerance

PSIS = (0.02, 0.1, 0.25, 0.45, 0.65, 0.8)
"""The shares of the limit that are betted on: the candidate has psi times as many bad requests as the limit allows."""

UNPROVEN = (0.0,) * len(PSIS)
"""Logarithms of the stakes before any request."""

NEVER = math.inf


def below_gains(candidate: tuple[float, float], share: float) -> list[float]:
    """What each bet on "fewer than `share` of its requests are bad" wins, as logarithms; `candidate` is
    (requests, bad requests)."""
    requests, bad = candidate
    return [bad * math.log(psi) + (1 - psi) * share * requests for psi in PSIS]


def no_worse_gains(candidate: tuple[float, float], stable: tuple[float, float], margin: Tolerance) -> list[float]:
    """What each bet on "not worse than stable by more than `margin`" wins; nothing without requests of both."""
    (requests, bad), (base, base_bad) = candidate, stable
    if not requests or not base:
        return [0.0] * len(PSIS)
    odds = margin.ratio * requests / base
    gains = []
    for psi in PSIS:
        step = psi * (odds + 1) / (psi * odds + 1) - 1
        gains.append(bad * math.log1p(step) + base_bad * math.log1p(-step * odds) - step * margin.slack * requests)
    return gains


def with_gains(logs: Sequence[float], gains: Sequence[float]) -> tuple[float, ...]:
    """The stakes after a block."""
    return tuple([log + gain for log, gain in zip(logs, gains, strict=True)])


def log_proof(logs: Sequence[float], clumping: float) -> float:
    """The logarithm of the evidence for a claim, when bad requests come in clumps of this size."""
    return log_mean([log / clumping for log in logs])


def blocks_until(logs: Sequence[float], gains: Sequence[float], bound: float, clumping: float = 1.0) -> float:
    """How many more blocks like the one that brought `gains` bring the proof to `bound`.

    0 when it is there, NEVER when such blocks never bring it.
    """
    if log_proof(logs, clumping) >= bound:
        return 0.0
    if max(gains) <= 0:
        return NEVER

    def proven(blocks: float) -> bool:
        after = [log + blocks * gain for log, gain in zip(logs, gains, strict=True)]
        return log_proof(after, clumping) >= bound

    low, high = 0.0, 1.0
    while not proven(high):
        low, high = high, high * 2
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if proven(middle) else (middle, high)
    return high
