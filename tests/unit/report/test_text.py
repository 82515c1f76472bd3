"""The report on a terminal: complete, plain unless asked, and harmless in a job log."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Outcome, Result
from pointsman.report.text import plan_text, result_text
from tests.unit.report.results import BARE, FULL, results


def test_everything_a_person_needs_is_there_in_order() -> None:
    assert result_text(FULL) == (
        "Rejected: shop in production\n"
        "  why: green answered 3 of 12 probes; users stayed on blue\n"
        "  changed:\n"
        "    - deployment/shop-green, image: shop:1.4 → shop:1.5\n"
        "    - deployment/shop-green, replicas: (nothing) → 4\n"
        "  checks:\n"
        "    pass          rollout: 4 of 4 ready\n"
        "    fail          probes: 3 of 12 answered\n"
        "    no data       errors: no sample yet\n"
        "  problem: CrashLoopBackOff in shop-green-1: back-off 40s\n"
        "    log │ no such table: carts\n"
        "    event │ Back-off restarting\n"
        "  timeline:\n"
        "           0.4 s  asked for shop:1.5 on green\n"
        "      1 min 30 s  4 of 4 ready\n"
        "  what to do next:\n"
        "    1. read the log of shop-green-1\n"
        "    2. run the same command again with a new image\n"
    )


def test_what_is_not_there_takes_no_line() -> None:
    assert result_text(BARE) == "State read: shop\n  why: blue serves\n"


def test_a_plan_numbers_what_it_would_do_and_shows_what_it_looked_at() -> None:
    looked = (Check("source", Verdict.PASS, "answers"),)
    plan = replace(FULL, outcome=Outcome.PLANNED, why="green takes shop:1.5", checks=looked, following=("run it",))
    assert plan_text(plan) == (
        "Planned, nothing was touched: shop in production\n"
        "  why: green takes shop:1.5\n"
        "  would change:\n"
        "    1. deployment/shop-green, image: shop:1.4 → shop:1.5\n"
        "    2. deployment/shop-green, replicas: (nothing) → 4\n"
        "  checks:\n"
        "    pass          source: answers\n"
        "  what to do next:\n"
        "    1. run it\n"
    )
    assert "  would change:\n    - deployment" in result_text(plan)


def test_a_plan_without_changes_says_so() -> None:
    assert plan_text(replace(BARE, outcome=Outcome.PLANNED)).endswith("  would change: nothing\n")


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.SWITCHED, "32"),
        (Outcome.HELD, "33"),
        (Outcome.CANCELLED, "33"),
        (Outcome.REJECTED, "31"),
        (Outcome.STUCK, "31"),
    ],
)
def test_colour_follows_the_outcome(outcome: Outcome, code: str) -> None:
    assert result_text(replace(FULL, outcome=outcome), colour=True).startswith(f"\x1b[{code}m")


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PASS, "32"), (Verdict.FAIL, "31"), (Verdict.NO_DATA, "33")])
def test_colour_follows_the_verdict(verdict: Verdict, code: str) -> None:
    shown = result_text(replace(BARE, checks=(Check("rollout", verdict, "seen"),)), colour=True)
    assert f"    \x1b[{code}m" in shown


@given(results)
def test_nothing_in_a_result_becomes_a_command_or_steers_a_terminal(result: Result) -> None:
    for shown in (result_text(result), plan_text(result)):
        assert "##[" not in shown
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", shown)
        assert not [line for line in shown.split("\n") if line.strip().startswith("::")]


@given(results)
def test_colour_changes_nothing_but_colour(result: Result) -> None:
    assert re.sub("\x1b\\[[0-9]+m", "", result_text(result, colour=True)) == result_text(result)
