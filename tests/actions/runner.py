"""The one step of an action as GitHub's runner starts it, and as it cancels it; act would kill it at once.

The runner signals the process it started and nobody below it: SIGINT, 7.5 s later SIGTERM, 2.5 s later it kills
everything. The files of a step, its directories and its variables are the runner's, too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.actions.machine import Machine

UNTIL_SIGTERM, UNTIL_SIGKILL = 7.5, 2.5
_BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
SHA = "fedcba9876543210fedcba9876543210fedcba98"


@dataclass(frozen=True)
class Ending:
    """How a process ended: `seconds` since it was asked to, and the signals that took."""

    exit_code: int
    seconds: float = 0.0
    signals: tuple[str, ...] = ()


@dataclass
class EntryProcess:
    """The process that the runner started; `log` is where all its output goes."""

    process: subprocess.Popen[bytes]
    log: Path

    def says(self, text: str, seconds: float = 90) -> None:
        """Wait until it has said this; raises TimeoutError with all it said."""
        deadline = time.monotonic() + seconds
        while text not in self.log.read_text():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise TimeoutError(f"it did not say {text!r}:\n{self.log.read_text()}")
            time.sleep(0.1)

    def waits_for_a_child(self, seconds: float = 90) -> None:
        """Wait until it sleeps and has a child: a shell takes a signal otherwise before it has started its command than
        while it waits for it. Raises TimeoutError."""
        place = Path(f"/proc/{self.process.pid}")
        deadline = time.monotonic() + seconds
        while not self._sleeps(place):
            if time.monotonic() > deadline:
                raise TimeoutError("it does not wait for a child")
            time.sleep(0.1)

    @staticmethod
    def _sleeps(place: Path) -> bool:
        children = (place / "task" / place.name / "children").read_text()
        state = (place / "stat").read_text().rpartition(")")[2].split()[0]
        return bool(children.strip()) and state == "S"

    def finish(self, seconds: float = 180) -> Ending:
        """Let it run to its end."""
        return Ending(self.process.wait(timeout=seconds))

    def cancel(self) -> Ending:
        """What the runner does when somebody presses Cancel."""
        began, sent = time.monotonic(), []
        for number, patience in ((signal.SIGINT, UNTIL_SIGTERM), (signal.SIGTERM, UNTIL_SIGKILL)):
            sent.append(number.name)
            self.process.send_signal(number)
            try:
                return Ending(self.process.wait(patience), time.monotonic() - began, tuple(sent))
            except subprocess.TimeoutExpired:
                continue
        os.killpg(self.process.pid, signal.SIGKILL)
        return Ending(self.process.wait(), time.monotonic() - began, (*sent, "SIGKILL"))


@dataclass
class Step:
    """One step of a job of the action `name` of `suite`; `variables` are what action.yml maps its inputs to, `command`
    is its `run:` line where that is another one than every action has."""

    machine: Machine
    suite: Path
    home: Path
    name: str
    variables: dict[str, str]
    command: str = ""
    runs: int = field(default=0, init=False)

    def start(self) -> EntryProcess:
        """Start it as the runner does, with new files for its outputs and its summary."""
        return self.shell(self.command or f'exec "$GITHUB_ACTION_PATH/../../libexec/launch" {self.name}\n')

    def shell(self, script: str) -> EntryProcess:
        """Start any `run:` script in its place."""
        self.runs += 1
        for place in (self.temp, self.home / "workspace"):
            place.mkdir(parents=True, exist_ok=True)
        for file in (self.temp / "output", self.temp / "summary"):
            file.write_text("")
        (self.temp / "script.sh").write_text(script)
        return self._started([*_BASH, str(self.temp / "script.sh")])

    def _started(self, words: list[str]) -> EntryProcess:
        log = self.home / f"log-{self.runs}"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.machine.cluster.argv(words),
                env=self._environment(),
                cwd=self.home / "workspace",
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that the end of it reaches everything below
            )
        return EntryProcess(process, log)

    @property
    def temp(self) -> Path:
        """RUNNER_TEMP."""
        return self.home / "temp"

    @property
    def outputs(self) -> dict[str, str]:
        """What its last run put into GITHUB_OUTPUT; a value has a line that opens it, and one that closes it."""
        lines = iter((self.temp / "output").read_text().splitlines())
        found = {}
        for line in lines:
            name, _, delimiter = line.partition("<<")
            found[name] = "\n".join(iter(lines.__next__, delimiter))
        return found

    @property
    def summary(self) -> str:
        """What its last run put into GITHUB_STEP_SUMMARY."""
        return (self.temp / "summary").read_text()

    def _environment(self) -> dict[str, str]:
        return {
            **self.machine.environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.suite / "actions" / self.name),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_JOB": "release",
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_RUN_ATTEMPT": str(self.runs),
            "GITHUB_SHA": SHA,
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_WORKSPACE": str(self.home / "workspace"),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_TOOL_CACHE": str(self.machine.tool_cache),
            **self.variables,
        }
