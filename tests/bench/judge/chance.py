"""Random counts from a seed, in the standard library only: rare events cost little, traffic is Poisson."""

from __future__ import annotations

import math
import random


def seeded(*seed: object) -> random.Random:
    """A generator that gives the same numbers for the same seed on every machine."""
    return random.Random(repr(seed))  # noqa: S311 - a simulation that can be repeated, not a secret


def poisson(chance: random.Random, mean: float) -> int:
    """A Poisson count; above 200 its normal approximation, which is for traffic only."""
    if mean > 200:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, left = 0, mean
    while True:
        left -= -math.log(1 - chance.random())
        if left < 0:
            return count
        count += 1


def binomial(chance: random.Random, trials: int, rate: float) -> int:
    """How many of `trials` happen, by jumping from one to the next; exact."""
    if rate <= 0:
        return 0
    if rate > 0.5:
        return trials - binomial(chance, trials, 1 - rate) if rate < 1 else trials
    count, position, scale = 0, -1, math.log1p(-rate)
    while True:
        position += 1 + int(math.log(1 - chance.random()) / scale)
        if position >= trials:
            return count
        count += 1


def clumped(chance: random.Random, trials: int, rate: float, clump: float) -> int:
    """Bad requests that come in clumps of geometric size with this mean, `rate` of all requests on average."""
    if clump <= 1:
        return binomial(chance, trials, rate)
    clumps = poisson(chance, trials * rate / clump)
    sizes = (1 + int(math.log(1 - chance.random()) / math.log1p(-1 / clump)) for _ in range(clumps))
    return min(trials, sum(sizes))
