"""The Jenkinsfile example: it can be read, and its shell steps do on the local platform what they do for a user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from pointsman.demo.stage import stage
from pointsman.entry.spec import STEPS, variable_of
from tests.actions.gitlab_ci_local import command
from tests.actions.gitlab_templates import ROOT
from tests.pipelines.jenkinsfile import Block, read

EXAMPLE = (ROOT / "examples/jenkins/Jenkinsfile").read_text("utf-8")
JENKINS = {"JENKINS_URL": "https://jenkins.example/", "JOB_NAME": "shop", "BUILD_NUMBER": "12", "BUILD_TAG": "shop-12"}
LOCAL = {"POINTSMAN_PLATFORM": "local", "POINTSMAN_NAMESPACE": "demo", "POINTSMAN_IMAGE": "shop:v2"}
QUICK = {"POINTSMAN_BAKE": "1s"}


@dataclass(frozen=True)
class Agent:
    """The machine of a Jenkins agent; `variables` are those of a build."""

    workspace: Path
    variables: dict[str, str]

    def run(self, block: Block, **variables: str) -> list[int]:
        """Run the shell steps of a block as Jenkins does, to the first that fails; their exit codes."""
        codes: list[int] = []
        for script in block.shell:
            environment = {**self.variables, **variables}
            done = subprocess.run(
                ["sh", "-xe", "-c", script], cwd=self.workspace, env=environment, timeout=120, check=False
            )
            codes.append(done.returncode)
            if done.returncode != 0:
                break
        return codes

    def outcome(self, report: str) -> str:
        """How the step ended that wrote this report."""
        return str(json.loads((self.workspace / "reports" / report / "report.json").read_text())["outcome"])


@pytest.fixture
def pipeline() -> Block:
    return read(EXAMPLE)


@pytest.fixture
def agent(pipeline: Block, tmp_path: Path) -> Iterator[Agent]:
    """An agent on which the demo's shop runs, with the environment of the example."""
    programs = command(tmp_path / "bin", sys.executable, "-P", "-m", "pointsman")
    plain = {name: text[1:-1] for name, text in pipeline.block("environment").assigned.items() if text.startswith("'")}
    machine = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    machine["POINTSMAN_LOCAL_ROOT"] = str(tmp_path / "state")
    (tmp_path / "workspace").mkdir()
    with stage(tmp_path / "state"):
        yield Agent(tmp_path / "workspace", {**machine, **plain, **JENKINS, **LOCAL, **QUICK})


def stage_of(pipeline: Block, name: str) -> Block:
    return pipeline.block("stages").block("stage", name)


def test_the_example_has_the_parts_of_a_declarative_pipeline(pipeline: Block) -> None:
    assert pipeline.name == "pipeline"
    assert "agent any" in pipeline.lines
    assert [one.label for one in pipeline.block("stages").blocks] == ["Build", "Approve", "Release", "Verify"]
    assert all(one.block("steps").lines for one in pipeline.block("stages").blocks)
    assert "disableConcurrentBuilds()" in pipeline.block("options").lines


def test_every_variable_of_the_example_is_an_input(pipeline: Block) -> None:
    known = {variable_of(one.name) for step in STEPS for one in step.inputs}
    given = {name for name in pipeline.block("environment").assigned if name.startswith("POINTSMAN_")}
    assert given <= known
    assert {"POINTSMAN_NAMESPACE", "POINTSMAN_SERVICE", "POINTSMAN_IMAGE"} <= given


def test_a_release_and_its_rollback_report_to_jenkins(pipeline: Block, agent: Agent) -> None:
    assert agent.run(stage_of(pipeline, "Build").block("steps")) == [0]
    assert agent.run(stage_of(pipeline, "Release").block("steps")) == [0]
    assert agent.run(stage_of(pipeline, "Release").block("post").block("aborted")) == [0]
    assert (agent.outcome("release"), agent.outcome("undo")) == ("switched", "unchanged")
    sick = {"POINTSMAN_EXPECT_STATUS": "418", "POINTSMAN_TIMEOUT": "1s"}
    assert agent.run(stage_of(pipeline, "Verify").block("steps"), **sick) == [10]
    assert agent.run(stage_of(pipeline, "Verify").block("post").block("failure")) == [0]
    assert (agent.outcome("verify"), agent.outcome("rollback")) == ("unhealthy", "rolled-back")
    results = sorted(agent.workspace.glob("reports/*/junit.xml"))
    failures = {file.parent.name: Xml.parse(file).getroot()[0].get("failures") for file in results}  # noqa: S314 - ours
    assert failures == {"release": "0", "undo": "0", "rollback": "0", "verify": "2"}
    assert any("reports/*/junit.xml" in line for line in pipeline.block("post").block("always").lines)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(EXAMPLE.removesuffix("}\n"), id="not closed"),
        pytest.param(EXAMPLE.replace("steps {", "stpes {", 1), id="misspelt"),
        pytest.param(EXAMPLE.replace("sh 'pointsman verify", 'sh "pointsman verify', 1), id="a Groovy string"),
        pytest.param(EXAMPLE + "}\n", id="closed too often"),
    ],
)
def test_what_jenkins_would_refuse_is_noticed(broken: str) -> None:
    with pytest.raises(ValueError, match=r"line|closed"):
        read(broken)
