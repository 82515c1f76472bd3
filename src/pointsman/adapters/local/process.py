"""Processes that outlive us: found again by id and start time, for an id alone is soon given to somebody
else."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_ours: list[subprocess.Popen[bytes]] = []


def start_detached(command: Sequence[str], log: Path) -> int:
    """Start `command` in a session of its own, so that no signal to us reaches it; its process id.

    Both its streams go to the end of `log`. Raises OSError when the command cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as stream:
        return _started(command, stream)


def _started(command: Sequence[str], stream: TextIO) -> int:
    reap()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True, cwd="/"
    )
    _ours.append(process)
    return process.pid


def reap() -> dict[int, int]:
    """Bury those of our children that have ended; process id to exit code (negative: the signal)."""
    ended = {process.pid: code for process in _ours if (code := process.poll()) is not None}
    _ours[:] = [process for process in _ours if process.pid not in ended]
    return ended


def start_mark(pid: int) -> str:
    """When process `pid` started, as a text to compare; empty when there is none, or only its corpse."""
    if pid <= 0:
        return ""
    if Path("/proc/self/stat").exists():
        return _mark_in_proc(pid)
    seen = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return seen.stdout.strip()


def _mark_in_proc(pid: int) -> str:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, started = after_name[0], after_name[19]
    return "" if state in "ZX" else started


def is_alive(pid: int, mark: str) -> bool:
    """True when the process that had `mark` still runs under `pid`."""
    return bool(mark) and start_mark(pid) == mark


def ask_to_end(pid: int, mark: str) -> None:
    """SIGTERM to the process itself, which may finish what it is doing."""
    if is_alive(pid, mark):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def end_at_once(pid: int, mark: str) -> None:
    """SIGKILL to the process and all it started in its session."""
    if is_alive(pid, mark):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
