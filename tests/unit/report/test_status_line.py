"""The one line beside a commit says how it ended, and GitHub takes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from pointsman.model.result import Outcome, Result
from pointsman.report.status_line import LONGEST, StatusLine, StatusLines, description, state_of
from tests.unit.report.results import BARE, FULL, results


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.SWITCHED, "success"),
        (Outcome.UNCHANGED, "success"),
        (Outcome.HEALTHY, "success"),
        (Outcome.ROLLED_BACK, "success"),
        (Outcome.PLANNED, "success"),
        (Outcome.KNOWN, "success"),
        (Outcome.REJECTED, "failure"),
        (Outcome.UNHEALTHY, "failure"),
        (Outcome.HELD, "failure"),
        (Outcome.STUCK, "failure"),
        (Outcome.CANCELLED, "error"),
        (Outcome.FAILED, "error"),
    ],
)
def test_the_state_follows_the_outcome(outcome: Outcome, state: str) -> None:
    assert state_of(replace(FULL, outcome=outcome)) == state


@given(results)
def test_it_is_a_success_exactly_when_the_process_ends_with_zero(result: Result) -> None:
    assert (state_of(result) == "success") == (result.exit_code == 0)


def test_the_context_names_the_step_and_the_environment() -> None:
    assert StatusLines().context("rollback") == "pointsman/rollback"
    assert StatusLines("production").context("rollback") == "pointsman/rollback (production)"


def test_the_line_at_the_start_says_what_is_worked_on() -> None:
    expected = StatusLine("pending", "pointsman/rollback (qa)", "At work on shop")
    assert StatusLines("qa").pending("rollback", "shop") == expected


def test_the_last_line_gives_the_reason() -> None:
    assert StatusLines().final(BARE) == StatusLine("success", "pointsman/status", "State read: blue serves")


def test_a_description_may_have_exactly_140_characters() -> None:
    assert description("x" * 140) == "x" * 140
    assert description("x" * 141) == "x" * 139 + "…"


def test_a_long_reason_is_cut_at_a_word() -> None:
    line = StatusLines().final(replace(BARE, why="blue " * 100))
    assert line.description.endswith("blue…")
    assert len(line.description) in range(LONGEST - 6, LONGEST + 1)


@given(results)
def test_a_description_is_one_line_of_at_most_140_characters(result: Result) -> None:
    said = StatusLines().final(result).description
    assert 0 < len(said) <= LONGEST
    assert len(said.splitlines()) == 1
