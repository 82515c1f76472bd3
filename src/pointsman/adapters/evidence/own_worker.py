"""The process in which own checks are asked: facts first, then check after check, each answered before the next.

    python -m pointsman.adapters.evidence.own_worker ASKING ANSWERING FOLDER SECONDS

ASKING and ANSWERING are the numbers of two pipes; a third, whose other end only the asker has, is stdin. Once the
asker is gone, however that came, nothing is left here: this process ends with all that its checks have started. An
alarm a little after SECONDS is for a check that lets no other thread have its turn. A process of a check that eats
memory is ended before the machine is short.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from pointsman.adapters.evidence import expressions, own_functions
from pointsman.model.readiness import Answer, Facts, OwnCheck

MOST_MEMORY = 4 * 1024**3
_GRACE = 5


def main(asking: str, answering: str, folder: str, seconds: str) -> None:
    """Answer until nobody asks any more."""
    asked, answered = Connection(int(asking), writable=False), Connection(int(answering), readable=False)
    limit_memory()
    threading.Thread(target=_end_with, args=(_lifeline(),), daemon=True).start()
    facts = msgspec.json.decode(asked.recv_bytes(), type=Facts)
    with suppress(EOFError):
        while True:
            check = msgspec.json.decode(asked.recv_bytes(), type=OwnCheck)
            signal.alarm(math.ceil(float(seconds)) + _GRACE)
            answers = _answers(check, Path(folder), facts)
            answered.send_bytes(msgspec.json.encode(answers, enc_hook=str))
            signal.alarm(0)


def _lifeline() -> int:
    """Stdin, out of the way of checks that read theirs."""
    lifeline = os.dup(0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    return lifeline


def _end_with(lifeline: int) -> None:
    """Wait for the end of the asker, then end the whole process group, which is ours alone."""
    while os.read(lifeline, 1):
        pass
    os.killpg(os.getpid(), signal.SIGKILL)


def limit_memory() -> None:
    """Bound the address space, where the system can."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(hard, MOST_MEMORY)
    with suppress(ValueError, OSError):  # macOS refuses
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _answers(check: OwnCheck, folder: Path, facts: Facts) -> tuple[Answer, ...] | None:
    if check.expression:
        return expressions.answers_of(check, facts)
    return own_functions.answers_of(check, folder, facts)


if __name__ == "__main__":
    main(*sys.argv[1:])
