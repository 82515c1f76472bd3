"""Workflows run by act on this machine, and what a person would see of them on GitHub.

act's `--json` log has every workflow command, output and summary as an event of its own. A composite action
repeats some of them for itself, so what a step wrote is taken from its innermost step.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.actions.consumer import Consumer
from tests.actions.machine import Machine
from tests.cluster.harness.binaries import program

SUITE = "pointsman-dev/pointsman@v1"
_PATIENCE = 240
# act gives a step a terminal, and when the step fails it does not read to the end of that: in one of thirty runs the
# last line was lost, which is the error. Where no terminal can be opened it takes a pipe, which it does read.
_WITHOUT_TERMINALS = ["unshare", "--mount", "--", "sh", "-c", 'mount --bind /dev/null /dev/ptmx && exec "$@"', "act"]
_ANNOTATIONS = ("error", "warning", "notice")

Event = dict[str, Any]


@dataclass(frozen=True)
class Annotation:
    """A remark on the run's page."""

    level: str
    title: str
    text: str


@dataclass(frozen=True)
class Step:
    """One step of a job that was run."""

    name: str
    events: list[Event]

    @property
    def result(self) -> str:
        """success, failure or skipped; empty for a step that never was. A failure that was tolerated is one."""
        results = [one["stepResult"] for one in self.events if "stepResult" in one and one.get("stage") == "Main"]
        return str(results[-1]) if results else ""

    @property
    def outputs(self) -> dict[str, str]:
        """What it put into GITHUB_OUTPUT, or printed as the command of old."""
        return {one["name"]: one["arg"] for one in self._innermost("set-output")}

    @property
    def summary(self) -> str:
        """Its part of the job's summary."""
        return "\n".join(one["content"] for one in self._innermost("summary"))

    @property
    def annotations(self) -> list[Annotation]:
        """What it remarked on the run's page, in order."""
        found = [one for one in self.events if one.get("command") in _ANNOTATIONS]
        return [Annotation(one["command"], one["kvPairs"].get("title", ""), one["arg"]) for one in found]

    def remarks(self, level: str) -> list[str]:
        """The texts of its annotations of one level."""
        return [one.text for one in self.annotations if one.level == level]

    @property
    def complaints(self) -> list[str]:
        """What it could not report, in its own words; remarks on the release itself left out."""
        return [one.text for one in self.annotations if one.title == "pointsman"]

    @property
    def log(self) -> str:
        """What it printed, commands left out."""
        return "".join(one["msg"] for one in self.events if one.get("raw_output"))

    def _innermost(self, command: str) -> list[Event]:
        found = [one for one in self.events if one.get("command") == command]
        deepest = max((len(one["stepID"]) for one in found), default=0)
        return [one for one in found if len(one["stepID"]) == deepest]


@dataclass(frozen=True)
class Rehearsal:
    """One finished run of a workflow."""

    exit_code: int
    said: str
    events: list[Event]

    @cached_property
    def jobs(self) -> dict[str, str]:
        """The result of each job that ran."""
        return {one["jobID"]: one["jobResult"] for one in self.events if "jobResult" in one}

    def step(self, name: str) -> Step:
        """The step with this id, or with this position in its job for one without an id."""
        return Step(name, [one for one in self.events if one.get("stepID", [""])[0] == name])

    def must_be(self, **jobs: str) -> Rehearsal:
        """Itself, after asserting the result of every job that ran; a failing assertion shows the whole log."""
        assert self.jobs == jobs, self.log
        return self

    @property
    def complaints(self) -> list[str]:
        """What it could not report, in its own words; remarks on the release itself left out."""
        return [one.text for one in self.annotations if one.title == "pointsman"]

    @property
    def log(self) -> str:
        """All that was printed, for people."""
        return self.said + "".join(f"{one.get('msg', '').rstrip()}\n" for one in self.events)


@dataclass(frozen=True)
class Act:
    """act as a self-hosted runner on `machine`, which has the project's release `suite` for a remote repository."""

    machine: Machine
    suite: Path

    def run(
        self,
        repository: Consumer,
        event: str = "workflow_dispatch",
        *,
        inputs: dict[str, str] | None = None,
        variables: dict[str, str] | None = None,
        payload: Event | None = None,
        token: str = "",
        others: dict[str, Path] | None = None,
    ) -> Rehearsal:
        """Run the workflow of `repository` to its end.

        `inputs` are those of workflow_dispatch, `payload` is the event's; `variables` win over the workflow's
        `env`; without a `token` the job has none. `others` are repositories of others' actions, as owner/name@ref:
        act fetches an action also for a step that is skipped.
        """
        words = [*_WITHOUT_TERMINALS, str(program("act")), event]
        words += ["-P", "ubuntu-latest=-self-hosted", "--json", "--no-cache-server"]
        words += ["--action-cache-path", str(self.machine.cache), "--local-repository", f"{SUITE}={self.suite}"]
        words += [part for name, at in (others or {}).items() for part in ("--local-repository", f"{name}={at}")]
        words += [part for name, text in (inputs or {}).items() for part in ("--input", f"{name}={text}")]
        words += [part for name, text in (variables or {}).items() for part in ("--env", f"{name}={text}")]
        words += ["-s", f"GITHUB_TOKEN={token}"] if token else []
        words += ["-e", str(repository.event(payload))] if payload else []
        done = self.machine.run(words, cwd=repository.place, timeout=_PATIENCE)
        return Rehearsal(done.returncode, done.stderr, _events(done))


def _events(done: subprocess.CompletedProcess[str]) -> list[Event]:
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]
