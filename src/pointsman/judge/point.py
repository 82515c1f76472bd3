"""Thresholds as other tools read them: each window's rates, as they are, against the objectives.

For teams that are used to it. A window of few requests crosses a threshold by chance, and a candidate that is
worse than stable but below the threshold is never found: `trial.py` has neither weakness.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from pointsman.judge.block import NOBODY, Arm, Block
from pointsman.judge.latency import bounds_of
from pointsman.judge.looks import Looks, after_look, begun_anew
from pointsman.judge.settings import Settings
from pointsman.model.evidence import Verdict
from pointsman.model.measurement import Reading
from pointsman.model.objective import Objective


class Check(Enum):
    """What one window says."""

    GOOD = "good"
    BETWEEN = "between"
    FAILED = "failed"
    EMPTY = "empty"


@dataclass(frozen=True)
class PointRule:
    """Every `window` seconds is one check. Of the last `checks`, at most `max_failures` may fail: one more rejects.
    Promotion needs the last `checks` all good."""

    window: float = 60.0
    checks: int = 10
    max_failures: int = 3


@dataclass(frozen=True)
class PointTrial:
    """The checks at this weight that still count, oldest first, and the window that is not full yet."""

    looks: Looks = field(default_factory=Looks)
    pending: Block | None = None
    checks: tuple[Check, ...] = ()
    rejected: bool = False


@dataclass(frozen=True)
class PointReport:
    """The verdict, one sentence `why`, and the checks it rests on."""

    verdict: Verdict
    why: str
    checks: tuple[Check, ...]


def point_looked(settings: Settings, rule: PointRule, trial: PointTrial, reading: Reading) -> PointTrial:
    """`trial` after one more look at the counters."""
    looks, block = after_look(trial.looks, reading, settings.silence)
    trial = replace(trial, looks=looks)
    return point_fed(settings, rule, trial, block) if block else trial


def point_fed(settings: Settings, rule: PointRule, trial: PointTrial, block: Block) -> PointTrial:
    """`trial` after `block`."""
    grown = block if trial.pending is None else trial.pending + block
    # A look that comes a little early must not make the window twice as long.
    if grown.seconds < 0.95 * rule.window:
        return replace(trial, pending=grown)
    checks = (*trial.checks, checked(settings.objectives, grown.candidate))[-rule.checks :]
    rejected = trial.rejected or checks.count(Check.FAILED) > rule.max_failures
    return replace(trial, pending=None, checks=checks, rejected=rejected)


def point_at_new_weight(trial: PointTrial) -> PointTrial:
    """`trial` at a new weight: its checks begin again, a rejection stays."""
    return PointTrial(begun_anew(trial.looks), rejected=trial.rejected)


def checked(objectives: tuple[Objective, ...], candidate: Arm) -> Check:
    """The gravest answer to the objectives; EMPTY when one of them was not measured."""
    answers = {_answer(one, candidate) for one in objectives}
    gravest_first = (Check.FAILED, Check.EMPTY, Check.BETWEEN, Check.GOOD)
    return next(answer for answer in gravest_first if answer in answers)


def point_report(rule: PointRule, trial: PointTrial, source_down: str = "") -> PointReport:
    """The verdict at this moment. `source_down` says why the source cannot be asked; empty when it can."""
    return PointReport(*_verdict(rule, trial, source_down), trial.checks)


def _answer(objective: Objective, candidate: Arm) -> Check:
    bounds = bounds_of(objective, candidate.within, NOBODY)
    ok, rollback = (candidate.counts(bounds.ok), candidate.counts(bounds.rollback)) if bounds else (None, None)
    if not ok or not rollback or not ok[0]:
        return Check.EMPTY
    # Divided, not multiplied out: 29 of 100 is 29 %, while 0.29 * 100 is a little less than 29.
    if rollback[1] / rollback[0] > objective.rollback.share:
        return Check.FAILED
    return Check.GOOD if ok[1] / ok[0] < objective.ok.share else Check.BETWEEN


def _verdict(rule: PointRule, trial: PointTrial, source_down: str) -> tuple[Verdict, str]:
    failures = trial.checks.count(Check.FAILED)
    if trial.rejected:
        return Verdict.FAIL, f"more than {rule.max_failures} of {rule.checks} checks in a row failed"
    if source_down:
        return Verdict.SOURCE_DOWN, source_down
    if not trial.checks or trial.checks[-1] is Check.EMPTY:
        return Verdict.NO_DATA, f"the last {rule.window:g} s hold no measured requests of the candidate"
    if trial.looks.too_many_dropped:
        return Verdict.INCONCLUSIVE, trial.looks.complaint
    good = trial.checks.count(Check.GOOD)
    if good < rule.checks:
        return Verdict.INCONCLUSIVE, f"{good} of the {rule.checks} checks wanted are good, {failures} failed"
    return Verdict.PASS, f"the last {rule.checks} checks are good"
