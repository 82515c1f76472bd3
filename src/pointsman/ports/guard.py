"""The dead-man switch from both sides: the run that posts one, and the guard that listens to the run's lock."""

from __future__ import annotations

from typing import Protocol

from pointsman.strategy.dead_man import Pulse


class DeadMan(Protocol):
    """A guard outside this process which returns users to stable when this run vanishes."""

    @property
    def name(self) -> str:
        """What it is called, for people."""
        ...

    def post(self, release: str) -> None:
        """Let it guard `release`; one that stands there already, of whichever run, is replaced."""
        ...

    def dismiss(self) -> None:
        """Take away the one that this run has posted; harmless when there is none, or by now another run's."""
        ...


class LockWatch(Protocol):
    """The lock of a service, looked at without ever taking it."""

    def pulse(self) -> Pulse:
        """Whether it is free, held by a live run, or held by one that went silent."""
        ...

    def wait(self, seconds: float) -> bool:
        """Return on the next change of the lock (True), at the latest after `seconds` (False)."""
        ...
