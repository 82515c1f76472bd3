"""The real command as a process of its own, at eight times the pace.

`forkserver` imports everything once and forks each run from there, so that thousands of runs are affordable; what
runs is the command line itself, from its arguments to its exit code. Only time is not the machine's: the clock that
the command line is given lets every wait, deadline and lease of the product pass eight times as fast.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from pointsman.adapters.clock import SystemClock

PACE = 8.0
_LOST_TRACK = 255
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.crash.preloaded"])
_STARTING = threading.Lock()


class PacedClock(SystemClock):
    """A clock that goes `pace` times as fast as the machine's."""

    def __init__(self, pace: float) -> None:
        super().__init__()
        self._pace = pace
        self._began, self._began_at = time.monotonic(), time.time()

    def now(self) -> str:
        passed = (time.monotonic() - self._began) * self._pace
        return datetime.fromtimestamp(self._began_at + passed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def seconds(self) -> float:
        return time.monotonic() * self._pace

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / self._pace)

    def pause(self, seconds: float) -> None:
        super().pause(seconds / self._pace)

    def every(self, seconds: float, stop: threading.Event, action: Callable[[], None]) -> None:
        super().every(seconds / self._pace, stop, action)

    def allowance(self, seconds: float) -> float:
        return super().allowance(seconds / self._pace)


@dataclass(frozen=True)
class Ended:
    """How a run ended: `result` is the JSON it printed, empty when it was killed."""

    exit_code: int
    result: dict[str, Any] = field(default_factory=dict)
    log: str = ""

    @property
    def outcome(self) -> str:
        """How it ended, in the words of the output `outcome`; empty when it was killed."""
        return str(self.result.get("outcome", ""))

    def told(self) -> str:
        """All it said, for a person who wants to know why."""
        return f"exit {self.exit_code} {self.outcome}: {self.result.get('why', '')}\n{self.log[-3000:]}"


class Running:
    """A run under way; its output goes to files in `folder`."""

    def __init__(self, arguments: list[str], kubeconfig: Path, folder: Path, pace: float = PACE) -> None:
        self._folder = folder
        with _STARTING:
            self._process: ForkServerProcess = _CONTEXT.Process(
                target=_become, args=(arguments, str(kubeconfig), str(folder), pace)
            )
            self._process.start()
        self.pid = int(self._process.pid or 0)

    @property
    def under_way(self) -> bool:
        """True until it has ended."""
        return self._process.exitcode is None

    def finish(self, seconds: float) -> Ended:
        """Wait for its end. Raises TimeoutError, after ending it, when it does not come."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
            raise TimeoutError(f"it did not end within {seconds:.0f} s\n{self._read('err')}")
        code = self._code(self._process.exitcode)
        self._process.close()
        return Ended(code, _document(self._read("out")), self._read("err"))

    def _code(self, told: int) -> int:
        """The fork server says 255 when it lost track of a process; what the process wrote down itself is known."""
        written = self._read("code")
        return int(written or -signal.SIGKILL) if told == _LOST_TRACK else told

    def _read(self, name: str) -> str:
        file = self._folder / name
        return file.read_text() if file.exists() else ""


def _become(arguments: list[str], kubeconfig: str, folder: str, pace: float) -> None:
    """What the forked process does: be the command line."""
    from pointsman.entry.cli import cli

    os.setsid()
    os.chdir(folder)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "GITLAB_", "POINTSMAN_", "CI_", "ACT"))]:
        del os.environ[name]
    os.environ["KUBECONFIG"] = kubeconfig
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115 - they live as long as the process
    try:
        cli.main([*arguments, "--output", "json"], prog_name="pointsman", obj=PacedClock(pace))
    except SystemExit as ended:
        Path("code").write_text(str(ended.code or 0))
        raise


def _document(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}
