"""The judge that promotes and rejects on evidence: `judge/trial.py` behind the port.

What it remembers travels in the release record as JSON, without the raw counters: they grow with the number of pods,
and nothing may be compared across two processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.adapters.judges.memory import kept, remembered
from pointsman.judge.report import Line, Report
from pointsman.judge.settings import Settings
from pointsman.judge.trial import Trial, at_new_weight, looked, opened_trial, resumed, without_counters
from pointsman.judge.verdict import report_of
from pointsman.model.evidence import Check
from pointsman.model.measurement import Reading
from pointsman.ports.judge import Opinion


@dataclass(frozen=True)
class Hearing:
    """A trial, and the weight it has come to."""

    weight: int
    trial: Trial


class EvidenceJudge:
    """At 100 percent nobody is left on stable, so there a comparison is not waited for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hearing = Hearing(0, opened_trial(settings))

    def resume(self, state: str) -> None:
        """Go on where `state` ends. Raises InputError when it was begun with other questions."""
        hearing = remembered(state, Hearing) if state else Hearing(0, opened_trial(self._settings))
        self._hearing = replace(hearing, trial=without_counters(resumed(self._settings, hearing.trial)))

    def look(self, reading: Reading, weight: int) -> Opinion:
        """What is to be said after `reading`."""
        self._come_to(weight)
        self._hearing = replace(self._hearing, trial=looked(self._settings, self._hearing.trial, reading))
        return self._opinion("")

    def blind(self, why: str, weight: int) -> Opinion:
        """What is to be said without a reading."""
        self._come_to(weight)
        return self._opinion(why)

    def state(self) -> str:
        """The hearing as JSON."""
        return kept(replace(self._hearing, trial=without_counters(self._hearing.trial)))

    def _come_to(self, weight: int) -> None:
        if weight != self._hearing.weight:
            self._hearing = Hearing(weight, at_new_weight(self._settings, self._hearing.trial))

    def _opinion(self, source_down: str) -> Opinion:
        settings = replace(self._settings, without_stable=self._hearing.weight == 100)
        report = report_of(settings, self._hearing.trial, source_down)
        checks = tuple(_check(line, self._hearing.weight) for line in report.lines)
        return Opinion(report.verdict, report.why, checks, _details(report))


def _check(line: Line, weight: int) -> Check:
    evidence = f"evidence against it {line.relative.e:.3g} of {line.relative.bound:.3g}"
    rates = f"candidate {line.candidate.words}, stable {line.stable.words}"
    note = f"; {line.note}" if line.note else ""
    return Check(f"{line.metric} at {weight} %", line.verdict, f"{line.why}; {rates}; {evidence}{note}")


def _details(report: Report) -> dict[str, object]:
    """The evidence for machines."""
    return {
        "mode": "evidence",
        "verdict": report.verdict,
        "why": report.why,
        "tolerance": report.tolerance,
        "judged_seconds": report.judged,
        "looks": report.looks,
        "dropped": report.dropped,
        "log_e": report.log_e,
        "log_bound": report.log_bound,
        "objectives": report.lines,
    }
