"""What a version must hold to be promoted, and what undoes it: `error-rate ok<1% rollback>5%`.

Everything is a share of bad requests: a success rate is the complement of an error rate, and "99 % of the requests
take less than 500 ms" says that fewer than 1 % are slower than that. So one kind of evidence serves all of them
(`judge/`), and what says the same thing twice is tested once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pointsman.model.duration import seconds_of
from pointsman.model.errors import InputError

METRICS = "error-rate, success-rate, or a percentile such as p50, p95, p99, p99.9"
EXAMPLES = "`error-rate ok<1% rollback>5%`, `success-rate ok>99% rollback<95%` or `p99 ok<500ms rollback>2s`"

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
_TERM = re.compile(r"(ok|rollback)([<>])([^<>]+)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%")

_ORDER = "let ok be the better one, as in error-rate ok<1% rollback>5%: between the two we wait for more requests"


@dataclass(frozen=True)
class Limit:
    """A share of bad requests, above 0 and below 1. Bad means answered wrongly, or slower than so many seconds."""

    share: float
    slower_than: float | None = None


@dataclass(frozen=True)
class Objective:
    """Promote when the share of bad requests is below `ok`, undo when it is above `rollback`, wait in between."""

    metric: str
    ok: Limit
    rollback: Limit

    @property
    def is_latency(self) -> bool:
        """True when bad means slow."""
        return self.ok.slower_than is not None


def objective_of(text: str) -> Objective:
    """The objective written as `METRIC ok<X rollback>Y`. Raises InputError naming what is wrong with it."""
    metric, *terms = re.sub(r"\s*([<>])\s*", r"\1", text.strip()).split() or [""]
    if metric in ("error-rate", "success-rate"):
        return _rate(text, metric, terms)
    percentile = _PERCENTILE.fullmatch(metric)
    if percentile is None or not 0 < float(percentile[1]) < 100:
        raise InputError(f"{text!r}: there is no metric {metric!r}", f"the metrics are {METRICS}")
    return _latency(text, metric, float((100 - Decimal(percentile[1])) / 100), terms)


def objectives_of(texts: Iterable[str]) -> tuple[Objective, ...]:
    """The objectives, with those that say the same left out. Raises InputError when two of them contradict."""
    kept: dict[str, Objective] = {}
    for text in texts:
        one = objective_of(text)
        subject = one.metric if one.is_latency else "errors"
        other = kept.setdefault(subject, one)
        if (other.ok, other.rollback) != (one.ok, one.rollback):
            raise InputError(
                f"{text!r} contradicts the objective of {other.metric} given before it",
                "give each metric one pair of thresholds; a success rate is an error rate read backwards",
            )
    if not kept:
        raise InputError("there is no objective, so nothing could ever be promoted", f"write {EXAMPLES}")
    return tuple(kept.values())


def share_of(text: str) -> float:
    """The share of requests meant by `0.5%`, above 0 and below 1. Raises ValueError with the accepted form."""
    found = _SHARE.fullmatch(text.strip())
    if found is None or not 0 < Decimal(found[1]) < 100:
        raise ValueError(f"{text!r} is no share of the requests: write it like 1% or 99.5%")
    return float(Decimal(found[1]) / 100)


def _rate(text: str, metric: str, terms: list[str]) -> Objective:
    good = metric == "success-rate"
    limits = _terms(text, terms, {"ok": ">", "rollback": "<"} if good else {"ok": "<", "rollback": ">"})
    ok, rollback = (_share(text, limits[name], good) for name in ("ok", "rollback"))
    if ok > rollback:
        raise InputError(f"{text!r}: ok is worse than rollback", _ORDER)
    return Objective(metric, Limit(ok), Limit(rollback))


def _latency(text: str, metric: str, share: float, terms: list[str]) -> Objective:
    limits = _terms(text, terms, {"ok": "<", "rollback": ">"})
    ok, rollback = (_seconds(text, limits[name]) for name in ("ok", "rollback"))
    if ok > rollback:
        raise InputError(f"{text!r}: ok is worse than rollback", _ORDER)
    return Objective(metric, Limit(share, ok), Limit(share, rollback))


def _terms(text: str, terms: list[str], directions: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for term in terms:
        name, direction, value = _term(text, term)
        if name in found:
            raise InputError(f"{text!r} gives {name} twice", f"write it like {EXAMPLES}")
        if direction != directions[name]:
            raise InputError(f"{text!r}: {name} looks the wrong way", f"write {name}{directions[name]}{value}")
        found[name] = value
    for name in directions:
        if name not in found:
            raise InputError(f"{text!r} has no threshold {name!r}", f"both are needed: {EXAMPLES}")
    return found


def _term(text: str, term: str) -> tuple[str, str, str]:
    found = _TERM.fullmatch(term)
    if found is None:
        raise InputError(f"{text!r}: {term!r} is no threshold", f"write it like {EXAMPLES}")
    return found[1], found[2], found[3]


def _share(text: str, value: str, good: bool) -> float:
    try:
        share = share_of(value)
    except ValueError as wrong:
        raise InputError(f"{text!r}: {wrong}", f"write it like {EXAMPLES}") from wrong
    # Rounded, for 99 % good must be the same number as 1 % bad.
    return round(1 - share, 12) if good else share


def _seconds(text: str, value: str) -> float:
    try:
        seconds = seconds_of(value)
    except ValueError as wrong:
        raise InputError(f"{text!r}: {wrong}", f"write it like {EXAMPLES}") from wrong
    # A bare number is seconds elsewhere; here 500 would quietly mean eight minutes.
    if value[-1].isdigit() or seconds <= 0:
        raise InputError(f"{text!r}: {value!r} is no time a request may take", "write it with its unit: 500ms or 2s")
    return seconds


DEFAULT_TEXTS = ("error-rate ok<1% rollback>5%", "p99 ok<500ms rollback>2s", "success-rate ok>99% rollback<95%")
DEFAULTS = objectives_of(DEFAULT_TEXTS)
"""What a service is held to that says nothing else: two questions, since its success rate is asked for already."""
