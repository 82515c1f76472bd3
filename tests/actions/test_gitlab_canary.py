"""The GitLab example of a canary, run by gitlab-ci-local on a real cluster under constant load: the walk, the gate, the
promotion, the verification, and the way back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from tests.actions.canaries import OWN_CHECKS, QUICK, assert_serves, open_three_pods
from tests.actions.gitlab_ci_local import Pipeline, Project, command, project, require_gitlab_ci_local
from tests.actions.machine import Machine
from tests.cluster.harness.shop import Users
from tests.cluster.harness.world import World
from tests.images.base import ROOT

EXAMPLE = (ROOT / "examples/gitlab/canary.gitlab-ci.yml").read_text("utf-8")


@pytest.fixture
def shop(world: World) -> World:
    """Three pods of v1 behind one Service."""
    require_gitlab_ci_local()
    return open_three_pods(world)


def repository(machine: Machine, suite: Path, place: Path, pipeline: str) -> Project:
    """A project whose jobs run in the shell of this machine, where `pointsman` is on PATH."""
    programs = command(place / "bin", suite / "libexec/launch")
    variables = {
        **machine.environment,
        "PATH": f"{programs}:{machine.environment['PATH']}",
        "RUNNER_TOOL_CACHE": str(machine.tool_cache),
        "POINTSMAN_RUNNER": "python",
    }

    def run(words: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        argv = machine.cluster.argv(words)
        return subprocess.run(argv, env=variables, capture_output=True, text=True, check=False, **more)

    return project(place / "shop", pipeline, run)


def pipeline(repository: Project, world: World, *jobs: str) -> Pipeline:
    """Run it, or some of its jobs, at a pace for tests."""
    return repository.pipeline(*jobs, **QUICK, NAMESPACE=world.namespace, IMAGE="localhost/app:v2")


def test_the_example_waits_at_a_quarter_for_a_person_and_then_promotes_without_a_failed_request(
    plain_machine: Machine, suite: Path, shop: World, tmp_path: Path
) -> None:
    project = repository(plain_machine, suite, tmp_path, EXAMPLE)
    with Users(shop) as users:
        walk = pipeline(project, shop)
        assert walk.jobs == {"build": "PASS", "quarter": "PASS", "checks": "PASS"}, walk.log
        assert "POINTSMAN_OUT_OUTCOME=advanced\nPOINTSMAN_OUT_EXIT_CODE=0\n" in walk.report("quarter", "outputs.env")
        gate = pipeline(project, shop, "everybody")
        assert gate.jobs == {"everybody": "PASS"}, gate.log
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert_serves(shop, "v2")
    assert "POINTSMAN_OUT_OUTCOME=promoted\n" in gate.report("everybody", "outputs.env")
    suite_of_tests = Xml.fromstring(gate.report("everybody", "junit.xml"))[0]  # noqa: S314 - it is ours
    assert (suite_of_tests.get("failures"), suite_of_tests.get("errors")) == ("0", "0")
    proof = pipeline(project, shop, "verify")
    assert proof.jobs == {"verify": "PASS"}, proof.log


def test_a_canary_whose_own_checks_fail_is_taken_back_by_the_rollback_job(
    plain_machine: Machine, suite: Path, shop: World, tmp_path: Path
) -> None:
    """It was at a quarter, healthy; nobody met a failure on the way back, and the other rollback job had no cause."""
    assert OWN_CHECKS in EXAMPLE
    broken = EXAMPLE.replace(OWN_CHECKS, 'exit 1; echo "')
    with Users(shop) as users:
        run = pipeline(repository(plain_machine, suite, tmp_path, broken), shop)
        assert run.jobs == {"build": "PASS", "quarter": "PASS", "checks": "FAIL 1", "undo": "PASS"}, run.log
        users.wait_for("v1")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert_serves(shop, "v1")
    assert "POINTSMAN_OUT_OUTCOME=rolled-back\n" in run.report("undo", "outputs.env")
