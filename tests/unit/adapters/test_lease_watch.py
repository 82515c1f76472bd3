"""A guard's view of the lock: silence counts on our own clock, and is not waited for twice."""

from __future__ import annotations

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.records.lease_object import DURATION, Watched
from pointsman.adapters.records.lease_watch import LeaseWatch
from pointsman.model.errors import LockHeld
from pointsman.strategy.dead_man import Pulse
from pointsman.testing import FakeClock, FakeProgress


def lock_of(api: KubeApi, name: str, clock: FakeClock, watched: Watched | None = None) -> LeaseLock:
    return LeaseLock(api, "shop", name, f"id of {name}", clock, FakeProgress(), watched)


def test_a_silent_holder_is_replaced_at_once_by_somebody_who_has_watched_it(api: KubeApi, clock: FakeClock) -> None:
    lock_of(api, "run", clock).acquire(0)
    watched = Watched()
    watch = LeaseWatch(api, "shop", watched, clock)
    assert watch.pulse() is Pulse.LIVE
    clock.sleep(DURATION)
    assert watch.pulse() is Pulse.SILENT
    with pytest.raises(LockHeld):
        lock_of(api, "somebody who has not", clock).acquire(0)
    assert lock_of(api, "guard", clock, watched).acquire(0).number == 2


def test_a_holder_that_renewed_a_moment_ago_keeps_its_lock(api: KubeApi, clock: FakeClock) -> None:
    run = lock_of(api, "run", clock)
    run.acquire(0)
    watched = Watched()
    watch = LeaseWatch(api, "shop", watched, clock)
    watch.pulse()
    clock.sleep(DURATION * 0.7)
    run.check()
    clock.sleep(DURATION * 0.3)
    with pytest.raises(LockHeld, match="run"):
        lock_of(api, "guard", clock, watched).acquire(0)
    run.check()
