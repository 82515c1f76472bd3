"""Whatever a result holds, GitLab and Jenkins can read it, and what is red there is what was red here."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given

from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Outcome, Result
from pointsman.report.junit import LONGEST_TEXT, MOST_CHECKS, junit_xml
from tests.unit.report.results import BARE, FULL, results


def suite_of(result: Result) -> Xml.Element:
    root = Xml.fromstring(junit_xml(result))  # noqa: S314 - it is ours
    (suite,) = root
    return suite


def kinds(result: Result) -> list[str]:
    """What each test case is: passed, failure, error or skipped."""
    return [case[0].tag if len(case) else "passed" for case in suite_of(result)]


def test_there_is_a_case_for_the_run_and_one_for_each_check() -> None:
    names = [case.get("name") for case in suite_of(FULL)]
    assert names == ["blue-green-switch", "rollout", "probes", "errors"]
    assert kinds(FULL) == ["failure", "passed", "failure", "error"]


def test_a_case_says_why() -> None:
    run, _, probes, _ = suite_of(FULL)
    assert run[0].get("message") == "Rejected: green answered 3 of 12 probes; users stayed on blue"
    assert "next: read the log of shop-green-1" in str(run[0].text)
    assert probes[0].text == "fail: 3 of 12 answered"


def test_the_numbers_are_those_of_the_cases() -> None:
    suite = suite_of(FULL)
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4",
        "failures": "2",
        "errors": "1",
        "skipped": "0",
        "time": "90.000",
    }


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.SWITCHED, "passed"),
        (Outcome.PLANNED, "passed"),
        (Outcome.REJECTED, "failure"),
        (Outcome.HELD, "failure"),
        (Outcome.NOT_READY, "failure"),
        (Outcome.STUCK, "failure"),
        (Outcome.FAILED, "error"),
        (Outcome.CANCELLED, "error"),
    ],
)
def test_a_run_without_checks_is_one_case(outcome: Outcome, kind: str) -> None:
    assert kinds(replace(BARE, outcome=outcome)) == [kind]


@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.INCONCLUSIVE, Verdict.SOURCE_DOWN])
def test_a_check_without_an_answer_is_red_only_in_a_run_that_is_red(verdict: Verdict) -> None:
    unanswered = (Check("errors", verdict, "nothing yet"),)
    assert kinds(replace(BARE, outcome=Outcome.ADVANCED, checks=unanswered)) == ["passed", "skipped"]
    assert kinds(replace(BARE, outcome=Outcome.HELD, checks=unanswered)) == ["failure", "error"]


def test_foreign_text_stays_text() -> None:
    nasty = '</failure><testcase name="x"/>]]> & \x00\x1b[2J\ufffe\ud800'
    (_, case) = suite_of(replace(FULL, checks=(Check(nasty, Verdict.FAIL, nasty),)))
    assert case.get("name") == '</failure><testcase name="x"/>]]> & \ufffd\ufffd'
    assert case[0].text == 'fail: </failure><testcase name="x"/>]]> & \ufffd\ufffd'


def test_an_attachment_is_nothing_that_a_server_can_ask_for() -> None:
    written = junit_xml(replace(FULL, checks=(Check("log", Verdict.FAIL, "[[ATTACHMENT|/etc/passwd]]"),)))
    assert "system-out" not in written


def test_it_is_bounded() -> None:
    checks = tuple(Check(f"check {number}", Verdict.FAIL, "x" * 9000) for number in range(MOST_CHECKS + 3))
    written = junit_xml(replace(FULL, checks=checks))
    assert len(written) < (MOST_CHECKS + 2) * (LONGEST_TEXT + 1000)
    assert kinds(replace(FULL, checks=checks))[-1] == "skipped"
    assert "3 more checks" in written


@given(results)
def test_every_result_is_well_formed_and_counts(result: Result) -> None:
    suite = suite_of(result)
    assert suite.get("tests") == str(len(result.checks) + 1) == str(len(suite))
    assert (kinds(result)[0] == "passed") is (result.exit_code == 0)
