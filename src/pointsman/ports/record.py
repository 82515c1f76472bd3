"""Where the release record and the lock of one service are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pointsman.model.record import Record


class RecordStore(Protocol):
    """One record, written by compare-and-swap."""

    def load(self) -> Record | None:
        """The record as it stands; None when there is none. What is loaded is what the next save compares with."""
        ...

    def save(self, record: Record) -> None:
        """Replace what was loaded (or saved) last. Raises ConflictError when somebody wrote in between."""
        ...


@dataclass(frozen=True)
class Grip:
    """How the lock was got: its fencing number; whether it was taken from a holder that vanished and may wake up
    again; whether it was made anew because there was none (it may have been deleted under a live holder)."""

    number: int
    taken_over: bool = False
    made: bool = False


class Lock(Protocol):
    """One writer per service, with a fencing number that rises at every takeover from a holder that vanished."""

    def acquire(self, wait: float, supersede: bool = False) -> Grip:
        """Take the lock, waiting up to `wait` seconds for a live holder. With `supersede`, a holder that came
        before us is asked to give way. Raises LockHeld naming the holder."""
        ...

    def raise_above(self, number: int) -> int:
        """Let our fencing number be above `number`; the number we have then. Raises LockLost."""
        ...

    def superseded(self) -> str:
        """The newer run that asked us to give way; empty when none did, and when we have given the lock back. Raises
        LockLost once it is seen that somebody else took it over."""
        ...

    def check(self) -> None:
        """Raises LockLost unless the lock is ours for long enough to finish one write."""
        ...

    def release(self) -> None:
        """Give the lock back; harmless when it is not ours."""
        ...

    def holder(self) -> str:
        """Who holds the lock now, in words; empty when nobody does. Changes nothing."""
        ...


class Stamps(Protocol):
    """An adapter whose objects can carry the fencing number."""

    def stamp(self) -> None:
        """After a takeover: leave the new number on every object this release may change, so that a write which
        the older, paused run prepared fails. Raises LockLost when one of them carries a higher number."""
        ...

    def number(self) -> int:
        """The highest fencing number that these objects were seen to carry; 0 when there is none."""
        ...
