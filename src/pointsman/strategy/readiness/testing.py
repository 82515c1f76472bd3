"""What CI proved on this commit: tests of five kinds, and security scans. What was not seen is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pointsman.model.readiness import Answer, Facts, Place, TestRun, failed, passed, unknown
from pointsman.strategy.readiness.asking import Question

KINDS = ("unit", "integration", "performance", "security", "load")


def tests_of(kind: str) -> Question:
    """The question whether tests of this kind passed."""
    return lambda facts: [_answer(facts, kind)]


def _answer(facts: Facts, kind: str) -> Answer:
    if facts.runs is None:
        return unknown("no evidence of CI was given", f"give --junit, or --ci-checks true with a token ({kind} tests)")
    found = named(facts, kind)
    if not found:
        called = facts.ci.get(kind) or f"a name with the word {kind}"
        return unknown(
            f"none of {len(facts.runs)} result(s) on this commit has {called}",
            f"run {kind} tests in CI, or say in pointsman.yaml what their result is called",
        )
    return _judged(found)


def named(facts: Facts, kind: str) -> list[TestRun]:
    """The results of a kind of test: by the name in pointsman.yaml, else by the word."""
    told = facts.ci.get(kind)
    if told:
        return [run for run in facts.runs or () if run.name == told]
    word = re.compile(rf"(?<![a-z]){kind}(?![a-z])", re.IGNORECASE)
    return [run for run in facts.runs or () if word.search(run.name)]


def _judged(runs: list[TestRun]) -> Answer:
    for state, make in (("failure", _failed), ("pending", _pending), ("empty", _empty)):
        bad = next((run for run in runs if run.state == state), None)
        if bad:
            return make(bad)
    return passed("; ".join(f"{run.name}: {run.detail}" for run in runs[:3]), runs[0].place)


def _failed(run: TestRun) -> Answer:
    return failed(f"{run.name}: {run.detail}", "see its log; correct it, then run it again", run.place)


def _pending(run: TestRun) -> Answer:
    return unknown(f"{run.name}: {run.detail}", "wait for it (needs: in the workflow)", run.place)


def _empty(run: TestRun) -> Answer:
    return unknown(f"{run.name}: {run.detail}", "let it run: what was skipped proves nothing", run.place)


def security_scanning(facts: Facts) -> Iterable[Answer]:
    """A scanner looked at this commit and found no error."""
    if not facts.scans:
        return [unknown("no SARIF file was given", "run a scanner (Trivy, CodeQL, Semgrep …) and give --sarif")]
    bad = [scan for scan in facts.scans if scan.errors]
    if bad:
        return [
            failed(
                f"{scan.tool} has {scan.errors} error(s) among {scan.results} result(s)",
                "correct them, or waive the check with an owner and an expiry",
                Place(file=scan.source),
            )
            for scan in bad
        ]
    return [passed(", ".join(f"{one.tool}: no error among {one.results} result(s)" for one in facts.scans))]
