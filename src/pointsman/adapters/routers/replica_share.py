"""Shares that numbers of instances can make: pure numbers.

Behind one Service each ready instance gets the same part of the requests, so a candidate's share is its part of all
instances. Few instances make few shares: beside one stable instance the smallest is 50 percent.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import count

from pointsman.model.errors import InputError

WITHIN = 5
"""Percentage points by which the nearest share may miss the weight that was asked for."""


def share_of(candidate: int, stable: int) -> Fraction:
    """The candidate's part of all instances; 0 when there are none."""
    return Fraction(candidate, candidate + stable) if candidate else Fraction(0)


def weight_of(share: Fraction) -> int:
    """`share` in whole percent; 0 and 100 mean none and all, so a part that is nearly so is rounded inwards."""
    if share in (0, 1):
        return int(100 * share)
    return min(max(round(100 * share), 1), 99)


def instances_for(weight: int, stable: int, most: int, within: int = WITHIN) -> int:
    """The candidate's instances whose share beside `stable` others is nearest to `weight` percent.

    Raises InputError when that is more than `most` instances, or misses the weight by more than `within` points.
    """
    if weight == 0:
        return 0
    _refuse_inexpressible(weight, stable)
    nearest = _nearest(weight, stable)
    if nearest > most:
        raise InputError(
            f"{weight} % beside {stable} stable instances takes {nearest} of the candidate, more than {most}",
            "ask for a lower weight, allow more instances, or use a router that has weights",
        )
    if not _near(weight, stable, within):
        raise InputError(_miss_in_words(weight, nearest, stable), _advice(weight, nearest, stable, within))
    return nearest


def misses(share: Fraction, weight: int, within: int) -> bool:
    """True when `share` is further from `weight` percent than `within` points."""
    return abs(100 * share - weight) > within


def in_percent(share: Fraction) -> str:
    """`share` in percent with three digits: 9.09 %."""
    return f"{float(100 * share):.3g} %"


def _nearest(weight: int, stable: int) -> int:
    """Of two that are equally near, the one that exposes fewer users."""
    exact = Fraction(weight * stable, 100 - weight)
    below = max(int(exact), 1)
    return min(below, below + 1, key=lambda number: abs(100 * share_of(number, stable) - weight))


def _near(weight: int, stable: int, within: int) -> bool:
    return not misses(share_of(_nearest(weight, stable), stable), weight, within)


def _refuse_inexpressible(weight: int, stable: int) -> None:
    if weight == 100:
        raise InputError(
            "a candidate cannot get 100 % by its number of instances while stable keeps its own",
            "let it be promoted, or use a router that has weights",
        )
    if stable < 1:
        raise InputError(
            "stable has no instance, so every request would reach the candidate",
            "scale stable up first, or use a router that has weights",
        )


def _miss_in_words(weight: int, nearest: int, stable: int) -> str:
    found = share_of(nearest, stable)
    off = float(abs(100 * found - weight))
    beside = "1 stable instance" if stable == 1 else f"{stable} stable instances"
    return f"beside {beside} the nearest to {weight} % is {in_percent(found)} ({nearest} more), {off:.3g} points off"


def _advice(weight: int, nearest: int, stable: int, within: int) -> str:
    enough = next(number for number in count(stable + 1) if _near(weight, number, within))
    found = weight_of(share_of(nearest, stable))
    return f"ask for {found} %, run {enough} stable instances, or use a router that has weights"
