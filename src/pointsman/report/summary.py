"""The job summary: a page a person reads from the top and may leave as soon as they know enough.

Verdict, why, what changed, the evidence, what went wrong, what to do next, and last the timeline. It stays
under 64 KiB, which job summaries, merge request notes and check runs all accept.
"""

from __future__ import annotations

from pointsman.model.duration import words_of
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem
from pointsman.report.canary import canary_sections
from pointsman.report.headline import OUTCOMES, VERDICTS
from pointsman.report.markdown import Section, document, escaped, folded, table
from pointsman.report.readiness import assessment_in, readiness_sections

LARGEST = 64 * 1024
"""Bytes of the rendered summary."""


def summary_markdown(result: Result, footnote: str = "") -> str:
    """`result` as Markdown of at most 64 KiB; `footnote` is one plain line (the run and its attempt, say)."""
    sections = [
        _verdict(result),
        *_changes(result),
        *_checks(result),
        *canary_sections(result),
        *readiness_sections(result),
        *_problem(result.problem),
        *_following(result),
        *_timeline(result),
        Section(f"{escaped(footnote)}\n") if footnote else Section(""),
    ]
    return document(sections, LARGEST)


def _verdict(result: Result) -> Section:
    title = f"## {OUTCOMES[result.outcome]}: {escaped(result.subject, 200)}"
    facts = f"Step {escaped(result.step, 100)}, outcome {result.outcome.value}, exit code {result.exit_code}."
    return Section(f"{title}\n\n**Why:** {escaped(result.why, 1500)}\n\n{facts}\n")


def _changes(result: Result) -> list[Section]:
    title = "What would change" if result.outcome is Outcome.PLANNED else "What changed"
    rows = [
        [escaped(change.what), escaped(change.field), _value(change.old), _value(change.new)]
        for change in result.changes
    ]
    return [table(title, ["object", "field", "from", "to"], rows)] if rows else []


def _value(text: str) -> str:
    return escaped(text) or "(nothing)"


def _checks(result: Result) -> list[Section]:
    if assessment_in(result):
        return []  # its own tables say more
    rows = [[escaped(check.name), str(VERDICTS[check.verdict]), escaped(check.detail)] for check in result.checks]
    return [table("What the verdict rests on", ["check", "verdict", "detail"], rows)] if rows else []


def _problem(problem: Problem | None) -> list[Section]:
    if problem is None:
        return []
    where = f" in {escaped(problem.pod)}" if problem.pod else ""
    what = f"**{escaped(problem.reason)}**{where}: {escaped(problem.message, 1500)}"
    sections = [Section(f"### What went wrong\n\n{what}\n")]
    if problem.log:
        sections.append(folded("Its last log lines", problem.log))
    if problem.events:
        sections.append(folded("Its events", problem.events))
    return sections


def _following(result: Result) -> list[Section]:
    rows = [f"{number}. {escaped(text, 1000)}" for number, text in enumerate(result.following, 1)]
    return [Section("### What to do next\n\n", rows)] if rows else []


def _timeline(result: Result) -> list[Section]:
    rows = [[escaped(m.at), words_of(m.seconds), escaped(m.text)] for m in result.timeline]
    return [table("Timeline", ["time", "after", "what happened"], rows)] if rows else []
