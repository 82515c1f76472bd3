"""blue-green-switch of an open shop as a job on GitHub runs it, in either mode, and what must be so once somebody has
pressed Cancel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.actions.github import TOKEN, GitHub
from tests.actions.machine import Machine
from tests.actions.runner import EntryProcess, Step
from tests.cluster.harness.world import World

IN_TIME = 6.0
"""Seconds; the runner sends the next signal after 7.5."""
_INPUT = "${{ inputs."


@dataclass(frozen=True)
class Job:
    """Makes the inner steps of the action, with `inputs` for them and `variables` of the job."""

    machine: Machine
    suite: Path
    home: Path
    inputs: dict[str, str]
    variables: dict[str, str]

    def step(self, version: str, **inputs: str) -> Step:
        """The step that releases `version`."""
        return self.inner("run", version, **inputs)

    def inner(self, name: str, version: str, **inputs: str) -> Step:
        """The inner step of action.yml with this id, its `env:` worked out as the runner does."""
        metadata = yaml.safe_load((self.suite / "actions/blue-green-switch/action.yml").read_text())
        found = next(one for one in metadata["runs"]["steps"] if one["id"] == name)
        given = {**self.inputs, **inputs, "image": f"localhost/app:{version}"}
        known = {key: given.get(key, told["default"]) for key, told in metadata["inputs"].items()}
        assert given.keys() <= known.keys()
        variables = {key: _worked_out(text, known) for key, text in found["env"].items()}
        home = self.home / name
        return Step(self.machine, self.suite, home, "blue-green-switch", self.variables | variables, found["run"])


def job_of(
    mode: str, world: World, github: GitHub, suite: Path, home: Path, request: pytest.FixtureRequest, **variables: str
) -> Job:
    """A job in `mode` (python or container)."""
    inputs = {"runner": mode, "github-token": TOKEN, "namespace": world.namespace, "service": "shop"}
    inputs |= {"soak": "1s", "bake": "12s", "lock-wait": "10s"}
    machine: Machine = request.getfixturevalue("plain_machine" if mode == "python" else "docker_machine")
    if mode == "container":
        inputs["runner-image"] = request.getfixturevalue("image")
    return Job(machine, suite, home, inputs, {**github.variables, **variables})


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


def five_minutes_pass(world: World) -> None:
    """For the lock of a run that could not give it back: nobody has renewed it for so long."""
    world.patch("lease", "pointsman-shop", {"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}})


def _worked_out(text: Any, inputs: dict[str, str]) -> str:
    if text == "${{ job.check_run_id }}":
        return ""
    assert text.startswith(_INPUT) or "${{" not in text
    return inputs[text.removeprefix(_INPUT).removesuffix(" }}")] if text.startswith(_INPUT) else text
