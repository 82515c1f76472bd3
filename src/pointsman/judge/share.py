"""What fresh requests of our own say about a split: how many it takes to tell it, and which counts fit it.

Exact binomial sums: each fresh request reaches the candidate with a chance equal to its share. A router that takes
turns spreads less than that, so what fits it fits here too. `adapters/routers/measured.py` sends the requests.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from math import ceil, exp, lgamma, log, log1p

from pointsman.model.split import Split

CONFIDENCE = 0.99
"""A share that is served as wanted fits in at least so many looks; a look that does not fit is followed by another."""

MISSED = 0.05
"""A share that is off by the tolerance fits in at most so many looks."""

TOLERANCE = 0.10
"""How far off a share in between must be to be told, as a part of all requests: 10 percentage points."""

ASTRAY = 0.05
"""At 0 and 100 percent: none astray among 3 / ASTRAY requests means that at most so many go astray, with 95 %
confidence (the rule of three, Hanley and Lippman-Hand 1983)."""

MOST = 600
"""No more requests than this in one look, whatever the share."""


class Fit(Enum):
    """How what was counted compares with the share that was wanted."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    TOO_FEW = "too few answers"
    UNMARKED = "unmarked answers"


@dataclass(frozen=True)
class Measured:
    """The answer, and the count it rests on in words."""

    fit: Fit
    detail: str


def requests_for(share: float, tolerance: float = TOLERANCE, most: int = MOST) -> int:
    """How many fresh requests it takes to tell `share` (0 to 1) from shares that are `tolerance` away, and a small one
    from its half and from half as much again; never more than `most`."""
    if share in (0.0, 1.0):
        return min(ceil(3 / ASTRAY), most)
    away = min(tolerance, share / 2, (1 - share) / 2)
    counts = range(1, most)
    return 1 + bisect_left(counts, True, key=lambda requests: _tells(requests, share, away))


def bounds(requests: int, share: float) -> tuple[int, int]:
    """The least and the most of `requests` that fit `share`: each tail holds at most half of 1 - CONFIDENCE."""
    tail = (1 - CONFIDENCE) / 2
    chances = [_chance(requests, number, share) for number in range(requests + 1)]
    return _first_beyond(chances, tail), requests - _first_beyond(chances[::-1], tail)


def measured(split: Split, answered_by: Mapping[str, int], share: float | None = None) -> Measured:
    """Whether the number of answers by version fits `split`; `share` is what the candidate really gets of it, where
    the router can only come near the weight."""
    wanted = split.weight / 100 if share is None else share
    total, reached = sum(answered_by.values()), answered_by.get(split.candidate, 0)
    strangers = {name: count for name, count in answered_by.items() if name not in (split.stable, split.candidate)}
    if any(strangers.values()):
        return Measured(Fit.UNMARKED, _strangers_in_words(strangers, total))
    least, most = bounds(total, wanted)
    if not least <= reached <= most:
        return Measured(Fit.OUTSIDE, _in_words(split, wanted, reached, total))
    if _too_few(total, wanted):
        return Measured(Fit.TOO_FEW, _few_in_words(wanted, total))
    return Measured(Fit.INSIDE, _in_words(split, wanted, reached, total))


def _tells(requests: int, share: float, away: float) -> bool:
    least, most = bounds(requests, share)
    above = sum(_chance(requests, number, share + away) for number in range(most + 1))
    below = sum(_chance(requests, number, share - away) for number in range(least, requests + 1))
    return max(above, below) <= MISSED


def _chance(requests: int, number: int, share: float) -> float:
    """That `number` of `requests` reach a version with this share."""
    if share <= 0 or share >= 1:
        return float(number == (requests if share >= 1 else 0))
    ways = lgamma(requests + 1) - lgamma(number + 1) - lgamma(requests - number + 1)
    return exp(ways + number * log(share) + (requests - number) * log1p(-share))


def _first_beyond(chances: list[float], tail: float) -> int:
    return bisect_right(list(accumulate(chances)), tail)


def _too_few(total: int, share: float) -> bool:
    if share in (0.0, 1.0):
        return total < requests_for(share)
    least, most = bounds(total, share)
    return least == 0 or most == total


def _in_words(split: Split, share: float, reached: int, total: int) -> str:
    if share in (0.0, 1.0):
        return _whole_in_words(split, share, reached, total)
    least, most = bounds(total, share)
    count = f"{reached} of {total} fresh requests ({100 * reached / total:.1f} %)"
    return f"{count} were answered by {split.candidate}; {least} to {most} fit {100 * share:.3g} %"


def _whole_in_words(split: Split, share: float, reached: int, total: int) -> str:
    serving, other = (split.candidate, split.stable) if share else (split.stable, split.candidate)
    astray = total - reached if share else reached
    if not astray:
        return f"all of {total} fresh requests were answered by {serving}"
    return f"{astray} of {total} fresh requests went astray to {other}; all must be answered by {serving}"


def _few_in_words(share: float, total: int) -> str:
    if not total:
        return "no request was answered"
    others = {0.0: "a few", 1.0: "most"}.get(share, "none or all")
    return f"{total} answers are too few to tell {100 * share:.3g} % from {others}"


def _strangers_in_words(strangers: Mapping[str, int], total: int) -> str:
    names = ", ".join(sorted(name or "an unmarked version" for name, count in strangers.items() if count))
    return f"{sum(strangers.values())} of {total} fresh requests were answered by {names}"
