"""Findings in the summary, and as SARIF for code scanning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from pointsman.model.readiness import Area, Assessment, Finding, Place, Severity, Status
from pointsman.model.result import Outcome, Result
from pointsman.report.machine import document
from pointsman.report.readiness import patch_text
from pointsman.report.sarif import sarif, sarif_text
from pointsman.report.summary import LARGEST, summary_markdown

GAP = Finding(
    "replicas", "There are two or more instances", Area.AVAILABILITY, Severity.REQUIRED, Status.FAIL,
    "as few as 1 | instance", "run 2", {"spec": {"replicas": 2}}, Place("Deployment/shop", "./deploy/shop.yaml", 12),
)  # fmt: skip
OPEN = replace(GAP, check="backup", status=Status.UNKNOWN, patch=None, place=Place(), area=Area.INFRASTRUCTURE)
WAIVED = replace(GAP, check="spread", status=Status.WAIVED, severity=Severity.RECOMMENDED, evidence="waived: known")
GOOD = replace(GAP, check="not-paused", status=Status.PASS, patch=None, fix="")
FOUND = Assessment((GOOD, WAIVED, OPEN, GAP), 42, False, "2 open", ("load-tests",))


def result(found: Assessment = FOUND) -> Result:
    return Result("readiness-check", "shop", Outcome.NOT_READY, found.why, details={"readiness": found})


def test_the_summary_has_an_overview_then_each_area_with_the_gravest_first() -> None:
    text = summary_markdown(result())
    assert "Score 42" in text
    assert text.index("### Infrastructure") < text.index("### Availability")
    assert text.index("(replicas)") < text.index("(spread)") < text.index("(not-paused)")
    assert "| availability | 1 | 0 | 1 | 1 |" in text
    assert "What the verdict rests on" not in text


def test_evidence_and_fix_stand_beside_the_check_and_cannot_break_the_table() -> None:
    line = next(one for one in summary_markdown(result()).splitlines() if "(replicas)" in one)
    assert "Deployment/shop (./deploy/shop.yaml:12): as few as 1 &#124; instance" in line
    assert "❌ fail, required" in line
    assert line.endswith("| run 2 |")


def test_what_is_good_needs_no_fix() -> None:
    line = next(one for one in summary_markdown(result()).splitlines() if "(spread)" in one)
    assert line.endswith("|  |")


def test_patches_are_folded_and_are_yaml() -> None:
    text = summary_markdown(result())
    assert "<details><summary>Patches" in text
    assert yaml.safe_load(patch_text(GAP)) == {"spec": {"replicas": 2}}
    assert patch_text(GAP).startswith("# replicas: Deployment/shop")


def test_what_was_switched_off_is_said() -> None:
    assert "Switched off in pointsman.yaml: load-tests" in summary_markdown(result())


def test_a_long_list_still_fits_into_a_summary() -> None:
    many = Assessment(tuple(replace(GAP, evidence="x" * 400) for _ in range(500)), 0, False, "many")
    assert len(summary_markdown(result(many)).encode()) <= LARGEST


def test_a_result_of_another_step_has_none_of_it() -> None:
    other = Result("verify-health", "shop", Outcome.HEALTHY, "fine")
    assert "Score" not in summary_markdown(other)


def test_the_json_has_all_of_it() -> None:
    told: Any = document(result())["details"]
    assert told["readiness"]["score"] == 42
    assert told["readiness"]["findings"][3]["patch"] == {"spec": {"replicas": 2}}


def run() -> dict[str, Any]:
    (one,) = sarif(FOUND)["runs"]
    return dict(one)


def test_sarif_has_a_rule_for_each_check_and_a_result_for_each_that_is_no_pass() -> None:
    assert [rule["id"] for rule in run()["tool"]["driver"]["rules"]] == ["not-paused", "spread", "backup", "replicas"]
    assert [(one["ruleId"], one["level"]) for one in run()["results"]] == [
        ("spread", "warning"), ("backup", "note"), ("replicas", "error"),
    ]  # fmt: skip


def test_a_result_stands_at_its_line_in_a_path_of_the_repository() -> None:
    (location,) = run()["results"][2]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/shop.yaml"}, "region": {"startLine": 12},
    }  # fmt: skip
    assert location["logicalLocations"] == [{"fullyQualifiedName": "Deployment/shop", "kind": "resource"}]


def test_what_stands_nowhere_is_reported_at_the_configuration() -> None:
    (location,) = run()["results"][1]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "pointsman.yaml"


def test_what_is_waived_is_suppressed_with_its_reason() -> None:
    assert run()["results"][0]["suppressions"] == [{"kind": "external", "justification": "waived: known"}]


def test_a_fingerprint_stays_when_lines_move_and_differs_between_gaps() -> None:
    moved = Assessment((replace(GAP, place=replace(GAP.place, line=99)), OPEN), 0, False, "")
    before = {one["ruleId"]: one["partialFingerprints"] for one in run()["results"]}
    after = {one["ruleId"]: one["partialFingerprints"] for one in sarif(moved)["runs"][0]["results"]}
    assert after["replicas"] == before["replicas"]
    assert after["replicas"] != after["backup"]


def test_sarif_is_a_document_with_a_version_that_commands_no_runner() -> None:
    text = sarif_text(Assessment((replace(GAP, evidence="##[error]gotcha"),), 0, False, ""))
    assert '"version": "2.1.0"' in text
    assert "##[" not in text
    assert text.endswith("}\n")
