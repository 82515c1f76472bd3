"""What a handful of real requests says about a split: pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb

from pointsman.model.evidence import Effect
from pointsman.model.split import Split

REQUESTS = 60
MISTAKEN_IN = 10_000


def effect_of(split: Split, answered_by: Mapping[str, int]) -> Effect:
    """Whether the versions that answered fit `split`; level 3, for requests met it.

    At weight 0 or 100 one answer from the wrong side is too many. In between, the candidate's number must lie
    where a true split puts it in all but one of `MISTAKEN_IN` looks.
    """
    total = sum(answered_by.values())
    if total == 0:
        return Effect(False, 2, "no request was answered")
    strangers = sorted(set(answered_by) - {split.stable, split.candidate})
    if strangers:
        return Effect(False, 3, f"{strangers[0] or 'nobody we know'} answered too")
    reached = answered_by.get(split.candidate, 0)
    least, most = bounds(total, split.weight)
    return Effect(least <= reached <= most, 3, _words(split, reached, total, (least, most)))


def _words(split: Split, reached: int, total: int, fitting: tuple[int, int]) -> str:
    expected = split.weight * total / 100
    if split.weight in (0, 100) and reached == expected:
        return f"all of {total} fresh requests were answered by {split.serving}"
    least, most = fitting
    fit = f"{least} to {most} fit" if least < most else f"{least} would fit"
    return f"{reached} of {total} fresh requests were answered by {split.candidate}; {fit} {split.weight} %"


def bounds(requests: int, weight: int) -> tuple[int, int]:
    """Least and most of `requests` that a version with `weight` percent gets: the exact binomial interval."""
    share, tail = weight / 100, 1 / MISTAKEN_IN / 2
    chances = [comb(requests, k) * share**k * (1 - share) ** (requests - k) for k in range(requests + 1)]
    return _first_beyond(chances, tail), requests - _first_beyond(chances[::-1], tail)


def _first_beyond(chances: list[float], tail: float) -> int:
    total = 0.0
    for number, chance in enumerate(chances):
        total += chance
        if total > tail:
            return number
    return len(chances) - 1
