"""The range of rates that a count still allows, at any time it is looked at. For display: it assumes that requests
are independent, which no verdict does."""

from __future__ import annotations

import math
from collections.abc import Callable


def rate_interval(requests: int, bad: int, alpha: float = 0.05) -> tuple[float, float]:
    """The shares of bad requests that a time-uniform test at level `alpha` does not exclude; (0, 1) before any request.

    The test mixes all rates evenly (a Beta(1, 1) mixture of the binomial likelihood ratio; the beta-binomial
    mixture of Howard, Ramdas, McAuliffe and Sekhon 2021).
    """
    if not requests:
        return 0.0, 1.0
    bound = math.log(1 / alpha)

    def excluded(rate: float) -> bool:
        return _log_evidence(requests, bad, rate) >= bound

    middle = bad / requests
    low = 0.0 if not bad else _edge(excluded, 0.0, middle)
    high = 1.0 if bad == requests else _edge(excluded, 1.0, middle)
    return low, high


def _log_evidence(requests: int, bad: int, rate: float) -> float:
    good = requests - bad
    mixture = math.lgamma(bad + 1) + math.lgamma(good + 1) - math.lgamma(requests + 2)
    return mixture - bad * math.log(rate) - good * math.log1p(-rate)


def _edge(excluded: Callable[[float], bool], outside: float, inside: float) -> float:
    """Where exclusion ends on the way from `outside` to `inside`, to 1e-12."""
    while abs(outside - inside) > 1e-12:
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if excluded(middle) else (outside, middle)
    return inside
