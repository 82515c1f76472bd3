"""Somebody presses Cancel: the step ends in time, says so everywhere, and the same step run again goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.actions.github import TOKEN, GitHub
from tests.actions.machine import Machine
from tests.actions.runner import SHA, EntryProcess, Step
from tests.cluster.harness.shop import Users, image, open_shop, selected
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman

IN_TIME = 6.0
"""Seconds; the runner sends the next signal after 7.5."""

Release = Callable[[str], Step]


@pytest.fixture(params=["python", "container"])
def release(
    request: pytest.FixtureRequest, world: World, github: GitHub, suite: Path, plain_machine: Machine, tmp_path: Path
) -> Release:
    """blue-green-switch of an open shop to a version, in either mode."""
    inputs = {"RUNNER": str(request.param), "GITHUB_TOKEN": TOKEN, "NAMESPACE": world.namespace, "SERVICE": "shop"}
    inputs |= {"SOAK": "1s", "BAKE": "12s", "LOCK_WAIT": "10s"}
    machine = plain_machine
    if request.param == "container":
        machine = request.getfixturevalue("docker_machine")
        inputs["RUNNER_IMAGE"] = request.getfixturevalue("image")
    variables = {**github.variables, **{f"POINTSMAN_{name}": text for name, text in inputs.items()}}

    def step(version: str) -> Step:
        given = {**variables, "POINTSMAN_IMAGE": f"localhost/app:{version}"}
        return Step(machine, suite, tmp_path / "job", "blue-green-switch", given)

    return step


@pytest.fixture
def users(world: World) -> Iterator[Users]:
    """Constant load on an open shop with v1."""
    open_shop(world)
    with Users(world) as load:
        yield load


def test_a_release_cancelled_while_pods_start_ends_in_time_and_goes_on_when_run_again(
    release: Release, world: World, github: GitHub, users: Users
) -> None:
    """Users were on blue all the while; the second run takes over what the first had begun."""
    step = release("slow")
    running = step.start()
    running.says("0 of 2 ready")
    assert_cancelled(step, running, github)
    assert selected(world) == "blue"
    assert_it_goes_on(step, world, github, users, "slow")


def test_a_release_cancelled_while_it_is_watched_ends_in_time_and_goes_on_when_run_again(
    release: Release, world: World, github: GitHub, users: Users
) -> None:
    """Users are on green already and stay there; the second run watches again and then calls it proven."""
    step = release("v2")
    running = step.start()
    running.says("watching the candidate serve")
    assert_cancelled(step, running, github)
    assert selected(world) == "green"
    assert_it_goes_on(step, world, github, users, "v2")


def assert_cancelled(step: Step, running: EntryProcess, github: GitHub) -> None:
    """Exit 130 after the first signal alone, within 6 s, with outputs, summary and status written."""
    ending = running.cancel()
    log = running.log.read_text()
    assert (ending.exit_code, ending.signals) == (130, ("SIGINT",)), log
    assert ending.seconds < IN_TIME, log
    assert (step.outputs["outcome"], step.outputs["exit-code"]) == ("cancelled", "130")
    assert step.summary.startswith("## 🛑 Cancelled: shop\n\n**Why:** stopped: SIGINT")
    assert "run the same command again" in step.summary
    assert github.states("blue-green-switch") == ["pending", "error"]
    assert github.statuses("blue-green-switch")[-1]["description"].startswith("Cancelled: ")
    assert "::error title=pointsman blue-green-switch::stopped: SIGINT" in log


def assert_it_goes_on(step: Step, world: World, github: GitHub, users: Users, version: str) -> None:
    """The lock is free, the same step finishes, and no user noticed any of it."""
    assert Pointsman(world).holder() == ""
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


def test_a_shell_that_stays_in_between_would_not_pass_the_signal_on(plain_machine: Machine, tmp_path: Path) -> None:
    """Why the step's line is an exec, and that this harness would see it missing."""
    step = Step(plain_machine, tmp_path, tmp_path / "job", "none", {})
    process = step.shell("echo ready\nsleep 60\ntrue\n")
    process.says("ready")
    ending = process.cancel()
    assert ending.signals != ("SIGINT",)
    assert ending.seconds > IN_TIME
