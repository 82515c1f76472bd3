"""From the texts of `pointsman power` to its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from pointsman.judge.power import expected, refuse_too_slow
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import TOLERANCES
from pointsman.model.duration import seconds_of
from pointsman.model.errors import InputError
from pointsman.model.objective import DEFAULTS, objective_of, share_of
from pointsman.model.rate import per_second_of
from pointsman.report.power import power_json, power_text

_WEIGHT = re.compile(r"(\d+(?:\.\d+)?)%?")

T = TypeVar("T")


def answer(texts: Mapping[str, str | None]) -> str:
    """What is printed. Raises InputError naming the option that makes no sense, or the weight that takes too long."""
    settings = settings_for(texts.get("objective") or "", texts.get("tolerance") or "")
    traffic = _read(texts, "traffic", per_second_of)
    baseline, detect = _read(texts, "baseline", share_of), _read(texts, "detect", share_of)
    found = [expected(settings, traffic, one, baseline, detect) for one in _read(texts, "weight", weights_of)]
    if texts.get("within"):
        for one in found:
            refuse_too_slow(one, _read(texts, "within", seconds_of))
    if texts.get("output") == "json":
        return power_json(found)
    asked = f"{texts['traffic']} in all, {texts['baseline']} bad now, {texts['detect']} to be found"
    return power_text(f"{asked}; {settings.objectives[0].metric}, {settings.tolerance.name}", found)


def settings_for(objective: str, tolerance: str) -> Settings:
    """As in a release: the objective in question is one of two, so half of the false-alarm bound is its own."""
    return Settings(objectives=(objective_of(objective), DEFAULTS[1]), tolerance=TOLERANCES[tolerance])


def weights_of(text: str) -> list[float]:
    """The weights in percent meant by `5` or `5,10,30`. Raises ValueError with the accepted form."""
    found = [_WEIGHT.fullmatch(part.strip()) for part in text.split(",")]
    if not all(found):
        raise ValueError(f"{text!r} is no list of weights: write it like 5,10,30")
    return [float(one[1]) for one in found if one]


def _read(texts: Mapping[str, str | None], name: str, reader: Callable[[str], T]) -> T:
    try:
        return reader(texts.get(name) or "")
    except ValueError as wrong:
        raise InputError(f"--{name}: {wrong}") from wrong
