"""JUnit reports as results of tests. They are read without a document type: so no entity can be declared, none grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from pointsman.adapters.evidence.report_files import reports_of
from pointsman.model.errors import InputError
from pointsman.model.readiness import Place, TestRun


@dataclass
class Counted:
    """What a suite, or a whole file, came to."""

    name: str
    tests: int = 0
    bad: int = 0
    skipped: int = 0

    def run(self, source: str) -> TestRun:
        """As a result of CI; a suite in which nothing ran proves nothing."""
        ran = self.tests - self.skipped
        state = "failure" if self.bad else "success" if ran > 0 else "empty"
        words = f"{self.bad} of {ran} tests failed" if self.bad else f"{ran} tests passed" if ran else "no test ran"
        return TestRun(self.name, state, words, Place(file=source))


class JUnitFiles:
    """The reports that `patterns` name."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def runs(self) -> tuple[TestRun, ...] | str:
        """One result for each file, by its path, and one for each suite with a name. Raises InputError."""
        return tuple(
            run for pattern in self._patterns for file in reports_of(pattern, "--junit", ".xml") for run in _runs(file)
        )


def name_of(file: Path) -> str:
    """What a report is called: its path from here. Of one elsewhere only the last folder is told: a group or a user
    called `security` above it says nothing about its tests."""
    whole = file.absolute()
    here = whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else Path(*whole.parts[-2:])
    return here.as_posix()


def _runs(file: Path) -> list[TestRun]:
    suites = suites_of(str(file), file.read_bytes())
    whole = Counted(name_of(file), *(sum(getattr(one, what) for one in suites) for what in ("tests", "bad", "skipped")))
    return [one.run(file.as_posix()) for one in (whole, *(suite for suite in suites if suite.name))]


def suites_of(file: str, data: bytes) -> list[Counted]:
    """The suites of one report, by their test cases: totals in attributes may say anything. Raises InputError."""
    reading = _Reading(file)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = reading.start, reading.doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as wrong:
        raise InputError(f"{file}:{wrong.lineno}: not XML: {expat.ErrorString(wrong.code)}", "check --junit") from wrong
    if not reading.suites:
        raise InputError(f"{file}: no testsuite is in it", "check --junit")
    return reading.suites


@dataclass
class _Reading:
    file: str
    suites: list[Counted] = field(default_factory=list)
    case_is_bad: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "testsuite":
            self.suites.append(Counted(attributes.get("name", "")))
        elif name == "testcase" and self.suites:
            self.suites[-1].tests += 1
            self.case_is_bad = False
        elif name in ("failure", "error") and self.suites and not self.case_is_bad:
            self.suites[-1].bad += 1
            self.case_is_bad = True
        elif name == "skipped" and self.suites:
            self.suites[-1].skipped += 1

    def doctype(self, *_: object) -> None:
        raise InputError(f"{self.file}: it declares a document type", "a JUnit report needs none; check who wrote it")
