"""Output that outlives its reader: a pipe into `head`, a log collector that dies, or a full disk under a log file never
ends a release half-way."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO, cast

_STDOUT, _STDERR = 1, 2


class Unheard:
    """The stream, except that what cannot be written goes nowhere: for good once nobody reads it any more. `lost` says
    why somebody who does read it has not got everything."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = ""

    def write(self, text: str) -> int:
        """Its length, also when it went nowhere."""
        try:
            return self._stream.write(text)
        except OSError as trouble:
            self._bear(trouble)
            return len(text)

    def flush(self) -> None:
        """What was written is on its way, or gone."""
        try:
            self._stream.flush()
        except OSError as trouble:
            self._bear(trouble)

    def settle(self) -> None:
        """The last flush. What a full disk has left in the stream would be tried once more when the process ends, whose
        exit code would then tell of that."""
        self.flush()
        if self.lost:
            self._give_up()

    def _bear(self, trouble: OSError) -> None:
        if isinstance(trouble, BrokenPipeError):
            self._give_up()
        else:
            self.lost = trouble.strerror or str(trouble)

    def _give_up(self) -> None:
        # What the stream still holds would be tried again, at the latest when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def outlive_readers() -> None:
    """From now on for all that this process says. To be done first of all: where a standard stream was closed, the next
    file or connection would become it."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(opened, True)  # a login program that we start has them too
    os.close(opened)
    sys.stdout = cast(TextIO, Unheard(sys.stdout or _nowhere(_STDOUT)))
    sys.stderr = cast(TextIO, Unheard(sys.stderr or _nowhere(_STDERR)))


def _nowhere(number: int) -> TextIO:
    """What Python makes of a standard stream, for one that was closed."""
    return open(number, "w", encoding="utf-8", errors="backslashreplace")


def losses() -> list[str]:
    """Why not all of the standard output was written; empty where it was, or nobody reads it."""
    why = getattr(sys.stdout, "lost", "")
    return [f"what was to be printed could not all be written: {why}"] if why else []


def settle() -> None:
    """To be done last of all."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Unheard):
            stream.settle()
