"""What every dead-man switch, and every watch on a lock, promises."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pointsman.strategy.dead_man import Pulse
from tests.contract.worlds import DEAD_MEN, LOCK_WATCHES, DeadManWorld, Factory, LockWatchWorld


@pytest.fixture(params=DEAD_MEN, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[DeadManWorld]:
    factory: Factory[DeadManWorld] = request.param
    with factory(request) as made:
        yield made


@pytest.fixture(params=LOCK_WATCHES, ids=lambda factory: factory.__name__)
def watched(request: pytest.FixtureRequest) -> Iterator[LockWatchWorld]:
    factory: Factory[LockWatchWorld] = request.param
    with factory(request) as made:
        yield made


def test_what_is_posted_guards_until_it_is_dismissed(world: DeadManWorld) -> None:
    guard = world.guard()
    assert world.guarded() == ""
    guard.post("12345/deploy")
    assert world.guarded() == "12345/deploy"
    guard.dismiss()
    assert world.guarded() == ""


def test_dismissing_what_was_never_posted_or_is_gone_is_harmless(world: DeadManWorld) -> None:
    guard = world.guard()
    guard.dismiss()
    guard.post("shop:2@2026-01-01T00:00:00Z")
    guard.dismiss()
    guard.dismiss()
    assert world.guarded() == ""


def test_the_next_run_replaces_what_stands_there(world: DeadManWorld) -> None:
    first, second = world.guard(), world.guard()
    first.post("one")
    second.post("two")
    assert world.guarded() == "two"
    second.post("three")
    assert world.guarded() == "three"


def test_a_run_that_was_replaced_cannot_dismiss_the_guard_of_another(world: DeadManWorld) -> None:
    first, second = world.guard(), world.guard()
    first.post("one")
    second.post("one")
    first.dismiss()
    assert world.guarded() == "one"


def test_it_has_a_name(world: DeadManWorld) -> None:
    assert world.guard().name


def test_nobody_holds_the_lock_at_first(watched: LockWatchWorld) -> None:
    assert watched.watch().pulse() is Pulse.FREE


def test_a_holder_is_alive_until_it_goes_silent(watched: LockWatchWorld) -> None:
    watched.lock("run 1").acquire(0)
    watch = watched.watch()
    assert watch.pulse() is Pulse.LIVE
    watched.pass_time(watched.lease + 1)
    assert watch.pulse() is Pulse.SILENT


def test_looking_takes_nothing(watched: LockWatchWorld) -> None:
    lock = watched.lock("run 1")
    lock.acquire(0)
    watched.watch().pulse()
    lock.check()
    assert watched.lock("run 2").holder() == "run 1"


def test_what_is_given_back_is_seen_to_be_free(watched: LockWatchWorld) -> None:
    lock = watched.lock("run 1")
    lock.acquire(0)
    watch = watched.watch()
    lock.release()
    end = time.monotonic() + 10.0  # the event comes in the machine's time, whatever clock the watch was given
    while watch.pulse() is not Pulse.FREE and time.monotonic() < end:
        watch.wait(0.0)
        time.sleep(0.01)
    assert watch.pulse() is Pulse.FREE
