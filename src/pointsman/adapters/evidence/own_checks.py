"""The user's own checks, asked in a process of their own: one that hangs, or takes its process with it, says unknown.

One process answers check after check, since it costs a tenth of a second to start; after a hang it is ended, with all
that it started, and the next check gets a new one. What it prints goes to stderr: stdout is the report, which a
program may read. Neighbours: `own_worker.py` is that process, `own_functions.py` and `expressions.py` what it runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from pointsman.model.errors import InputError
from pointsman.model.readiness import Answer, Facts, OwnCheck, unknown

SECONDS = 30.0
"""What a check may take."""


class OwnChecks:
    """Asks functions of files below `folder` (where pointsman.yaml is), and expressions; each in at most `seconds`."""

    def __init__(self, folder: str, seconds: float = SECONDS) -> None:
        self._folder = Path(folder)
        self._seconds = seconds

    def ask(self, checks: Iterable[OwnCheck], facts: Facts) -> Mapping[str, tuple[Answer, ...]]:
        """What each check says, by its id. Raises InputError when one is not there."""
        asked = list(checks)
        for check in asked:
            self._refuse_absent(check)
        worker = _Worker(self._folder, facts, self._seconds)
        try:
            return {check.id: worker.ask(check) for check in asked}
        finally:
            worker.end()

    def _refuse_absent(self, check: OwnCheck) -> None:
        file = self._folder / check.run.rpartition(":")[0]
        if check.run and not file.is_file():
            raise InputError(f"the own check {check.id}: {file} does not exist", "write PATH.py:FUNCTION")


class _Worker:
    """The process, started when it is first needed."""

    def __init__(self, folder: Path, facts: Facts, seconds: float) -> None:
        self._folder, self._facts, self._seconds = folder, facts, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, check: OwnCheck) -> tuple[Answer, ...]:
        try:
            answers = self._answered(check)
        except (EOFError, OSError):
            return (self._lost(check),)
        except msgspec.ValidationError as crooked:
            return (unknown(f"its answer is crooked: {crooked}", f"correct {_name(check)}"),)
        if answers is None:
            path, _, name = check.run.rpartition(":")
            file = self._folder / path
            raise InputError(f"the own check {check.id}: {file} has no function {name}", "write PATH.py:FUNCTION")
        return answers

    def _answered(self, check: OwnCheck) -> tuple[Answer, ...] | None:
        if self._process is None:
            self._start()
        self._asking.send_bytes(msgspec.json.encode(check))
        if not self._answering.poll(self._seconds):
            self.end()
            told = f"it took longer than {self._seconds:g} s, and was ended"
            return (unknown(told, f"make {_name(check)} quicker, or let a job of the pipeline prove it"),)
        return msgspec.json.decode(self._answering.recv_bytes(), type=tuple[Answer, ...] | None)

    def _lost(self, check: OwnCheck) -> Answer:
        code = self._process.wait() if self._process else 0
        self.end()
        return unknown(f"it ended its process, with {code}", f"correct {_name(check)}")

    def _start(self) -> None:
        theirs, ours = os.pipe()
        answers, theirs_too = os.pipe()
        command = [sys.executable, "-P", "-m", "pointsman.adapters.evidence.own_worker", str(theirs), str(theirs_too)]
        self._process = subprocess.Popen(
            [*command, str(self._folder), str(self._seconds)],
            stdin=subprocess.PIPE,  # its lifeline
            stdout=2,
            pass_fds=(theirs, theirs_too),
            start_new_session=True,
        )
        os.close(theirs)
        os.close(theirs_too)
        self._asking, self._answering = Connection(ours, readable=False), Connection(answers, writable=False)
        self._asking.send_bytes(msgspec.json.encode(self._facts, enc_hook=str))

    def end(self) -> None:
        """End the process, and what it may have started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for end in (self._asking, self._answering, self._process.stdin):
            if end:
                end.close()
        self._process = None


def _name(check: OwnCheck) -> str:
    return check.run or f"the expression ({check.place})"
