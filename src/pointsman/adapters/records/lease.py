"""The lock of one service: a Lease `pointsman-<service>`, renewed in the background.

Reads and writes: leases (get, create, update; list and watch once it is asked whether a newer run wants us to give
way). A holder that vanished is taken over once nobody has renewed for the lease's duration *as we observed it on our
own clock*, so that clocks need not agree; or at once when the last renewal is 5 minutes old, for clocks do not differ
that much. Each takeover raises `leaseTransitions`, which is the fencing number. A lease that ran out under us is
lost, even when nobody has taken it. `lease_object.py` reads and writes the object itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi, Manner
from pointsman.adapters.kube.kinds import LEASE
from pointsman.adapters.kube.mirror import Mirror
from pointsman.adapters.records.lease_object import (
    ARRIVED,
    DURATION,
    SERVICE_LABEL,
    SUPERSEDED_BY,
    TOKEN,
    Watched,
    annotations_of,
    came_before,
    is_free,
    lease_name,
    long_dead,
    micro,
    number_of,
    without_wishes,
)
from pointsman.model.errors import LockHeld, LockLost, PointsmanError, Unreachable
from pointsman.ports.clock import Clock
from pointsman.ports.progress import Progress
from pointsman.ports.record import Grip

_RENEW = 25.0
_SAFETY = 16.0  # one write with its time-out must fit before the lease ends
_LOOK = 2.0
_TRIES = 3
_GONE = "it was taken over or deleted"


class LeaseLock:
    """`holder` names this run for people; `identity` is unique to this process. `watched` is what was seen of
    another holder before, by somebody who waited for this moment."""

    def __init__(
        self,
        api: KubeApi,
        service: str,
        holder: str,
        identity: str,
        clock: Clock,
        progress: Progress,
        watched: Watched | None = None,
    ) -> None:
        self._api, self._name, self._service = api, lease_name(service), service
        self._watched = watched
        self._holder, self._identity = holder, identity
        self._clock, self._progress = clock, progress
        self._guard = threading.RLock()
        self._lease: Json | None = None
        self._grip = Grip(0)
        self._arrived = ""
        self._renewed = 0.0
        self._lost = self._wish = ""
        self._stop = threading.Event()
        self._seen: Mirror | None = None

    @property
    def number(self) -> int:
        """The fencing number; 0 before the lock was taken."""
        return number_of(self._lease) if self._lease else 0

    def acquire(self, wait: float, supersede: bool = False) -> Grip:
        """Take the lock, waiting up to `wait` seconds for a live holder. Raises LockHeld."""
        watched = self._watched or Watched()
        self._arrived = self._clock.now()
        started = self._clock.seconds()
        while not self._try(watched):
            if supersede:
                self._ask_to_give_way(watched)
            waited = self._clock.seconds() - started
            if waited >= wait:
                raise LockHeld(
                    f"another run holds the lock of {self._service}: {watched.holder}",
                    "wait for it to end, or give --lock-wait a longer time; `pointsman status` shows it",
                )
            lasting = f"a dead run's is taken over after {DURATION:.0f} s"
            held = f"the lock of {self._service}, held by {watched.holder} ({lasting})"
            self._progress.waiting(held, waited, wait)
            self._clock.sleep(_LOOK)
        self._clock.every(_RENEW, self._stop, self._renew)
        return self._grip

    def raise_above(self, number: int) -> int:
        """Let our fencing number be above `number`. Raises LockLost."""
        self.check()
        self._clock.attended(lambda: self._raise_above(number))
        self.check()
        return self.number

    def _raise_above(self, number: int) -> None:
        with self._guard:  # which a renewal that hangs in the background may have
            if self.number <= number and not self._write({"leaseTransitions": number + 1}):
                self._lost = self._lost or _GONE

    def superseded(self) -> str:
        """The newer run that asked us to give way. The first question starts a watch on the lease, the others cost
        no request. Raises LockLost once the watch shows that somebody else has the lock: who only waits for something
        else would not learn it before its next write."""
        if self._lease is None:
            return ""
        if self._seen is None:
            labels = f"{SERVICE_LABEL}={self._service}"
            self._seen = Mirror(self._api, LEASE, labels, self._clock, threading.Event().set, known=self._lease)
        self._look()
        if self._lost:
            raise self._no_longer_ours()
        return self._wish

    def check(self) -> None:
        """Raises LockLost unless the lock is ours for long enough to finish one write."""
        self._look()
        if self._lease is not None and not self._lost and _RENEW * 1.2 < self._age() <= DURATION:
            self._clock.attended(self._renew)
        if self._lease is None or self._lost or self._age() > DURATION - _SAFETY:
            raise self._no_longer_ours()

    def _no_longer_ours(self) -> LockLost:
        why = f": {self._lost}" if self._lost else ""
        return LockLost(
            f"this run no longer holds the lock of {self._service}{why}",
            "another run may have taken over; look with `pointsman status`, then run again",
        )

    def _look(self) -> None:
        """What the watch shows, once there is one; it began when the lock was ours, so another token is newer."""
        if self._seen is None:
            return
        try:
            found = self._seen.get(self._name)
        except Unreachable:
            return  # an old view is no evidence; the renewal will tell
        if found is None or not self._has_our_token(found):
            self._lost = self._lost or _GONE
        else:
            self._wish = annotations_of(found).get(SUPERSEDED_BY, "")

    def release(self) -> None:
        """Give the lock back; harmless when it is not ours or the API is out of reach (it runs out by itself)."""
        self._stop.set()
        with suppress(PointsmanError):
            self._clock.attended(self._give_back, Manner.PARTING.value)

    def holder(self) -> str:
        """Who holds the lock now; empty when nobody does."""
        lease = self._api.get(LEASE, self._name)
        if lease is None or long_dead(lease, self._clock.now()):
            return ""
        return str(lease["spec"].get("holderIdentity") or "")

    def _give_back(self) -> None:
        with self._guard:  # which a renewal that hangs in the background may have
            if self._lease is None or self._lost or self._has_run_out():
                return
            try:
                self._write({"holderIdentity": ""}, given_back=True)
            finally:
                self._lease = None

    def _try(self, watched: Watched) -> bool:
        found = self._api.get(LEASE, self._name)
        if found is None:
            return self._take(lambda: self._api.create(LEASE, self._new()), Grip(1, made=True))
        free, gone = (
            is_free(found),
            watched.expired(found, self._clock.seconds()) or long_dead(found, self._clock.now()),
        )
        if not (free or gone):
            return False
        grip = Grip(number_of(found) + (0 if free else 1), taken_over=not free)
        found["spec"] = self._spec(grip.number, found["spec"])
        found["metadata"] = self._metadata(found["metadata"])
        return self._take(lambda: self._api.replace(LEASE, self._name, found), grip)

    def _take(self, write: Callable[[], Json], grip: Grip) -> bool:
        started = self._clock.seconds()
        try:
            self._lease = write()
        except ApiStatus as status:
            if status.code not in (404, 409):
                raise
            self._lease = self._own()  # a retried write may have met its own first try
        self._renewed, self._grip = started, grip
        return self._lease is not None

    def _ask_to_give_way(self, watched: Watched) -> None:
        """Put our name on the lease of a holder that came before us, once; whoever asked first stays."""
        lease = watched.lease
        if lease is None or SUPERSEDED_BY in annotations_of(lease) or not came_before(lease, self._arrived):
            return
        lease["metadata"]["annotations"] = {**annotations_of(lease), SUPERSEDED_BY: self._holder}
        try:
            self._api.replace(LEASE, self._name, lease)
            self._progress.say(f"asked {watched.holder} to give way")
        except ApiStatus as status:
            if status.code not in (404, 409):  # it has just been renewed, or given back: the next look will tell
                raise

    def _renew(self) -> None:
        with self._guard:
            if self._lease is None or self._lost:
                return
            if self._has_run_out():
                # Nobody may have taken it yet, but others have seen it run out: it must not come to life again.
                self._lost = "it was not renewed in time"
                return
            try:
                if not self._write({}):
                    self._lost = _GONE
            except PointsmanError:
                return  # out of reach for now; `check` refuses once too much time has passed

    def _write(self, spec: Json, given_back: bool = False) -> bool:
        """Renew the lease with these fields, as long as it is ours; what others wrote beside survives."""
        started = self._clock.seconds()
        lease: Json | None = self._lease
        manner = Manner.PARTING if given_back else Manner.CHANGE
        for _ in range(_TRIES):
            if lease is None:
                return False
            body = {**lease, "spec": {**lease["spec"], "renewTime": micro(self._clock.now()), **spec}}
            if given_back:
                body["metadata"] = {**body["metadata"], "annotations": without_wishes(annotations_of(lease))}
            try:
                self._lease, self._renewed = self._api.replace(LEASE, self._name, body, manner), started
                return True
            except ApiStatus as status:
                if status.code not in (404, 409):
                    raise
                lease = self._own(Manner.PARTING if given_back else Manner.READ)
        return False

    def _own(self, manner: Manner = Manner.READ) -> Json | None:
        found = self._api.get(LEASE, self._name, manner)
        return found if found is not None and self._has_our_token(found) and not is_free(found) else None

    def _has_our_token(self, lease: Json) -> bool:
        return annotations_of(lease).get(TOKEN) == self._identity

    def _has_run_out(self) -> bool:
        return self._age() > DURATION

    def _age(self) -> float:
        return self._clock.seconds() - self._renewed

    def _new(self) -> Json:
        metadata = self._metadata({"name": self._name, "namespace": self._api.namespace})
        return {"apiVersion": LEASE.api_version, "kind": "Lease", "metadata": metadata, "spec": self._spec(1, {})}

    def _metadata(self, before: Json) -> Json:
        labels = {"app.kubernetes.io/managed-by": "pointsman", SERVICE_LABEL: self._service}
        marks = {TOKEN: self._identity, ARRIVED: self._arrived}
        return {
            **before,
            "labels": {**(before.get("labels") or {}), **labels},
            "annotations": {**without_wishes(before.get("annotations") or {}), **marks},
        }

    def _spec(self, number: int, before: Json) -> Json:
        now = micro(self._clock.now())
        return {
            **before,
            "holderIdentity": self._holder,
            "leaseDurationSeconds": int(DURATION),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": number,
        }
