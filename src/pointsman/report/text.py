"""A result for a terminal or a job log. Foreign text in it can neither steer the terminal nor command a
runner: every line begins with a word of ours."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.model.duration import words_of
from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Change, Outcome, Result
from pointsman.model.version import Problem
from pointsman.report.canary import walk_line
from pointsman.report.foreign import defused, one_line
from pointsman.report.headline import OUTCOMES, VERDICTS

_GREEN, _YELLOW, _RED, _NORMAL = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
_COLOUR_OF_VERDICT = {Verdict.PASS: _GREEN, Verdict.FAIL: _RED}
_WAITING = {Outcome.HELD, Outcome.CANCELLED}


def result_text(result: Result, colour: bool = False) -> str:
    """The whole result: verdict, why, what changed, the evidence, the problem, what to do next."""
    lines = [
        *_opening(result, colour),
        *_block("changed" if result.outcome is not Outcome.PLANNED else "would change", _changes(result)),
        *_block("checks", [_check(check, colour) for check in result.checks]),
        *_block("walk", filter(None, [walk_line(result)])),
        *_problem(result.problem),
        *_block("timeline", [f"{words_of(m.seconds):>12}  {_said(m.text)}" for m in result.timeline]),
        *_following(result),
    ]
    return "\n".join(lines) + "\n"


def plan_text(result: Result, colour: bool = False) -> str:
    """What a dry run would do, in order: every object, field, old and new value; and what it looked at for that."""
    steps = [f"{number}. {_change(change)}" for number, change in enumerate(result.changes, 1)]
    checks = _block("checks", [_check(check, colour) for check in result.checks])
    lines = [*_opening(result, colour), *_block("would change", steps), *checks, *_following(result)]
    if not steps:
        lines.append("  would change: nothing")
    return "\n".join(lines) + "\n"


def _opening(result: Result, colour: bool) -> list[str]:
    words = _painted(OUTCOMES[result.outcome].words, _colour_of(result), colour)
    return [f"{words}: {_said(result.subject)}", f"  why: {_said(result.why)}"]


def _colour_of(result: Result) -> str:
    if result.exit_code == 0:
        return _GREEN
    return _YELLOW if result.outcome in _WAITING else _RED


def _painted(text: str, paint: str, colour: bool) -> str:
    return f"{paint}{text}{_NORMAL}" if colour else text


def _block(title: str, lines: Iterable[str]) -> list[str]:
    body = [f"    {line}" for line in lines]
    return [f"  {title}:", *body] if body else []


def _changes(result: Result) -> list[str]:
    return [f"- {_change(change)}" for change in result.changes]


def _change(change: Change) -> str:
    old, new = (_said(value) or "(nothing)" for value in (change.old, change.new))
    return f"{_said(change.what)}, {_said(change.field)}: {old} → {new}"


def _check(check: Check, colour: bool) -> str:
    word = f"{VERDICTS[check.verdict].words:<12}"
    paint = _COLOUR_OF_VERDICT.get(check.verdict, _YELLOW)
    return f"{_painted(word, paint, colour)}  {_said(check.name)}: {_said(check.detail)}"


def _problem(problem: Problem | None) -> list[str]:
    if problem is None:
        return []
    quoted = [f"log │ {_said(line)}" for line in problem.log]
    quoted += [f"event │ {_said(line)}" for line in problem.events]
    return [f"  problem: {_said(problem.sentence())}", *(f"    {line}" for line in quoted)]


def _following(result: Result) -> list[str]:
    return _block("what to do next", [f"{number}. {_said(text)}" for number, text in enumerate(result.following, 1)])


def _said(text: str) -> str:
    return defused(one_line(text))
