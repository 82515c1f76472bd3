"""canary-step's inputs as its step and its judge want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointsman.adapters.judges.evidence import EvidenceJudge
from pointsman.adapters.judges.point import PointJudge
from pointsman.judge.point import PointRule
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import TOLERANCES
from pointsman.model.drift import OnDrift
from pointsman.model.split import Match
from pointsman.ports.judge import Judge
from pointsman.steps.canary_step import CanaryInputs
from pointsman.strategy.canary_seen import Leftover, Plan, Policy, Weight

Values = Mapping[str, Any]

WINDOWS = 5
"""A bake of --mode point is cut into so many windows: all must be good, and two bad ones reject."""
_HALF_AN_HOUR = 1800.0


def canary_inputs(values: Values) -> CanaryInputs:
    """What the step is asked to do."""
    return CanaryInputs(
        image=values["image"],
        plan=plan_of(values),
        lock_wait=values["lock-wait"],
        dry_run=values["dry-run"],
        supersede=values["supersede"],
    )


def plan_of(values: Values) -> Plan:
    """The walk: to one weight, or along all of them and on to the promotion."""
    return Plan(
        weights=tuple(Weight(percent, values["bake"]) for percent in percents_of(values)),
        promote=values["weight"] is None,
        testers=testers_of(values),
        soak=values["soak"],
        patience=values["patience"],
        timeout=values["timeout"],
        drain=values["drain"],
        on_inconclusive=Policy(values["on-inconclusive"]),
        on_no_data=Policy(values["on-no-data"]),
        on_drift=OnDrift(values["on-drift"]),
        leftover=Leftover(values["leftover"]),
    )


def percents_of(values: Values) -> tuple[int, ...]:
    """The weights asked for; none where only testers are to come."""
    if values["weight"] is not None:
        return (values["weight"],) if values["weight"] else ()
    return values["weights"] or ()


def testers_of(values: Values) -> Match | None:
    """Whose requests reach the candidate whatever the weight."""
    if values["match-header"]:
        name, value = values["match-header"]
        return Match(value, header=name)
    if values["match-cookie"]:
        name, value = values["match-cookie"]
        return Match(value, cookie=name)
    return None


def judge_of(values: Values) -> Judge:
    """The judge of the mode asked for."""
    settings = settings_of(values)
    if values["mode"] == "evidence":
        return EvidenceJudge(settings)
    return PointJudge(settings, PointRule(values["bake"] / WINDOWS, WINDOWS, max_failures=1))


def settings_of(values: Values) -> Settings:
    """What the judge is asked. The bake is the strategy's: it holds a weight, whatever was proven before."""
    whole = len(percents_of(values)) * (values["bake"] + values["patience"])
    return Settings(
        objectives=values["objective"],
        tolerance=TOLERANCES[values["tolerance"]],
        horizon=max(whole, _HALF_AN_HOUR),
        interval=values["interval"],
        warm_up=values["warm-up"],
        dwell=0.0,
    )
