"""The lock of a local service: a lease in a file, `records/<service>.lease.json` in the service's folder.

Like a Kubernetes Lease it outlives its holder until it expires: 60 s, renewed every 15 s in the background.
A holder that vanished is replaced only after that, and the replacement raises the fencing number.
"""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from pointsman.adapters.clock import epoch_of, token
from pointsman.adapters.local.files import locked, replace_file, text_of
from pointsman.model.errors import ConflictError, LockHeld, LockLost
from pointsman.ports.clock import Clock
from pointsman.ports.record import Grip

LEASE_SECONDS = 60.0
RENEW_SECONDS = 15.0
WRITE_SECONDS = 10.0
LOOK_SECONDS = 1.0


class Lease(msgspec.Struct, frozen=True):
    """`token` tells two runs with the same `holder` apart; `expires` and `arrived`, when the holder began to ask for
    it, are in seconds since 1970. `superseded` names the newer run that asked the holder to give way."""

    fence: int = 0
    holder: str = ""
    token: str = ""
    expires: float = 0.0
    arrived: float = 0.0
    superseded: str = ""


class FileLock:
    """The lease at `path`, to be held as `holder` (a run URL, say)."""

    def __init__(self, path: Path, holder: str, clock: Clock) -> None:
        self._path, self._holder, self._clock = path, holder, clock
        self._token = token()
        self._stop = threading.Event()
        self._renewing = False
        self._arrived = 0.0
        self._grip = Grip(0)

    def acquire(self, wait: float, supersede: bool = False) -> Grip:
        """Take the lease, waiting up to `wait` seconds for a live holder. Raises LockHeld naming the holder."""
        end, self._arrived = self._clock.seconds() + wait, self._now()
        while True:
            found = self._try(supersede)
            if found.token == self._token:
                self._keep_renewing()
                return self._grip
            if self._clock.seconds() >= end:
                raise LockHeld(f"the lock is held by {found.holder}", "wait for it to end, or for --lock-wait")
            self._clock.sleep(LOOK_SECONDS)

    def raise_above(self, number: int) -> int:
        """Let our fencing number be above `number`. Raises LockLost."""
        self.check()
        with locked(self._guard()):
            lease = self._lease()
            if lease.token == self._token and lease.fence <= number:
                self._write(msgspec.structs.replace(lease, fence=number + 1))
        self.check()
        return self._lease().fence

    def superseded(self) -> str:
        """The newer run that asked us to give way; empty when none did. Raises LockLost when it is somebody else's."""
        lease = self._lease()
        if lease.token == self._token:
            return lease.superseded
        if self._renewing and not self._stop.is_set():
            raise _taken_over(lease)
        return ""

    def check(self) -> None:
        """Raises LockLost unless the lease is ours for another `WRITE_SECONDS`."""
        lease = self._lease()
        if lease.token != self._token:
            raise _taken_over(lease)
        if lease.expires - self._now() < WRITE_SECONDS:
            raise LockLost("the lock could not be renewed in time", "run the same command again")

    def renew(self) -> None:
        """Make the lease last another `LEASE_SECONDS`; harmless when it is not ours any more. One that has run out
        stays so: others have seen it."""
        with locked(self._guard()):
            lease = self._lease()
            if lease.token == self._token and self._live(lease):
                self._write(msgspec.structs.replace(lease, expires=self._now() + LEASE_SECONDS))

    def release(self) -> None:
        """Give the lease back, keeping its number; harmless when it is not ours."""
        self._stop.set()
        with locked(self._guard()):
            lease = self._lease()
            if lease.token == self._token:
                self._write(Lease(lease.fence))

    def holder(self) -> str:
        """Who holds the lease now; empty when nobody does."""
        lease = self._lease()
        return lease.holder if self._live(lease) else ""

    def _try(self, supersede: bool) -> Lease:
        """The lease after an attempt to take it."""
        with locked(self._guard()):
            lease = self._lease()
            if self._live(lease):
                return self._asked_to_give_way(lease) if supersede else lease
            self._grip = Grip(max(lease.fence + bool(lease.token), 1), bool(lease.token), lease == Lease())
            end = self._now() + LEASE_SECONDS
            taken = Lease(self._grip.number, self._holder, self._token, end, self._arrived)
            self._write(taken)
            return taken

    def _asked_to_give_way(self, lease: Lease) -> Lease:
        """A holder that came before us learns our name; whoever asked first stays."""
        if not lease.superseded and lease.arrived < self._arrived:
            self._write(msgspec.structs.replace(lease, superseded=self._holder))
        return lease

    def _keep_renewing(self) -> None:
        if not self._renewing:
            self._renewing = True
            self._clock.every(RENEW_SECONDS, self._stop, self.renew)

    def _live(self, lease: Lease) -> bool:
        return bool(lease.token) and lease.expires > self._now()

    def _now(self) -> float:
        return epoch_of(self._clock.now())

    def _guard(self) -> Path:
        return self._path.with_suffix(".lock")

    def _write(self, lease: Lease) -> None:
        replace_file(self._path, msgspec.json.encode(lease).decode())

    def _lease(self) -> Lease:
        text = text_of(self._path)
        if text is None:
            return Lease()
        try:
            return msgspec.json.decode(text, type=Lease)
        except msgspec.MsgspecError as reason:
            raise ConflictError(f"{self._path} is no lease: {reason}", "delete it if no run is live") from reason


def _taken_over(lease: Lease) -> LockLost:
    return LockLost(
        f"the lock was taken over by {lease.holder or 'somebody who gave it back'}",
        "that run goes on; this one must write no more",
    )
