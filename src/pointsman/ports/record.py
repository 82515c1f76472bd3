"""Where the release record and the lock of one service are kept."""

from __future__ import annotations

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


class Lock(Protocol):
    """One writer per service, with a fencing number that rises at every takeover from a holder that vanished."""

    def acquire(self, wait: float) -> int:
        """Take the lock, waiting up to `wait` seconds for a live holder; the fencing number. Raises LockHeld
        naming the holder."""
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
        the older, paused run prepared fails."""
        ...
