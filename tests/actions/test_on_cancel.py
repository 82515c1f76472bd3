"""`on-cancel: rollback`: the second inner step of the action, run as the runner runs it once the job was cancelled.

act does not run inner steps of a cancelled job, so both are taken from action.yml and started one after the other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actions.github import GitHub
from tests.actions.releases import Job, assert_cancelled, job_of
from tests.actions.runner import Step
from tests.cluster.harness.shop import Users, image, selected
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman


@pytest.fixture
def job(request: pytest.FixtureRequest, world: World, github: GitHub, suite: Path, tmp_path: Path) -> Job:
    """A job that reaches the API server as any does."""
    return job_of(request.param, world, github, suite, tmp_path / "job", request)


def ended(step: Step) -> dict[str, str]:
    """The outputs of a step, once it has ended well."""
    running = step.start()
    assert running.finish().exit_code == 0, running.log.read_text()
    return step.outputs


@pytest.mark.parametrize("job", ["container"], indirect=True)
def test_a_release_in_flight_is_undone_when_its_job_was_cancelled(
    job: Job, world: World, github: GitHub, users: Users
) -> None:
    """Users are back, nothing of the release is left, and nobody noticed."""
    step = job.inner("run", "v2", **{"on-cancel": "rollback"})
    running = step.start()
    running.says("watching the candidate serve")
    assert_cancelled(step, running, github)
    assert selected(world) == "green"
    undone = ended(job.inner("undo", "v2", **{"on-cancel": "rollback"}))
    assert (undone["outcome"], undone["active"], undone["image"]) == ("rolled-back", "shop-blue", "localhost/app:v1")
    assert (selected(world), image(world, "shop-blue")) == ("blue", "v1")
    assert not world.exists("deployment", "shop-green"), "there was none before"
    record = Pointsman(world).record()
    assert (record["flight"], record["intent"], record["last"]["outcome"]) == (None, None, "rolled-back")
    assert [event["text"] for event in record["events"] if event["kind"] == "reason"] == ["the job was cancelled"]
    assert Pointsman(world).holder() == ""
    assert github.states("rollback") == ["pending", "success"]
    users.wait_for("v1")
    assert users.failures() == []


@pytest.mark.parametrize("job", ["python"], indirect=True)
def test_a_release_that_was_over_when_its_job_was_cancelled_is_left_alone(job: Job, world: World, users: Users) -> None:
    """Cancel may be pressed in the very moment in which it ends."""
    given = {"on-cancel": "rollback", "bake": "1s"}
    assert ended(job.inner("run", "v2", **given))["outcome"] == "switched"
    left = ended(job.inner("undo", "v2", **given))
    assert (left["outcome"], left["active"]) == ("unchanged", "shop-green")
    assert left["why"] == "no release is in flight, and one that is over is left alone"
    assert (selected(world), image(world, "shop-green")) == ("green", "v2")
    users.wait_for("v2")
    assert users.failures() == []


@pytest.mark.parametrize("job", ["python"], indirect=True)
def test_a_wish_that_nobody_understands_is_refused_before_anything_is_touched(job: Job, world: World) -> None:
    running = job.inner("run", "v2", **{"on-cancel": "undo"}).start()
    assert running.finish().exit_code == 2
    assert "on-cancel: undo is unknown. Use hold or rollback." in running.log.read_text()
    assert Pointsman(world).record() == {}
