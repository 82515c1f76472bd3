"""Which bounds of a histogram answer a question about time.

A histogram knows how many requests took at most so long only at its own bounds. Where none equals a threshold,
rollback is judged at the next higher one and promotion at the next lower one, so that neither is easier than asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pointsman.judge.block import Arm
from pointsman.judge.settings import Settings
from pointsman.model.duration import words_of
from pointsman.model.errors import InputError
from pointsman.model.objective import Objective

RARE, COMMON = 0.0005, 0.6
"""Stable's share of slower requests between which a bound is worth comparing at."""

BOUNDS_COMPARED = 8


@dataclass(frozen=True)
class Bounds:
    """Where bad begins, in seconds (None: wrong answers): for promotion, for rollback, and for each comparison with
    stable; `usual` is the bound that stable exceeds most often, None when stable is not known yet."""

    ok: float | None
    rollback: float | None
    compared: tuple[float | None, ...]
    usual: float | None = None


WRONG_ANSWERS = Bounds(None, None, (None,))


def bounds_of(objective: Objective, offered: Iterable[float], history: Arm) -> Bounds | None:
    """The bounds to judge `objective` at, among those `offered`; None when they cannot answer it.

    `history` is what stable did before; it decides which bounds are worth comparing at. Without it all are compared.
    """
    if not objective.is_latency:
        return WRONG_ANSWERS
    finite = sorted(bound for bound in offered if math.isfinite(bound))
    ok = max((bound for bound in finite if bound <= _seconds(objective.ok.slower_than)), default=None)
    rollback = min((bound for bound in finite if bound >= _seconds(objective.rollback.slower_than)), default=None)
    if ok is None or rollback is None:
        return None
    telling = [bound for bound in finite if _tells(history, bound)] or finite[:1]
    return Bounds(ok, rollback, _spread(telling), None if history.is_nobody else telling[0])


def refuse_undecidable(settings: Settings, offered: Iterable[float]) -> None:
    """Raises InputError when a histogram with these bounds can never answer one of the objectives."""
    finite = sorted(bound for bound in offered if math.isfinite(bound))
    for objective in settings.objectives:
        if bounds_of(objective, finite, Arm()) is None:
            raise InputError(
                f"{objective.metric} can never be decided: {_missing(objective, finite)}",
                "add such a bound to the histogram, or choose thresholds that it can answer",
            )


def _missing(objective: Objective, finite: list[float]) -> str:
    if not finite:
        return "the source has no histogram of request times"
    if finite[-1] < _seconds(objective.rollback.slower_than):
        wanted, edge = objective.rollback.slower_than, f"highest finite bound is {words_of(finite[-1])}"
        return f"the histogram's {edge}, and rollback asks for {words_of(_seconds(wanted))}"
    wanted, edge = objective.ok.slower_than, f"lowest bound is {words_of(finite[0])}"
    return f"the histogram's {edge}, and ok asks for {words_of(_seconds(wanted))}"


def _seconds(bound: float | None) -> float:
    return bound or 0.0


def _tells(history: Arm, bound: float) -> bool:
    """False when `history` shows that stable exceeds the bound too rarely, or too often, to tell versions apart."""
    timed, bad = history.counts(bound) or (0, 0)
    # Three more than were seen, for a short history may hold none of what happens now and then.
    return not timed or (bad + 3 >= RARE * timed and bad <= COMMON * timed)


def _spread(bounds: list[float]) -> tuple[float, ...]:
    """At most BOUNDS_COMPARED of them, evenly: each one more costs every other a part of its stake."""
    if len(bounds) <= BOUNDS_COMPARED:
        return tuple(bounds)
    step = (len(bounds) - 1) / (BOUNDS_COMPARED - 1)
    return tuple(bounds[round(index * step)] for index in range(BOUNDS_COMPARED))
