"""A record and a lock that keep their promises in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from pointsman.adapters.clock import epoch_of
from pointsman.adapters.records.codec import decode, encode
from pointsman.model.errors import ConflictError, LockHeld, LockLost
from pointsman.model.record import Record
from pointsman.ports.clock import Clock
from pointsman.ports.record import Grip
from pointsman.testing.failure import NextFailure

LEASE_SECONDS = 60.0


@dataclass
class _Kept:
    text: str | None = None
    version: int = 0


@dataclass
class FakeRecords:
    """One record, kept as the text that a cluster would keep. `saved` remembers every record that was
    saved."""

    saved: list[Record] = field(default_factory=list)
    failure: NextFailure = field(default_factory=NextFailure)
    _kept: _Kept = field(default_factory=_Kept)
    _loaded: int = 0

    def beside(self) -> FakeRecords:
        """Another run's view of the same record; it has loaded nothing yet."""
        return FakeRecords(self.saved, _kept=self._kept)

    def load(self) -> Record | None:
        """The record as it stands."""
        self._loaded = self._kept.version
        return None if self._kept.text is None else decode(self._kept.text)

    def save(self, record: Record) -> None:
        """Replace what was loaded or saved last. Raises ConflictError when somebody wrote in between."""
        self.failure.around(lambda: self._save(record))

    def edit(self, text: str) -> None:
        """What a person with write access does: put any text there."""
        self._kept.text, self._kept.version = text, self._kept.version + 1

    def drop(self) -> None:
        """What a person with write access does: delete the record."""
        self._kept.text, self._kept.version = None, self._kept.version + 1

    def text(self) -> str:
        """The text that is kept."""
        return self._kept.text or ""

    def _save(self, record: Record) -> None:
        if self._loaded != self._kept.version:
            raise ConflictError("the record was written by somebody else", "run the same command again")
        self.edit(encode(record))
        self._loaded = self._kept.version
        self.saved.append(record)


@dataclass
class _Lease:
    fence: int = 0
    owner: FakeLock | None = None
    expires: float = 0.0
    arrived: float = 0.0
    superseded: str = ""


@dataclass(eq=False)
class FakeLock:
    """A lease of 60 s on `clock`, held as `name`. It is renewed by `renew()` alone: silence is a vanished
    holder."""

    name: str
    clock: Clock
    _lease: _Lease = field(default_factory=_Lease)
    _taken: bool = False

    def beside(self, name: str) -> FakeLock:
        """Another run's lock on the same service."""
        return FakeLock(name, self.clock, self._lease)

    def acquire(self, wait: float, supersede: bool = False) -> Grip:
        """Take the lock, waiting up to `wait` seconds; with `supersede`, an older holder is asked to give way."""
        arrived, end = self._now(), self.clock.seconds() + wait
        while self._live() and self._lease.owner is not self:
            if supersede and not self._lease.superseded and self._lease.arrived < arrived:
                self._lease.superseded = self.name
            if self.clock.seconds() >= end:
                raise LockHeld(f"the lock is held by {self.holder()}", "wait for it to end")
            self.clock.sleep(1.0)
        grip = self._grip()
        self._lease.fence, self._lease.owner, self._lease.superseded = grip.number, self, ""
        self._lease.arrived, self._lease.expires = arrived, self._now() + LEASE_SECONDS
        self._taken = True
        return grip

    def raise_above(self, number: int) -> int:
        """Let our fencing number be above `number`."""
        self.check()
        self._lease.fence = max(self._lease.fence, number + 1)
        return self._lease.fence

    def superseded(self) -> str:
        """The newer run that asked us to give way; empty when none did."""
        if self._taken and self._lease.owner is not self:
            raise LockLost("the lock was taken over", "write no more")
        return self._lease.superseded if self._taken else ""

    def renew(self) -> None:
        """Make it last another 60 s if it is ours and has not run out."""
        if self._lease.owner is self and self._live():
            self._lease.expires = self._now() + LEASE_SECONDS

    def check(self) -> None:
        """Raises LockLost unless the lock is ours."""
        if self._lease.owner is not self or not self._live():
            raise LockLost("the lock is not ours any more", "write no more")

    def release(self) -> None:
        """Give the lock back; harmless when it is not ours."""
        self._taken = False
        if self._lease.owner is self:
            self._lease.owner = None

    def holder(self) -> str:
        """Who holds the lock now; empty when nobody does."""
        return self._lease.owner.name if self._live() and self._lease.owner else ""

    def forget(self) -> None:
        """What a person with write access does: delete the lease."""
        self._lease.fence, self._lease.owner, self._lease.superseded = 0, None, ""

    def _grip(self) -> Grip:
        vanished = self._lease.owner not in (None, self)
        return Grip(max(self._lease.fence + vanished, 1), vanished, self._lease.fence == 0)

    def held(self) -> bool:
        """Whether somebody has it, alive or vanished."""
        return self._lease.owner is not None

    def _live(self) -> bool:
        return self._lease.owner is not None and self._lease.expires > self._now()

    def _now(self) -> float:
        return epoch_of(self.clock.now())
