"""The steps that are not on the front page, one after the other in one job, by Python and from containers."""

from __future__ import annotations

from pathlib import Path

from tests.actions.act import Act, Rehearsal
from tests.actions.canaries import assert_serves, open_three_pods
from tests.actions.consumer import consumer, workflow
from tests.actions.github import TOKEN, GitHub
from tests.actions.started import Started
from tests.cluster.harness.shop import Users
from tests.cluster.harness.world import World
from tests.images.base import Docker
from tests.release.rehearsal import Rehearsal as Release

STEPS = {
    "ready": ("readiness-check", "not-ready"),
    "canary": ("canary-step", "advanced"),
    "promote": ("promote", "promoted"),
    "verify": ("verify-health", "healthy"),
    "rollback": ("rollback", "rolled-back"),
    "abort": ("abort", "unchanged"),
}
"""By its id: what each step is, and how it ends."""


def run_all(act: Act, world: World, github: GitHub, place: Path, runner: str) -> Rehearsal:
    """All steps while users come, none of whom meets a failure; in the end they have what they had before."""
    open_three_pods(world)
    variables = {**github.variables, "NAMESPACE": world.namespace, "RUNNER": runner}
    with Users(world) as users:
        run = act.run(consumer(place / "shop", workflow("every-step")), variables=variables, token=TOKEN)
        run.must_be(release="success")
        users.wait_for("v1")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2"}
    assert_serves(world, "v1")
    return run


def assert_told(run: Rehearsal, github: GitHub) -> None:
    """Each step has its outputs, its part of the summary and its status of the commit."""
    for name, (step, outcome) in STEPS.items():
        assert (run.step(name).outputs["outcome"], run.step(name).outputs["exit-code"]) == (outcome, "0")
        assert ": shop\n" in run.step(name).summary
        assert github.states(step)[0] == "pending"
        assert len(github.states(step)) == 2
    assert "disruption-budget" in run.step("ready").outputs["failed"].split(",")
    assert run.step("canary").outputs["weight"] == "25"
    assert "(the fair opens)" in run.step("promote").outputs["why"]


def test_each_other_step_runs_in_an_environment_of_python(
    act: Act, world: World, github: GitHub, tmp_path: Path
) -> None:
    run = run_all(act, world, github, tmp_path, "python")
    assert_told(run, github)
    assert all("runner=python because" in run.step(name).log for name in STEPS)


def test_each_other_step_runs_from_the_image_that_the_lock_names(
    act_released: Act, rehearsal: Release, docker: Docker, world: World, github: GitHub, tmp_path: Path
) -> None:
    with Started(docker) as started:
        run = run_all(act_released, world, github, tmp_path, "container")
    assert_told(run, github)
    assert started.images == [rehearsal.image] * len(STEPS)
