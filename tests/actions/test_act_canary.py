"""The example of a canary behind a plain Service, rehearsed with act on a real cluster under constant load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actions.act import Act, Rehearsal
from tests.actions.canaries import OWN_CHECKS, QUICK, assert_serves, open_three_pods
from tests.actions.consumer import consumer
from tests.actions.github import TOKEN, GitHub
from tests.cluster.harness.shop import Users
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman
from tests.images.base import ROOT

ABORT = """
name: Abort
on:
  workflow_dispatch:
    inputs: {reason: {required: true}}
jobs:
  abort:
    runs-on: ubuntu-latest
    steps:
      - id: abort
        uses: pointsman-dev/pointsman/actions/abort@v1
        with:
          namespace: ${{ env.NAMESPACE }}
          service: shop
          reason: ${{ inputs.reason }}
"""
EXAMPLE = (ROOT / "examples/github/canary.yml").read_text("utf-8")


@pytest.fixture
def shop(world: World) -> World:
    """Three pods of v1 behind one Service."""
    return open_three_pods(world)


def release(act: Act, world: World, github: GitHub, place: Path, text: str, version: str = "v2") -> Rehearsal:
    """Rehearse this workflow at a pace for tests."""
    variables = {**github.variables, **QUICK, "NAMESPACE": world.namespace}
    inputs = {"image": f"localhost/app:{version}"}
    return act.run(consumer(place / "shop", text), inputs=inputs, variables=variables, token=TOKEN)


def test_the_example_walks_in_two_jobs_and_promotes_without_a_failed_request(
    act: Act, shop: World, github: GitHub, tmp_path: Path
) -> None:
    """The first job leaves the canary at a quarter, the second goes on from there; the rollback has nothing to do."""
    with Users(shop) as users:
        run = release(act, shop, github, tmp_path, EXAMPLE)
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    done = {job: result for job, result in run.jobs.items() if job != "rollback"}
    assert done == {"build": "success", "quarter": "success", "everybody": "success"}, run.log
    assert run.step("rollback").outputs == {}
    assert_serves(shop, "v2")
    steps = [one["arg"] for one in run.events if one.get("command") == "set-output" and one.get("name") == "outcome"]
    assert list(dict.fromkeys(steps)) == ["advanced", "promoted"]
    summary = run.step("canary").summary
    assert "## ✅ Advanced: shop" in summary
    assert "## ✅ Promoted: shop" in summary
    assert github.states("canary-step") == ["pending", "success"] * 2


def test_a_canary_whose_own_checks_fail_is_taken_back_by_the_rollback_job(
    act: Act, shop: World, github: GitHub, tmp_path: Path
) -> None:
    """It was at a quarter, healthy; the second job never begins, and nobody met a failure on the way back."""
    assert OWN_CHECKS in EXAMPLE
    with Users(shop) as users:
        run = release(act, shop, github, tmp_path, EXAMPLE.replace(OWN_CHECKS, 'exit 1; echo "'))
        users.wait_for("v1")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert (run.jobs["quarter"], run.jobs["rollback"]) == ("failure", "success"), run.log
    assert run.step("canary").outputs["outcome"] == "advanced"
    back = run.step("rollback")
    assert back.outputs["outcome"] == "rolled-back"
    assert back.summary.startswith("## ⏪ Rolled back: shop")
    assert_serves(shop, "v1")
    assert github.states("rollback") == ["pending", "success"]


def test_a_person_gives_the_canary_up_by_a_workflow_of_its_own(
    act: Act, shop: World, github: GitHub, tmp_path: Path
) -> None:
    """The step is told nothing but the service and why; pressed twice, the second run has nothing to do."""
    walked = {"workload": "deployment/shop", "metrics": "probes", "mode": "point", "interval": "1s", "bake": "5s"}
    more = {"warm_up": "1s", "objective": "error-rate ok<1% rollback>5%", "weight": "25"}
    step = Pointsman(shop).run("canary-step", service="shop", image="localhost/app:v2", **walked, **more)
    step.must_be(0, "advanced")
    variables = {**github.variables, "NAMESPACE": shop.namespace}
    repository = consumer(tmp_path / "shop", ABORT)
    first, second = (
        act.run(repository, inputs={"reason": "orders fail"}, variables=variables, token=TOKEN)
        .must_be(abort="success")
        .step("abort")
        for _ in range(2)
    )
    assert (first.outputs["outcome"], first.outputs["active"]) == ("rolled-back", "shop")
    assert "(orders fail)" in first.outputs["why"]
    assert first.summary.startswith("## ⏪ Rolled back: shop")
    assert second.outputs["outcome"] == "unchanged"
    assert_serves(shop, "v1")
    assert github.states("abort") == ["pending", "success"] * 2
