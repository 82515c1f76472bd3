"""Somebody presses Cancel: the step ends in time, says so everywhere, and the same step run again goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.github import GitHub
from tests.actions.machine import Machine
from tests.actions.releases import IN_TIME, Job, assert_cancelled, five_minutes_pass, job_of
from tests.actions.runner import SHA, Step
from tests.actions.way import SWITCH, Way
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.shop import Users, image, selected
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman

in_both_modes = pytest.mark.parametrize("job", ["python", "container"], indirect=True)
in_python = pytest.mark.parametrize("job", ["python"], indirect=True)
in_a_container = pytest.mark.parametrize("job", ["container"], indirect=True)


@pytest.fixture
def way(cluster: Cluster, tmp_path: Path) -> Iterator[Way]:
    """The way to the API server, open."""
    with Way(cluster, tmp_path / "way") as made:
        yield made


@pytest.fixture
def job(request: pytest.FixtureRequest, world: World, github: GitHub, suite: Path, way: Way, tmp_path: Path) -> Job:
    """A job that reaches the API server along the way."""
    return job_of(request.param, world, github, suite, tmp_path / "job", request, KUBECONFIG=str(way.kubeconfig))


@in_both_modes
def test_a_release_cancelled_while_pods_start_ends_in_time_and_goes_on_when_run_again(
    job: Job, world: World, github: GitHub, users: Users
) -> None:
    """Users were on blue all the while; the second run takes over what the first had begun."""
    step = job.step("slow")
    running = step.start()
    running.says("0 of 2 ready")
    assert_cancelled(step, running, github)
    assert selected(world) == "blue"
    assert Pointsman(world).holder() == ""
    assert_it_goes_on(step, world, github, users, "slow")


@in_both_modes
def test_a_release_cancelled_while_it_is_watched_ends_in_time_and_goes_on_when_run_again(
    job: Job, world: World, github: GitHub, users: Users
) -> None:
    """Users are on green already and stay there; the second run watches again and then calls it proven."""
    step = job.step("v2")
    running = step.start()
    running.says("watching the candidate serve")
    assert_cancelled(step, running, github)
    assert selected(world) == "green"
    assert Pointsman(world).holder() == ""
    assert_it_goes_on(step, world, github, users, "v2")


@in_python
def test_a_release_cancelled_while_pods_start_and_the_api_server_hangs(
    job: Job, world: World, github: GitHub, users: Users, way: Way
) -> None:
    """The lock cannot be given back in time; it runs out."""
    step = job.step("slow", bake="2s")
    running = step.start()
    running.says("0 of 2 ready")
    way.close()
    assert_cancelled(step, running, github)
    assert selected(world) == "blue"
    way.open()
    five_minutes_pass(world)
    assert_it_goes_on(step, world, github, users, "slow")


@in_python
@pytest.mark.parametrize("arrives", [False, True], ids=["it never arrives", "it arrives"])
def test_a_release_cancelled_while_the_switch_itself_gets_no_answer(
    job: Job, world: World, github: GitHub, users: Users, way: Way, arrives: bool
) -> None:
    """Nobody can know whether users moved, and the report says so; the next run looks, and goes on from there."""
    (way.close_after if arrives else way.close_before)(SWITCH)
    step = job.step("v2", bake="2s")
    running = step.start()
    way.wait_closed()
    assert_cancelled(step, running, github)
    assert "/services/shop was answered: its outcome is not known" in step.outputs["why"]
    assert selected(world) == ("green" if arrives else "blue")
    way.open()
    five_minutes_pass(world)
    assert_it_goes_on(step, world, github, users, "v2")


@in_a_container
def test_a_release_cancelled_while_it_is_watched_and_the_api_server_hangs(
    job: Job, world: World, github: GitHub, users: Users, way: Way
) -> None:
    """The probe that is under way goes through the API server and gets no answer either."""
    step = job.step("v2", bake="20s")
    running = step.start()
    running.says("watching the candidate serve")
    way.close()
    assert_cancelled(step, running, github)
    assert selected(world) == "green"
    way.open()
    five_minutes_pass(world)
    again = job.step("v2", bake="2s")
    assert_it_goes_on(again, world, github, users, "v2")


def assert_it_goes_on(step: Step, world: World, github: GitHub, users: Users, version: str) -> None:
    """The same step finishes, and no user noticed any of it."""
    assert Pointsman(world).record()["flight"] is not None
    again = step.start()
    ending = again.finish()
    assert ending.exit_code == 0, again.log.read_text()
    assert (step.outputs["outcome"], step.outputs["active"]) == ("switched", "shop-green")
    assert (selected(world), image(world, "shop-green")) == ("green", version)
    assert Pointsman(world).record()["flight"] is None
    assert github.states("blue-green-switch")[2:] == ["pending", "success"]
    assert {one["sha"] for one in github.statuses("blue-green-switch")} == {SHA}
    users.wait_for(version)
    assert users.failures() == []


@in_python
def test_T48_a_cancelled_release_leaves_no_deployment_in_progress_and_writes_its_summary(
    job: Job, github: GitHub, users: Users
) -> None:
    del users
    step = job.step("slow", deployment="create", environment="production")
    running = step.start()
    running.says("0 of 2 ready")
    ending = running.cancel()
    assert (ending.exit_code, ending.signals) == (130, ("SIGINT",)), running.log.read_text()
    assert github.deployment_states() == ["in_progress", "failure"]
    assert step.summary.startswith("## 🛑 Cancelled: shop")


def test_a_shell_that_stays_in_between_would_not_pass_the_signal_on(plain_machine: Machine, tmp_path: Path) -> None:
    """Why the step's line is an exec, and that this harness would see it missing."""
    step = Step(plain_machine, tmp_path, tmp_path / "job", "none", {})
    process = step.shell("echo ready\nsleep 60\ntrue\n")
    process.says("ready")
    process.waits_for_a_child()
    ending = process.cancel()
    assert ending.signals != ("SIGINT",)
    assert ending.seconds > IN_TIME
