"""Counting requests and their times as a metric source does."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from math import inf

from pointsman.model.measurement import Counters

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0)
"""In seconds: about evenly spread on a log scale, with those that thresholds like to name."""


@dataclass(frozen=True)
class Tally:
    """Requests, those answered badly, and how many took so long as to fall between each two of `BOUNDS`."""

    requests: int = 0
    errors: int = 0
    between: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)

    def after(self, ok: bool, seconds: float | None, times: int = 1) -> Tally:
        """With `times` requests more. Without an answer (`seconds` None) one took longer than anything."""
        place = len(BOUNDS) if seconds is None else bisect_left(BOUNDS, seconds)
        between = (*self.between[:place], self.between[place] + times, *self.between[place + 1 :])
        return Tally(self.requests + times, self.errors + (0 if ok else times), between)

    def counters(self, series: str) -> Counters:
        """As a metric source shows them."""
        buckets = dict(zip((*BOUNDS, inf), map(float, accumulate(self.between)), strict=True))
        return Counters(series, float(self.requests), float(self.errors), buckets)
