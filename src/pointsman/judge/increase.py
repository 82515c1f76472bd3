"""From two looks at raw counters to what happened in between: one block of whole numbers.

Each series (a pod, a proxy) is differenced by itself and the differences are added, for a sum over pods falls when
one of them restarts. A counter that fell has begun anew, so all it shows is new. A series never seen before counts
from nothing; one that vanished adds nothing, and is remembered, so that its return is no burst of old requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from itertools import pairwise

from pointsman.judge.block import NOBODY, Arm, Block, Dropped
from pointsman.model.measurement import Counters, Reading


def block_between(before: Reading, now: Reading) -> Block | Dropped:
    """The increases from `before` (every series known so far) to `now`, or why `now` is not to be believed."""
    grown = {}
    for name, known, seen in (
        ("stable", before.stable, now.stable),
        ("candidate", before.candidate, now.candidate),
    ):
        increases = [_grown(_named(known).get(one.series), one) for one in seen]
        why = _fault_of_names(seen) or next((fault for one in (*seen, *increases) if (fault := _fault(one))), "")
        if why:
            return Dropped(f"{name}: {why}")
        grown[name] = _arm(increases)
    return Block(now.at - before.at, grown["stable"], grown["candidate"])


def known_after(before: Reading, now: Reading) -> Reading:
    """The last counters of every series seen so far, those that have vanished included."""
    return Reading(now.at, _merged(before.stable, now.stable), _merged(before.candidate, now.candidate))


def fault_of(reading: Reading) -> str:
    """Why a first look is not to be believed; empty when it is."""
    for seen in (reading.stable, reading.candidate):
        why = _fault_of_names(seen) or next((fault for one in seen if (fault := _fault(one))), "")
        if why:
            return why
    return ""


def _merged(before: tuple[Counters, ...], now: tuple[Counters, ...]) -> tuple[Counters, ...]:
    return tuple({**_named(before), **_named(now)}.values())


def _named(counters: Iterable[Counters]) -> dict[str, Counters]:
    return {one.series: one for one in counters}


def _arm(increases: list[Counters]) -> Arm:
    return reduce(Arm.__add__, map(_whole, increases), NOBODY)


def _whole(one: Counters) -> Arm:
    errors = None if one.errors is None else int(one.errors)
    return Arm(int(one.requests), errors, {bound: int(count) for bound, count in one.buckets.items()})


def _grown(before: Counters | None, now: Counters) -> Counters:
    if before is None or _began_anew(before, now):
        return now
    errors = None if now.errors is None else now.errors - (before.errors or 0)
    return replace(
        now, requests=now.requests - before.requests, errors=errors, buckets=_less(now.buckets, before.buckets)
    )


def _less(now: Mapping[float, float], before: Mapping[float, float]) -> dict[float, float]:
    # A bound that was not there before has no increase yet.
    return {bound: count - before[bound] for bound, count in now.items() if bound in before}


def _began_anew(before: Counters, now: Counters) -> bool:
    if now.requests < before.requests or (now.errors or 0) < (before.errors or 0):
        return True
    return any(count < before.buckets.get(bound, 0) for bound, count in now.buckets.items())


def _fault_of_names(seen: tuple[Counters, ...]) -> str:
    return "two series have one name" if len(_named(seen)) < len(seen) else ""


def _fault(one: Counters) -> str:
    """What makes a series' counters, or their increases, impossible; empty when they can be true."""
    numbers = [one.requests, *([] if one.errors is None else [one.errors]), *one.buckets.values()]
    if not all(math.isfinite(number) for number in numbers):
        return f"{one.series} has a counter that is no number"
    if any(number < 0 or number != int(number) for number in numbers):
        return f"{one.series} counts something other than whole requests"
    if one.errors is not None and one.errors > one.requests:
        return f"{one.series} has more bad requests than requests"
    rising = sorted({math.inf: one.requests, **one.buckets}.items())
    if any(more < fewer for (_, fewer), (_, more) in pairwise(rising)):
        return f"{one.series} has a histogram that falls"
    return ""
