"""The judge that reads thresholds window by window, as other tools do: `judge/point.py` behind the port."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.adapters.judges.memory import kept, remembered
from pointsman.judge.point import PointRule, PointTrial, point_at_new_weight, point_looked, point_report
from pointsman.judge.settings import Settings
from pointsman.model.errors import InputError
from pointsman.model.evidence import Check
from pointsman.model.measurement import Reading
from pointsman.ports.judge import Opinion


@dataclass(frozen=True)
class PointHearing:
    """The windows so far at a weight; `asked` names the objectives, which must not change under way."""

    weight: int
    asked: str
    trial: PointTrial


class PointJudge:
    """Of the last windows at a weight all must be good; too many bad ones reject for ever."""

    def __init__(self, settings: Settings, rule: PointRule) -> None:
        self._settings, self._rule = settings, rule
        self._asked = "; ".join(f"{one.metric} ok {one.ok} rollback {one.rollback}" for one in settings.objectives)
        self._hearing = self._opened()

    def resume(self, state: str) -> None:
        """Go on where `state` ends. Raises InputError when it was begun with other objectives."""
        hearing = remembered(state, PointHearing) if state else self._opened()
        if hearing.asked != self._asked:
            raise InputError(
                "the release under way was begun with other objectives",
                f"give the same ones again, or undo the release first; it was begun with: {hearing.asked}",
            )
        self._hearing = replace(hearing, trial=_without_counters(hearing.trial))

    def look(self, reading: Reading, weight: int) -> Opinion:
        """What is to be said after `reading`."""
        self._come_to(weight)
        trial = point_looked(self._settings, self._rule, self._hearing.trial, reading)
        self._hearing = replace(self._hearing, trial=trial)
        return self._opinion("")

    def blind(self, why: str, weight: int) -> Opinion:
        """What is to be said without a reading."""
        self._come_to(weight)
        return self._opinion(why)

    def state(self) -> str:
        """The hearing as JSON."""
        return kept(replace(self._hearing, trial=_without_counters(self._hearing.trial)))

    def _opened(self) -> PointHearing:
        return PointHearing(0, self._asked, PointTrial())

    def _come_to(self, weight: int) -> None:
        if weight != self._hearing.weight:
            self._hearing = replace(self._hearing, weight=weight, trial=point_at_new_weight(self._hearing.trial))

    def _opinion(self, source_down: str) -> Opinion:
        report = point_report(self._rule, self._hearing.trial, source_down)
        windows = ", ".join(one.value for one in report.checks) or "none yet"
        check = Check(
            f"windows of {self._rule.window:g} s at {self._hearing.weight} %",
            report.verdict,
            f"{report.why}; oldest first: {windows}",
        )
        details = {"mode": "point", "verdict": report.verdict, "why": report.why, "windows": report.checks}
        return Opinion(report.verdict, report.why, (check,), details)


def _without_counters(trial: PointTrial) -> PointTrial:
    return replace(trial, looks=replace(trial.looks, known=None))
