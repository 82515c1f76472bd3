"""The example of readiness-check, rehearsed with act: from files alone in a pull request, of the cluster before a
deployment."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.actions.act import Act, Rehearsal
from tests.actions.consumer import consumer
from tests.cluster.harness.shop import open_shop
from tests.cluster.harness.world import World
from tests.images.base import ROOT
from tests.readiness.sets import HERE

EXAMPLE = (ROOT / "examples/github/readiness.yml").read_text("utf-8")
PULL_REQUEST = {"number": 7, "pull_request": {"number": 7, "head": {"sha": "1" * 40}}}


def checked(act: Act, name: str, place: Path, event: str = "pull_request", **variables: str) -> Rehearsal:
    """The example in a repository that is one of the sets."""
    texts = {
        file.relative_to(HERE / name).as_posix(): file.read_text("utf-8")
        for file in (HERE / name).rglob("*")
        if file.is_file() and ".github" not in file.parts
    }
    payload = PULL_REQUEST if event == "pull_request" else None
    shop = consumer(place / "shop", EXAMPLE, **texts)
    return act.run(shop, event, variables=variables, payload=payload, others=code_scanning(place))


def code_scanning(place: Path) -> dict[str, Path]:
    """An action that fails, where the example has the one that uploads to GitHub: no rehearsal may run it."""
    found = re.search(r"uses: (github/codeql-action)/upload-sarif@(\w+)", EXAMPLE)
    assert found
    action = place / "codeql-action/upload-sarif/action.yml"
    action.parent.mkdir(parents=True)
    runs = {"using": "composite", "steps": [{"run": "exit 1", "shell": "bash"}]}
    action.write_text(yaml.safe_dump({"name": "upload", "description": "No upload", "runs": runs}))
    return {f"{found[1]}@{found[2]}": place / "codeql-action"}


def test_a_service_in_order_is_ready_and_what_runs_decides_about_the_deployment(
    act: Act, world: World, tmp_path: Path
) -> None:
    """Files alone are enough for the check; before the deployment the cluster has the say, whose shop has gaps."""
    open_shop(world)
    run = checked(act, "good", tmp_path, "push", NAMESPACE=world.namespace)
    run.must_be(check="success", gate="failure")
    step = run.step("ready")
    assert (step.outputs["outcome"], step.outputs["failed"]) == ("ready", "")
    assert step.outputs["unknown"] == "security-scanning"
    assert step.summary.startswith("## ✅ Ready: shop")
    gate = run.step("gate")
    assert gate.outputs["outcome"] == "not-ready"
    assert "disruption-budget" in gate.outputs["failed"].split(",")
    assert "rolled-out of Deployment/shop-blue" in gate.log


def test_a_careless_service_is_not_and_its_gaps_are_told(act: Act, tmp_path: Path) -> None:
    rehearsal = checked(act, "careless", tmp_path).must_be(check="failure")
    step = rehearsal.step("ready")
    assert (step.outputs["outcome"], step.outputs["exit-code"]) == ("not-ready", "10")
    assert "replicas" in step.outputs["failed"].split(",")
    assert "### Availability" in step.summary
    assert step.outputs["sarif"] == "readiness-report/readiness.sarif"
