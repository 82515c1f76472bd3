"""What CI proved, what documents say, and what workflows do when two releases come at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.readiness import Facts, Page, Scan, TestRun
from tests.unit.strategy.readiness_facts import answers, asked, facts, statuses, with_pages, words


def ran(*runs: TestRun, **ci: str) -> Facts:
    return replace(facts(), runs=runs, ci=ci)


def run(name: str, state: str = "success") -> TestRun:
    return TestRun(name, state, f"it was {state}")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(facts(), "unknown", id="no evidence of CI at all"),
        pytest.param(ran(), "unknown", id="no result"),
        pytest.param(ran(run("build / Unit tests")), "pass", id="by the word"),
        pytest.param(ran(run("junit")), "unknown", id="a longer word is another"),
        pytest.param(ran(run("unit", "failure"), run("unit-2")), "fail", id="one of two fails"),
        pytest.param(ran(run("unit", "pending"), run("unit-2")), "unknown", id="one of two is under way"),
        pytest.param(ran(run("unit", "empty")), "unknown", id="nothing ran"),
        pytest.param(ran(run("build"), unit="build"), "pass", id="by its name in pointsman.yaml"),
        pytest.param(ran(run("unit"), unit="build"), "unknown", id="by that name alone"),
    ],
)
def test_results_of_tests(known: Facts, expected: str) -> None:
    assert statuses("unit-tests", known) == [expected]


def test_a_source_that_gives_nothing_is_named() -> None:
    known = replace(ran(), unreadable={"CI": "GitHub did not answer"})
    assert [evidence for _, evidence in answers("unit-tests", known)] == ["GitHub did not answer"]
    junit = replace(ran(run("unit")), unreadable={"CI": "GitHub did not answer"})
    assert statuses("unit-tests", junit) == ["pass"]


@given(st.sampled_from(["success", "failure", "pending", "empty"]), st.integers(1, 5))
def test_only_successes_pass(state: str, count: int) -> None:
    assert (statuses("load-tests", ran(*[run("load", state)] * count)) == ["pass"]) is (state == "success")


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param(None, ["unknown"], id="no scan"),
        pytest.param((), ["unknown"], id="a file without runs"),
        pytest.param((Scan("Trivy", 0, 4, "t.sarif"),), ["pass"], id="no error"),
        pytest.param((Scan("Trivy", 0, 4, "t"), Scan("CodeQL", 2, 4, "c")), ["fail"], id="one of two has errors"),
    ],
)
def test_scans(scans: tuple[Scan, ...] | None, expected: list[str]) -> None:
    assert statuses("security-scanning", replace(facts(), scans=scans)) == expected


SECTION = f"# Shop\n\nShort.\n\n## Rollback\n\n{words(40)}\n\n## Other\n\nNothing.\n"


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([], "fail", id="no page"),
        pytest.param([Page("docs/rollback.md", words(40))], "pass", id="a page called so"),
        pytest.param([Page("docs/rollback.md", words(40, "other"))], "fail", id="of another service"),
        pytest.param([Page("shop/rollback.md", words(40, "it"))], "pass", id="the folder names the service"),
        pytest.param([Page("docs/rollback.md", "")], "fail", id="an empty page"),
        pytest.param([Page("docs/rollback.md", "TODO")], "fail", id="a promise"),
        pytest.param([Page("docs/rollback.md", ""), Page("README.md", SECTION)], "pass", id="a section will do"),
        pytest.param(
            [Page("README.md", f"## Roll-back\n\nSoon.\n\n## Else\n\n{words(60)}")], "fail", id="a bare heading"
        ),
        pytest.param(
            [Page("README.md", f"## Rollback\n\n### Of the shop\n\n{words(40)}\n")], "pass", id="with its subsections"
        ),
        pytest.param(
            [Page("docs/ops.rst", f"Rolling back\n============\n\n{words(40)}\n")], "pass", id="reStructuredText"
        ),
        pytest.param([Page("docs/ops.adoc", f"== Rollback\n\n{words(40)}\n")], "pass", id="AsciiDoc"),
        pytest.param([Page("rollback.yaml", words(40))], "fail", id="no document"),
    ],
)
def test_a_document_exists_says_something_and_names_the_service(pages: list[Page], expected: str) -> None:
    assert statuses("rollback-procedure", with_pages(*pages)) == [expected]


def test_without_a_repository_no_document_is_missing() -> None:
    for check in ("rollback-procedure", "api-documentation", "architecture-diagram"):
        assert statuses(check, facts()) == ["unknown"]


def test_a_section_is_found_where_it_stands() -> None:
    assert asked("rollback-procedure", with_pages(Page("README.md", SECTION)))[0].place.line == 5


@pytest.mark.parametrize(
    ("check", "page", "expected"),
    [
        ("api-documentation", Page("api/openapi.yaml", "openapi: 3.1.0 info: {title: The Shop} paths: {}"), "pass"),
        ("api-documentation", Page("shop/openapi.yaml", "openapi: 3.1.0 info: {} paths: {} a b c"), "pass"),
        ("api-documentation", Page("api/openapi.yaml", "openapi: 3.1.0 info: {title: The till} paths: {}"), "fail"),
        ("architecture-diagram", Page("docs/till.drawio", "<mxfile/>"), "fail"),
        ("api-documentation", Page("api/openapi.yaml", ""), "fail"),
        ("api-documentation", Page("docs/api.md", words(40)), "pass"),
        ("architecture-diagram", Page("docs/shop.drawio", "<mxfile/>"), "pass"),
        ("architecture-diagram", Page("docs/architecture.md", words(40)), "fail"),
        ("architecture-diagram", Page("docs/architecture.md", f"{words(40)}\n```mermaid\nx\n```"), "pass"),
        ("architecture-diagram", Page("docs/architecture.md", f"{words(40)}\n![it](it.png)"), "pass"),
    ],
)
def test_descriptions_for_machines_and_drawings(check: str, page: Page, expected: str) -> None:
    assert statuses(check, with_pages(page)) == [expected]


def workflow(concurrency: str = "", job: str = "", step: str = "run: helm upgrade shop .") -> Facts:
    text = f"on: push\n{concurrency}\njobs:\n  release:\n{job}\n    steps:\n      - {step}\n"
    return with_pages(Page(".github/workflows/release.yml", text))


QUEUE = "concurrency: {group: x, cancel-in-progress: false, queue: max}"


@pytest.mark.parametrize(
    ("known", "together", "dropped"),
    [
        pytest.param(workflow(), ["fail"], [], id="no group"),
        pytest.param(workflow(QUEUE), ["pass"], ["pass"], id="a queue"),
        pytest.param(workflow(job=f"    {QUEUE}"), ["pass"], ["pass"], id="a queue of the job"),
        pytest.param(workflow("concurrency: production"), ["pass"], ["fail"], id="T49 the one that waits is dropped"),
        pytest.param(workflow("concurrency: {group: x, cancel-in-progress: true}"), ["fail"], [], id="killed half-way"),
        pytest.param(
            workflow("concurrency: {group: x, cancel-in-progress: '${{ x }}'}"), ["unknown"], [], id="an expression"
        ),
        pytest.param(workflow(step="run: make test"), [], [], id="it releases nothing"),
        pytest.param(
            workflow(step="uses: pointsman-dev/pointsman/actions/verify-health@v1"), [], [], id="it only looks"
        ),
        pytest.param(
            workflow(QUEUE, step="uses: pointsman-dev/pointsman/actions/canary-step@v1"),
            ["pass"],
            ["pass"],
            id="a step of ours",
        ),
        pytest.param(with_pages(Page(".github/workflows/x.yml", "a: [")), [], [], id="no YAML"),
        pytest.param(with_pages(Page(".github/workflows/x.yml", "just text")), [], [], id="no workflow"),
        pytest.param(with_pages(Page("ci/x.yml", "jobs: {a: {steps: [{run: helm upgrade}]}}")), [], [], id="elsewhere"),
        pytest.param(facts(), [], [], id="no repository"),
    ],
)
def test_T49_releases_that_come_at_once(known: Facts, together: list[str], dropped: list[str]) -> None:
    """GitHub keeps one waiting run of a group and drops the others silently, unless the group has queue: max."""
    assert statuses("workflow-concurrency", known) == together
    assert statuses("workflow-queue", known) == dropped
