"""A good set, a careless one and a dangerous one: exactly the gaps that were planted, and none in the good one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pointsman.model.readiness import Finding, Status
from pointsman.model.result import Outcome
from tests.readiness.sets import HERE, assessment, checked, gaps, merged

DEPLOYMENT, BLUE = "Deployment/shop", "Deployment/shop-blue"
CARELESS = {
    ("monitoring", "fail", ""),
    ("alerts", "fail", ""),
    ("logging", "unknown", ""),
    ("backup", "unknown", ""),
    ("disaster-recovery", "fail", ""),
    ("health-checks", "fail", DEPLOYMENT),
    ("graceful-shutdown", "fail", DEPLOYMENT),
    ("circuit-breakers", "unknown", ""),
    ("rate-limiting", "unknown", ""),
    ("security-scanning", "unknown", ""),
    ("resources", "fail", DEPLOYMENT),
    ("image-named", "fail", DEPLOYMENT),
    ("image-by-digest", "fail", DEPLOYMENT),
    ("least-privileges", "fail", DEPLOYMENT),
    ("replicas", "fail", DEPLOYMENT),
    ("disruption-budget", "fail", DEPLOYMENT),
    ("spread", "fail", DEPLOYMENT),
    ("min-ready", "fail", DEPLOYMENT),
    ("integration-tests", "unknown", ""),
    ("performance-tests", "unknown", ""),
    ("security-tests", "unknown", ""),
    ("load-tests", "unknown", ""),
    ("deployment-guide", "fail", "deployment.md"),
    ("rollback-procedure", "fail", "rollback.md"),
    ("incident-response", "fail", "runbook.md"),
    ("api-documentation", "fail", ""),
    ("architecture-diagram", "fail", ""),
    ("workflow-concurrency", "fail", "deploy.yml"),
}
DANGEROUS = {
    ("alerts", "fail", ""),
    ("logging", "unknown", ""),
    ("backup", "fail", "CronJob/database-backup"),
    ("probes-differ", "fail", BLUE),
    ("grace-period", "fail", BLUE),
    ("circuit-breakers", "unknown", ""),
    ("security-scanning", "fail", "trivy.sarif"),
    ("resources", "fail", BLUE),
    ("image-by-digest", "fail", BLUE),
    ("no-privileges", "fail", BLUE),
    ("least-privileges", "fail", BLUE),
    ("disruption-budget", "fail", "PodDisruptionBudget/shop"),
    ("autoscaler", "fail", "HorizontalPodAutoscaler/shop"),
    ("keeps-serving", "fail", BLUE),
    ("surge-room", "fail", BLUE),
    ("progress-deadline", "fail", BLUE),
    ("revision-history", "fail", BLUE),
    ("not-paused", "fail", BLUE),
    ("no-other-controller", "fail", BLUE),
    ("service-selects-no-other", "fail", "Service/shop"),
    ("ports-meet", "fail", "Service/shop"),
    ("selector-stable", "fail", BLUE),
    ("selectors-apart", "fail", BLUE),
    ("affinity", "fail", "Ingress/shop-canary"),
    ("main-not-empty", "fail", "Ingress/shop-main"),
    ("load-balancer", "fail", "Ingress/shop-alb"),
    ("self-heal", "fail", "Application/everything"),
    ("integration-tests", "fail", "integration.xml"),
    ("performance-tests", "unknown", "performance.xml"),
    ("architecture-diagram", "fail", "architecture.md"),
    ("workflow-concurrency", "fail", "release.yml"),
}


def test_the_good_set_has_no_gap_at_all() -> None:
    result = checked(HERE / "good", fail_on="any", min_score="100")
    assert gaps(result) == set()
    assert (result.outcome, result.exit_code, result.outputs["score"]) == (Outcome.READY, 0, "100")


@pytest.mark.parametrize(("name", "planted"), [("careless", CARELESS), ("dangerous", DANGEROUS)])
def test_exactly_the_planted_gaps_are_found(name: str, planted: set[tuple[str, str, str]]) -> None:
    result = checked(HERE / name)
    assert gaps(result) == planted
    assert (result.outcome, result.exit_code) == (Outcome.NOT_READY, 10)


@pytest.mark.parametrize("name", ["careless", "dangerous"])
def test_every_gap_has_evidence_and_a_fix(name: str) -> None:
    for one in assessment(checked(HERE / name)).findings:
        assert one.evidence
        assert one.fix or one.status.good


def test_a_gap_in_a_manifest_knows_its_file_and_line() -> None:
    found = assessment(checked(HERE / "dangerous")).findings
    budget = next(one for one in found if one.check == "disruption-budget")
    lines = (HERE / "dangerous/deploy/shop.yaml").read_text().splitlines()
    assert lines[budget.place.line - 1] == "apiVersion: policy/v1"


def test_a_gap_in_a_document_or_workflow_is_placed_as_one_finds_it_from_here() -> None:
    found = assessment(checked(HERE / "dangerous")).findings
    workflow = next(one for one in found if one.check == "workflow-concurrency")
    assert workflow.place.file == f"{HERE}/dangerous/.github/workflows/release.yml"
    assert Path(workflow.place.file).read_text().splitlines()[workflow.place.line - 1] == "  release:"


def patched() -> list[Any]:
    return [
        pytest.param(name, one, id=f"{name} {one.check}")
        for name in ("careless", "dangerous")
        for one in assessment(checked(HERE / name)).findings
        if one.patch is not None and one.status is Status.FAIL
    ]


@pytest.mark.parametrize(("name", "finding"), patched())
def test_a_patch_closes_the_gap_it_is_for(name: str, finding: Finding, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(HERE / name, folder)
    file = folder / Path(finding.place.file).relative_to(HERE / name)
    kind, _, called = finding.place.object.partition("/")
    documents = [
        merged(one, finding.patch) if (one["kind"], one["metadata"]["name"]) == (kind, called) else one
        for one in yaml.safe_load_all(file.read_text())
    ]
    file.write_text(yaml.safe_dump_all(documents))
    after = [one for one in assessment(checked(folder)).findings if one.check == finding.check]
    assert [one.evidence for one in after if one.place.object == finding.place.object and not one.status.good] == []


def test_T35_an_affinity_cookie_that_outvotes_weights_is_found() -> None:
    found = next(one for one in assessment(checked(HERE / "dangerous")).findings if one.check == "affinity")
    assert found.status is Status.FAIL
    assert "affinity-canary-behavior: legacy" in found.fix


def test_T49_releases_that_would_be_dropped_or_killed_are_found(tmp_path: Path) -> None:
    """Without `queue: max` GitHub silently drops the release that waits; with cancel-in-progress it kills one."""
    shutil.copytree(HERE / "good", tmp_path / "set")
    workflow = tmp_path / "set/.github/workflows/release.yml"
    workflow.write_text(workflow.read_text().replace("  queue: max\n", ""))
    assert gaps(checked(tmp_path / "set")) == {("workflow-queue", "fail", "release.yml")}
    workflow.write_text(workflow.read_text().replace("cancel-in-progress: false", "cancel-in-progress: true"))
    assert gaps(checked(tmp_path / "set")) == {("workflow-concurrency", "fail", "release.yml")}


def test_T54_a_single_instance_without_budget_or_room_is_found(tmp_path: Path) -> None:
    """One replica, no PodDisruptionBudget, no room to surge: each is a finding of its own."""
    shutil.copytree(HERE / "good", tmp_path / "set")
    file = tmp_path / "set/deploy/shop.yaml"
    documents = [
        one
        for one in yaml.safe_load_all(file.read_text())
        if one["kind"] not in ("PodDisruptionBudget", "HorizontalPodAutoscaler")
    ]
    documents[0]["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": 1}
    file.write_text(yaml.safe_dump_all(documents))
    assert {check for check, _, _ in gaps(checked(tmp_path / "set"))} == {
        "replicas", "disruption-budget", "surge-room", "keeps-serving",
    }  # fmt: skip
