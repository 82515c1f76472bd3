"""The lock of one service: a Lease `pointsman-<service>`, renewed in the background.

Reads and writes: leases (get, create, update). A holder that vanished is taken over once nobody has renewed for
the lease's duration *as we observed it on our own clock*, so that clocks need not agree; or at once when the last
renewal is 5 minutes old, for clocks do not differ that much. Each takeover raises `leaseTransitions`, which is the
fencing number.
"""

from __future__ import annotations

import threading
from typing import Any

from pointsman.adapters.clock import epoch_of, every
from pointsman.adapters.kube.api import LEASE, ApiStatus, Json, KubeApi
from pointsman.model.errors import LockHeld, LockLost, PointsmanError
from pointsman.ports.clock import Clock
from pointsman.ports.progress import Progress

DURATION = 60.0
_RENEW = 25.0
_SAFETY = 16.0  # one write with its time-out must fit before the lease ends
_LOOK = 2.0
LONG_DEAD = 300.0
TOKEN = "pointsman.dev/lock-token"  # noqa: S105 - tells two runs of one name apart, no secret


class LeaseLock:
    """`holder` names this run for people; `identity` is unique to this process."""

    def __init__(
        self, api: KubeApi, service: str, holder: str, identity: str, clock: Clock, progress: Progress
    ) -> None:
        self._api, self._name, self._service = api, f"pointsman-{service}", service
        self._holder, self._identity = holder, identity
        self._clock, self._progress = clock, progress
        self._guard = threading.RLock()
        self._lease: Json | None = None
        self._renewed = 0.0
        self._lost = ""
        self._stop = threading.Event()

    @property
    def number(self) -> int:
        """The fencing number; 0 before the lock was taken."""
        return _number(self._lease) if self._lease else 0

    def acquire(self, wait: float) -> int:
        """Take the lock, waiting up to `wait` seconds for a live holder. Raises LockHeld."""
        watched = _Watched()
        started = self._clock.seconds()
        while not self._try(watched):
            waited = self._clock.seconds() - started
            if waited >= wait:
                raise LockHeld(
                    f"another run holds the lock of {self._service}: {watched.holder}",
                    "wait for it to end, or give --lock-wait a longer time; `pointsman status` shows it",
                )
            self._progress.waiting(f"the lock of {self._service}, held by {watched.holder}", waited, wait)
            self._clock.sleep(_LOOK)
        every(_RENEW, self._stop, self._renew)
        return self.number

    def check(self) -> None:
        """Raises LockLost unless the lock is ours for long enough to finish one write."""
        if self._lease is not None and not self._lost and _RENEW * 1.2 < self._age() <= DURATION:
            self._renew()
        if self._lease is None or self._lost or self._age() > DURATION - _SAFETY:
            raise LockLost(
                f"this run no longer holds the lock of {self._service}{f': {self._lost}' if self._lost else ''}",
                "another run may have taken over; look with `pointsman status`, then run again",
            )

    def release(self) -> None:
        """Give the lock back; harmless when it is not ours or the API is out of reach (it runs out by itself)."""
        self._stop.set()
        with self._guard:
            if self._lease is None or self._lost:
                return
            lease, self._lease = self._lease, None
            lease["spec"]["holderIdentity"] = ""
            try:
                self._api.replace(LEASE, self._name, lease)
            except PointsmanError:
                return

    def holder(self) -> str:
        """Who holds the lock now; empty when nobody does."""
        lease = self._api.get(LEASE, self._name)
        if lease is None or _long_dead(lease, self._clock.now()):
            return ""
        return str(lease["spec"].get("holderIdentity") or "")

    def _try(self, watched: _Watched) -> bool:
        found = self._api.get(LEASE, self._name)
        if found is None:
            return self._take(lambda: self._api.create(LEASE, self._new()))
        gone = watched.expired(found, self._clock.seconds()) or _long_dead(found, self._clock.now())
        if _free(found) or gone:
            found["spec"] = self._spec(_number(found) + (0 if _free(found) else 1), found["spec"])
            found["metadata"]["annotations"] = {**(found["metadata"].get("annotations") or {}), TOKEN: self._identity}
            return self._take(lambda: self._api.replace(LEASE, self._name, found))
        return False

    def _take(self, write: Any) -> bool:
        started = self._clock.seconds()
        try:
            self._lease = write()
        except ApiStatus as status:
            if status.code != 409:
                raise
            return self._is_ours(started)
        self._renewed = started
        return True

    def _is_ours(self, started: float) -> bool:
        """A retried write may have met its own first try."""
        found = self._api.get(LEASE, self._name)
        if found is None or (found["metadata"].get("annotations") or {}).get(TOKEN) != self._identity:
            return False
        self._lease, self._renewed = found, started
        return True

    def _renew(self) -> None:
        with self._guard:
            if self._lease is None or self._lost:
                return
            started = self._clock.seconds()
            body = {**self._lease, "spec": {**self._lease["spec"], "renewTime": _micro(self._clock.now())}}
            try:
                self._lease = self._api.replace(LEASE, self._name, body)
                self._renewed = started
            except ApiStatus as status:
                if status.code in (404, 409) and not self._is_ours(started):
                    self._lost = "it was taken over or deleted"
            except PointsmanError:
                return  # out of reach for now; `check` refuses once too much time has passed

    def _age(self) -> float:
        return self._clock.seconds() - self._renewed

    def _new(self) -> Json:
        metadata = {"name": self._name, "namespace": self._api.namespace, "annotations": {TOKEN: self._identity}}
        return {
            "apiVersion": LEASE.api_version,
            "kind": "Lease",
            "metadata": {**metadata, "labels": {"app.kubernetes.io/managed-by": "pointsman"}},
            "spec": self._spec(1, {}),
        }

    def _spec(self, number: int, before: Json) -> Json:
        now = _micro(self._clock.now())
        return {
            **before,
            "holderIdentity": self._holder,
            "leaseDurationSeconds": int(DURATION),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": number,
        }


class _Watched:
    """A foreign lease as we have watched it: it has expired when it did not change for its whole duration."""

    def __init__(self) -> None:
        self.holder = ""
        self._version = ""
        self._since = 0.0

    def expired(self, lease: Json, now: float) -> bool:
        self.holder = str(lease["spec"].get("holderIdentity", ""))
        version = str(lease["metadata"]["resourceVersion"])
        if version != self._version:
            self._version, self._since = version, now
            return False
        return now - self._since >= float(lease["spec"].get("leaseDurationSeconds") or DURATION)


def _free(lease: Json) -> bool:
    return not lease["spec"].get("holderIdentity")


def _long_dead(lease: Json, now: str) -> bool:
    renewed = lease["spec"].get("renewTime")
    return bool(renewed) and epoch_of(now) - epoch_of(renewed) >= LONG_DEAD


def _number(lease: Json) -> int:
    return int(lease["spec"].get("leaseTransitions") or 0)


def _micro(rfc3339: str) -> str:
    """Lease times carry microseconds."""
    return rfc3339.replace("Z", ".000000Z")
