"""A result as JUnit XML: the tests of GitLab's merge requests and pipelines, and of Jenkins.

The run itself is the first test case, so that one which failed without a check is a failed test, and that its name
stays the same from one pipeline to the next, by which GitLab tells what is newly broken and what was mended.
Nothing foreign goes into `system-out`: GitLab obeys `[[ATTACHMENT|path]]` there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as Xml

from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Result
from pointsman.report.foreign import cut, one_line
from pointsman.report.headline import OUTCOMES, VERDICTS

MOST_CHECKS = 200
LONGEST_NAME = 200
LONGEST_TEXT = 2000

_NO_XML = re.compile("[\ufffe\uffff]")


def junit_xml(result: Result) -> str:
    """`result` as one test suite: the run, and then one test case per check.

    A check that gave no answer is an error where the run did not end well, and skipped where it did: a green
    pipeline must not show errors, a red one must not hide them among the skipped.
    """
    shown = result.checks[:MOST_CHECKS]
    cases = [_run(result), *_check_cases(result, shown)]
    if len(result.checks) > len(shown):
        cases.append(_case(result, f"{len(result.checks) - len(shown)} more checks, in report.json", "skipped", ""))
    suite = Xml.Element("testsuite", {"name": _name(f"pointsman {result.step}: {result.subject}"), **_counts(cases)})
    suite.set("time", _seconds(result))
    suite.extend(cases)
    whole = Xml.Element("testsuites")
    whole.append(suite)
    Xml.indent(whole)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(whole, encoding="unicode")}\n'


def _run(result: Result) -> Xml.Element:
    words = OUTCOMES[result.outcome].words
    text = "\n".join([f"{words}: {result.why}", *(f"next: {one}" for one in result.following)])
    how = "" if result.exit_code == 0 else "failure" if result.outcome.judged else "error"
    case = _case(result, result.step, how, text)
    case.set("time", _seconds(result))
    return case


def _check_cases(result: Result, checks: Iterable[Check]) -> Iterable[Xml.Element]:
    undecided = "skipped" if result.exit_code == 0 else "error"
    for check in checks:
        how = {Verdict.PASS: "", Verdict.FAIL: "failure"}.get(check.verdict, undecided)
        yield _case(result, check.name, how, f"{VERDICTS[check.verdict].words}: {check.detail}")


def _case(result: Result, name: str, how: str, text: str) -> Xml.Element:
    """GitLab shows the text of the inner element, Jenkins its `message` as well."""
    case = Xml.Element("testcase", {"classname": _name(f"pointsman.{result.step}"), "name": _name(name), "time": "0"})
    if how:
        lines = [_legal(one_line(line)) for line in text.split("\n")]
        Xml.SubElement(case, how, {"message": cut(lines[0], LONGEST_NAME)}).text = cut("\n".join(lines), LONGEST_TEXT)
    return case


def _counts(cases: list[Xml.Element]) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counted = {plural: sum(case.find(one) is not None for case in cases) for plural, one in kinds.items()}
    return {name: str(number) for name, number in {"tests": len(cases), **counted}.items()}


def _seconds(result: Result) -> str:
    return f"{max((moment.seconds for moment in result.timeline), default=0.0):.3f}"


def _name(text: str) -> str:
    return cut(_legal(one_line(text)), LONGEST_NAME) or "(no name)"


def _legal(text: str) -> str:
    """XML 1.0 has no word for two characters more than those that `plain` takes out."""
    return _NO_XML.sub("\ufffd", text)
