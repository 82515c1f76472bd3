"""The lock of one service as a guard sees it: a watch on its Lease, and never a write.

Reads: leases (list, watch). What it has seen of a silent holder it shares with the lock that is to take over
(`Watched`), so that the time is not waited for twice.
"""

from __future__ import annotations

import threading

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.kinds import LEASE
from pointsman.adapters.kube.mirror import Mirror
from pointsman.adapters.records.lease_object import MANAGED, Watched, lease_name, pulse_of
from pointsman.ports.clock import Clock
from pointsman.strategy.dead_man import Pulse


class LeaseWatch:
    """`watched` remembers since when the holder has been silent."""

    def __init__(self, api: KubeApi, service: str, watched: Watched, clock: Clock) -> None:
        self._name, self._watched, self._clock = lease_name(service), watched, clock
        self._changed = threading.Event()
        self._leases = Mirror(api, LEASE, MANAGED, clock, self._changed.set)

    def pulse(self) -> Pulse:
        """The lock's state as last seen. Raises Unreachable when the API server has been silent for too long."""
        return pulse_of(self._leases.get(self._name), self._watched, self._clock.seconds(), self._clock.now())

    def wait(self, seconds: float) -> bool:
        """Return on the next change of a lock in the namespace (True), at the latest after `seconds` (False)."""
        end = self._clock.seconds() + seconds
        while not self._changed.is_set() and self._clock.seconds() < end:
            self._clock.sleep(min(0.2, max(end - self._clock.seconds(), 0.0)))
        changed = self._changed.is_set()
        self._changed.clear()
        return changed
