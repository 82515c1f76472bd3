"""The GitLab example for the local platform, run by gitlab-ci-local: every report arrives where GitLab looks for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from pointsman.demo.stage import BLUE, stage
from tests.actions.gitlab_ci_local import Project, command, project, require_gitlab_ci_local
from tests.actions.gitlab_templates import ROOT
from tests.fakes.gitlab_server import GitLabServer

EXAMPLE = (ROOT / "examples/gitlab/local.gitlab-ci.yml").read_text("utf-8")
VERIFY = "job-name: verify\n"
NEVER_HEALTHY = 'expect-status: "418"\n      timeout: 1s\n'
LATER_JOB = "later:\n  stage: verify\n  script: ['echo \"told: $POINTSMAN_OUT_OUTCOME $POINTSMAN_OUT_ACTIVE\"']\n"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """The demo's shop on a machine with a shell runner, in a project whose `verify` will fail."""
    require_gitlab_ci_local()
    programs = command(tmp_path / "bin", sys.executable, "-P", "-m", "pointsman")
    variables = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    variables["POINTSMAN_LOCAL_ROOT"] = str(tmp_path / "state")

    def run(words: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, env=variables, capture_output=True, text=True, check=False, **more)

    assert VERIFY in EXAMPLE
    pipeline = EXAMPLE.replace(VERIFY, f"{VERIFY}      {NEVER_HEALTHY}").replace("bake: 5s", "bake: 1s")
    with stage(tmp_path / "state"):
        yield project(tmp_path / "shop", f"{pipeline}\n{LATER_JOB}", run)


def test_a_release_whose_verification_fails_is_rolled_back_and_all_of_it_is_reported(shop: Project) -> None:
    with GitLabServer(sha=shop.sha) as gitlab:
        home = {"CI_API_V4_URL": gitlab.url + "/api/v4", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7"}
        run = shop.pipeline(**home, POINTSMAN_GITLAB_TOKEN=gitlab.token)
    assert run.jobs == {"switch": "PASS", "later": "PASS", "verify": "FAIL 10", "rollback": "PASS"}, run.log
    assert "told: switched shop-green" in run.log
    assert f"POINTSMAN_OUT_ACTIVE={BLUE}\n" in run.report("rollback", "outputs.env")
    suite = Xml.fromstring(run.report("verify", "junit.xml"))[0]  # noqa: S314 - it is ours
    assert (suite.get("name"), suite[0][0].tag) == ("pointsman verify-health: shop", "failure")
    assert json.loads(run.report("switch", "annotations.json")) == {}  # there is no page of a job here
    assert "pointsman_verify-health took" in run.log
    titles = [note["body"].split("\n")[1] for note in gitlab.gitlab.notes]
    assert titles == ["## ✅ Switched: shop", "## ❌ Unhealthy: shop", "## ⏪ Rolled back: shop"]
    assert gitlab.token not in run.log
