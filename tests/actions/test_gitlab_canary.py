"""The GitLab example of a canary, run by gitlab-ci-local on a real cluster under constant load."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml

from tests.actions.canaries import OWN_CHECKS, QUICK, assert_serves, open_three_pods
from tests.actions.gitlab_ci_local import Pipeline, Project, command, project, require_gitlab_ci_local
from tests.actions.machine import Machine
from tests.cluster.harness.shop import Users
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman
from tests.docs.pages import blocks
from tests.images.base import ROOT

EXAMPLE = (ROOT / "examples/gitlab/canary.gitlab-ci.yml").read_text("utf-8")
UNDO = "undo:\n"


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


def pipeline(repository: Project, world: World, *words: str) -> Pipeline:
    """Run it at a pace for tests, with these words more."""
    return repository.pipeline(*words, **QUICK, NAMESPACE=world.namespace, IMAGE="localhost/app:v2")


def passed(*jobs: str) -> dict[str, str]:
    """How jobs end when these are well; the shop of these tests has gaps, and the example lets them pass."""
    return {"build": "PASS", "ready": "WARN 10", **dict.fromkeys(jobs, "PASS")}


def test_the_gate_is_a_job_that_a_person_runs_and_the_pipeline_waits_for() -> None:
    """gitlab-ci-local would go on without it."""
    gate = yaml.safe_load(EXAMPLE)["everybody"]
    assert (gate["when"], gate["allow_failure"]) == ("manual", False)


def test_the_example_walks_through_the_gate_and_promotes_without_a_failed_request(
    plain_machine: Machine, suite: Path, shop: World, tmp_path: Path
) -> None:
    """The whole pipeline, in which somebody has run the job `everybody`; the ways back have nothing to do."""
    with Users(shop) as users:
        run = pipeline(repository(plain_machine, suite, tmp_path, EXAMPLE), shop, "--manual", "everybody")
        assert run.jobs == passed("quarter", "checks", "everybody", "verify"), run.log
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert_serves(shop, "v2")
    assert "POINTSMAN_OUT_OUTCOME=advanced\n" in run.report("quarter", "outputs.env")
    assert "POINTSMAN_OUT_OUTCOME=promoted\n" in run.report("everybody", "outputs.env")
    assert "POINTSMAN_OUT_OUTCOME=not-ready\n" in run.report("ready", "outputs.env")
    for job in ("quarter", "everybody", "verify"):
        tests = Xml.fromstring(run.report(job, "junit.xml"))[0]  # noqa: S314 - it is ours
        assert (tests.get("failures"), tests.get("errors")) == ("0", "0")


def test_a_canary_whose_own_checks_fail_is_taken_back_by_the_rollback_job(
    plain_machine: Machine, suite: Path, shop: World, tmp_path: Path
) -> None:
    """It was at a quarter, healthy; nobody met a failure on the way back, and the other rollback job had no cause.

    After a failure GitLab skips a manual job; gitlab-ci-local stops there unless later jobs say whom they need.
    """
    assert OWN_CHECKS in EXAMPLE
    assert UNDO in EXAMPLE
    broken = EXAMPLE.replace(OWN_CHECKS, 'exit 1; echo "').replace(UNDO, f"{UNDO}  needs: [quarter, checks]\n")
    with Users(shop) as users:
        run = pipeline(repository(plain_machine, suite, tmp_path, broken), shop)
        assert run.jobs == {**passed("quarter", "undo"), "checks": "FAIL 1"}, run.log
        users.wait_for("v1")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert_serves(shop, "v1")
    assert "POINTSMAN_OUT_OUTCOME=rolled-back\n" in run.report("undo", "outputs.env")


def test_a_person_at_the_gate_refuses_the_canary(
    plain_machine: Machine, suite: Path, shop: World, tmp_path: Path
) -> None:
    """At once, with nobody's failure, and in the record as that person's will."""
    with Users(shop) as users:
        run = pipeline(repository(plain_machine, suite, tmp_path, EXAMPLE), shop, "--manual", "refuse")
        assert run.jobs == passed("quarter", "checks", "refuse", "verify"), run.log
        users.wait_for("v1")
        assert users.failures() == []
    assert_serves(shop, "v1")
    assert "POINTSMAN_OUT_OUTCOME=rolled-back\n" in run.report("refuse", "outputs.env")
    assert "refused at a quarter" in json.dumps(Pointsman(shop).record())


def test_a_person_in_a_hurry_has_the_jobs_of_the_documentation(
    plain_machine: Machine, suite: Path, shop: World, tmp_path: Path
) -> None:
    """`promote` takes the canary to its end without more evidence; after that `abort` has nothing to do."""
    project = repository(plain_machine, suite, tmp_path, with_jobs_for_a_person(shop))
    with Users(shop) as users:
        assert pipeline(project, shop, "quarter").jobs == {"quarter": "PASS"}
        promoted = pipeline(project, shop, "promote")
        assert promoted.jobs == {"promote": "PASS"}, promoted.log
        users.wait_for("v2")
        assert users.failures() == []
    assert "POINTSMAN_OUT_OUTCOME=promoted\n" in promoted.report("promote", "outputs.env")
    aborted = pipeline(project, shop, "abort")
    assert "POINTSMAN_OUT_OUTCOME=unchanged\n" in aborted.report("abort", "outputs.env")
    assert_serves(shop, "v2")


def with_jobs_for_a_person(world: World) -> str:
    """The example with what the page on GitLab adds to it."""
    (text,) = [block.text for block in blocks("yaml") if "templates/promote.yml" in block.text]
    example, more = (
        yaml.safe_load(EXAMPLE),
        yaml.safe_load(text.replace("namespace: shop", f"namespace: {world.namespace}")),
    )
    include = example["include"] + more.pop("include")
    return yaml.safe_dump({**example, **more, "include": include}, width=1000)
