"""Progress for the person who watches: a live line on a terminal, plain lines in CI."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from pointsman.adapters.clock import unix_time
from pointsman.entry.context import Kind
from pointsman.model.duration import words_of
from pointsman.ports.clock import Clock
from pointsman.report.foreign import one_line
from pointsman.report.sections import section_end, section_start

_REPEAT_SECONDS = 20.0


class PlainProgress:
    """One line per event; a wait is told when it begins, when it has a new reason, and every 20 s. Reasons that take
    turns, such as pods that each cannot be asked, are not new."""

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._clock, self._stream = clock, stream
        self._started = clock.seconds()
        self._told: dict[str, float] = {}

    def say(self, text: str) -> None:
        """One permanent line."""
        self._told.clear()
        self._line(text)

    def waiting(self, text: str, seconds: float, limit: float) -> None:
        """A line when there is something new to tell."""
        now = self._clock.seconds()
        self._told = {known: at for known, at in self._told.items() if now - at < _REPEAT_SECONDS}
        if text in self._told:
            return
        self._told[text] = now
        self._line(f"… {text} ({words_of(max(seconds, 0))} of {words_of(limit)})")

    def _line(self, text: str) -> None:
        stamp = words_of(self._clock.seconds() - self._started)
        # A line that begins with the time can never be a workflow command, whatever a pod or server said.
        print(f"[{stamp:>9}] {one_line(text)}", file=self._stream, flush=True)


class LiveProgress(PlainProgress):
    """On a terminal the waiting line is written over."""

    def say(self, text: str) -> None:
        """One permanent line."""
        self._clear()
        super().say(text)

    def waiting(self, text: str, seconds: float, limit: float) -> None:
        """The live line."""
        line = f"  … {one_line(text)} ({words_of(max(seconds, 0))} of {words_of(limit)})"
        print(f"\r\x1b[K{line[:118]}", end="", file=self._stream, flush=True)

    def _clear(self) -> None:
        print("\r\x1b[K", end="", file=self._stream, flush=True)

    def close(self) -> None:
        """Leave a clean line behind."""
        self._clear()


def progress_for(clock: Clock, json_output: bool, in_pipeline: bool) -> PlainProgress:
    """Progress goes to stderr when stdout carries JSON; live only on a terminal with a person in front of it."""
    stream = sys.stderr if json_output else sys.stdout
    live = stream.isatty() and not in_pipeline
    return LiveProgress(clock, stream) if live else PlainProgress(clock, stream)


@contextmanager
def foldable(kind: Kind, name: str, title: str, stream: TextIO, collapsed: bool = False) -> Iterator[None]:
    """What is printed inside is a part of the log that a reader can fold; on GitLab only."""
    if kind == "gitlab":
        print(section_start(name, title, unix_time(), collapsed), file=stream, flush=True)
    try:
        yield
    finally:
        if kind == "gitlab":
            print(section_end(name, unix_time()), file=stream, flush=True)
