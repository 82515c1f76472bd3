"""Output that outlives its reader: a pipe into `head`, or a log collector that dies, never ends a release half-way."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO, cast


class Unheard:
    """The stream, except that once nobody reads it any more what is written goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Its length, also when nobody reads it."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        """What was written is on its way, or gone."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._give_up()

    def _give_up(self) -> None:
        # What the stream still holds would be tried again, at the latest when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def outlive_readers() -> None:
    """From now on for all that this process says."""
    sys.stdout, sys.stderr = cast(TextIO, Unheard(sys.stdout)), cast(TextIO, Unheard(sys.stderr))
