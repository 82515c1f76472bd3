"""The daemons of one cluster: started inside its namespace and control group, each with a log file."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.harness.cgroups import ControlGroup
from tests.cluster.harness.network import Namespace

_RARELY_COLLECTING = {"GOGC": "400"}
"""Go daemons use four times their memory before they clean up: a fifth of all their work, with memory to spare."""


class StartError(Exception):
    """A daemon ended or didn't get ready; the message carries the end of its log."""


class Processes:
    """Starts daemons and notices when one ends too early. `ControlGroup.kill` is what ends them."""

    def __init__(self, run_dir: Path, namespace: Namespace, group: ControlGroup) -> None:
        self._run_dir = run_dir
        self._namespace = namespace
        self._group = group
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: list[str], environment: dict[str, str] | None = None) -> None:
        """Run a daemon in a session of its own; its output goes to NAME.log."""
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                self._namespace.entering(argv),
                cwd=self._run_dir,
                env={**os.environ, **_RARELY_COLLECTING, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._group.adopt(self._running[name].pid)

    def wait_until(self, name: str, ready: Callable[[], bool], timeout: float = 60.0) -> None:
        """Wait for a daemon to be ready; raises `StartError` when any daemon ends or time runs out."""
        deadline = time.monotonic() + timeout
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StartError(f"{name} is not ready after {timeout:.0f} s\n{self._last_words(name)}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise `StartError` if a daemon has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StartError(f"{name} ended with {process.returncode}\n{self._last_words(name)}")

    def reap(self) -> None:
        """Collect the exit codes of daemons that were ended."""
        for process in self._running.values():
            process.wait(timeout=10)
        self._running.clear()

    def _log(self, name: str) -> Path:
        return self._run_dir / f"{name}.log"

    def _last_words(self, name: str, lines: int = 15) -> str:
        return "\n".join(self._log(name).read_text(errors="replace").splitlines()[-lines:])
