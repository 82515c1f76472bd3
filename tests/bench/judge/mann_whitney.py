"""Kayenta's rule for one metric: is the candidate's series of points higher than stable's?

After `MannWhitneyClassifier` of spinnaker/kayenta: the 98 % confidence interval of the Hodges-Lehmann shift, from
the tie-corrected normal approximation with continuity correction, must lie above a quarter of the estimated shift,
and the ratio of the means above 1. The interval lies above a shift when the test of that shift rejects, which is what
is computed here. Constant and identical series pass.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist, fmean

TOLERANCE = 0.25
Z = NormalDist().inv_cdf(0.99)


def is_high(candidate: Sequence[float], stable: Sequence[float]) -> bool:
    """True when Kayenta calls the metric High."""
    if not candidate or not stable or fmean(candidate) <= fmean(stable):
        return False
    ordered = sorted(stable)
    if z_of(candidate, ordered, 0.0) <= Z:
        return False
    return z_of(candidate, ordered, TOLERANCE * abs(shift_of(candidate, ordered))) > Z


def z_of(candidate: Sequence[float], ordered: Sequence[float], shift: float) -> float:
    """The test statistic of "the candidate is higher by no more than `shift`"; `ordered` is stable's, sorted."""
    shifted = [point - shift for point in candidate]
    surplus = _pairs_above(shifted, ordered) - len(shifted) * len(ordered) / 2
    deviation = _deviation(shifted, ordered)
    return (surplus - math.copysign(0.5, surplus)) / deviation if deviation else 0.0


def shift_of(candidate: Sequence[float], ordered: Sequence[float]) -> float:
    """The Hodges-Lehmann shift, the median of all differences, to a millionth of their range."""
    low, high = min(candidate) - ordered[-1], max(candidate) - ordered[0]
    half, precision = len(candidate) * len(ordered) / 2, (high - low) * 1e-6
    while high - low > precision:
        middle = (low + high) / 2
        above = _pairs_above([point - middle for point in candidate], ordered)
        low, high = (middle, high) if above > half else (low, middle)
    return (low + high) / 2


def _pairs_above(points: Sequence[float], ordered: Sequence[float]) -> float:
    """Pairs in which the candidate's point is the higher one, ties counting half."""
    return sum([bisect_left(ordered, point) + bisect_right(ordered, point) for point in points]) / 2


def _deviation(points: Sequence[float], ordered: Sequence[float]) -> float:
    m, n = len(points), len(ordered)
    ties = sum(count**3 - count for count in Counter([*points, *ordered]).values())
    return math.sqrt(max(0.0, m * n / 12 * ((m + n + 1) - ties / ((m + n) * (m + n - 1)))))
