"""Numbers too large or too small for a float, kept as natural logarithms."""

from __future__ import annotations

import math
from collections.abc import Sequence

NOTHING = -1e9
"""The logarithm of zero for all purposes here, and one that JSON can hold."""


def log_add(one: float, other: float) -> float:
    """log(e^one + e^other)."""
    high, low = (one, other) if one > other else (other, one)
    return high + math.log1p(math.exp(low - high))


def log_sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum."""
    high = max(logs)
    return high + math.log(sum([math.exp(one - high) for one in logs]))


def log_mean(logs: Sequence[float]) -> float:
    """The logarithm of the arithmetic mean: a mixture of bets, each with an equal share of the stake."""
    return log_sum(logs) - math.log(len(logs))


def log_of(number: float) -> float:
    """The logarithm, or NOTHING for zero."""
    return math.log(number) if number > 0 else NOTHING
