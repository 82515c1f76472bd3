"""What every lock promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.model.errors import LockHeld, LockLost
from tests.contract.worlds import LOCKS, Factory, LockWorld


@pytest.fixture(params=LOCKS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[LockWorld]:
    factory: Factory[LockWorld] = request.param
    with factory(request) as made:
        yield made


def test_nobody_holds_it_at_first(world: LockWorld) -> None:
    assert world.lock("run 1").holder() == ""


def test_who_takes_it_is_named(world: LockWorld) -> None:
    world.lock("run 1").acquire(0)
    assert world.lock("run 2").holder() == "run 1"


def test_there_is_one_holder_and_the_refusal_names_it(world: LockWorld) -> None:
    first = world.lock("run 1")
    first.acquire(0)
    with pytest.raises(LockHeld, match="run 1"):
        world.lock("run 2").acquire(0)
    first.check()


def test_another_run_with_the_same_name_is_another_run(world: LockWorld) -> None:
    world.lock("run 1").acquire(0)
    with pytest.raises(LockHeld):
        world.lock("run 1").acquire(0)


def test_waiting_for_a_live_holder_ends_in_a_refusal(world: LockWorld) -> None:
    world.lock("run 1").acquire(0)
    with pytest.raises(LockHeld):
        world.lock("run 2").acquire(15)


def test_what_is_given_back_can_be_taken(world: LockWorld) -> None:
    first, second = world.lock("run 1"), world.lock("run 2")
    first.acquire(0)
    first.release()
    assert second.holder() == ""
    second.acquire(0)
    second.check()


def test_giving_back_what_is_not_ours_changes_nothing(world: LockWorld) -> None:
    first, second = world.lock("run 1"), world.lock("run 2")
    first.acquire(0)
    second.release()
    first.check()
    assert second.holder() == "run 1"


def test_who_holds_nothing_may_not_write(world: LockWorld) -> None:
    with pytest.raises(LockLost):
        world.lock("run 1").check()


def test_a_vanished_holder_is_replaced_and_the_fence_rises(world: LockWorld) -> None:
    fence = world.lock("run 1").acquire(0)
    world.pass_time(world.lease + 1)
    assert world.lock("run 2").acquire(0) > fence


def test_a_vanished_holder_is_waited_for_until_its_lease_is_over(world: LockWorld) -> None:
    fence = world.lock("run 1").acquire(0)
    assert world.lock("run 2").acquire(world.lease * 2) > fence


def test_who_was_replaced_must_write_no_more(world: LockWorld) -> None:
    first, second = world.lock("run 1"), world.lock("run 2")
    first.acquire(0)
    world.pass_time(world.lease + 1)
    second.acquire(0)
    with pytest.raises(LockLost):
        first.check()
    second.check()


def test_who_was_replaced_cannot_give_back_the_lock_of_another(world: LockWorld) -> None:
    first, second = world.lock("run 1"), world.lock("run 2")
    first.acquire(0)
    world.pass_time(world.lease + 1)
    second.acquire(0)
    first.release()
    second.check()
    assert world.lock("run 3").holder() == "run 2"


def test_a_lease_that_is_over_holds_nobody(world: LockWorld) -> None:
    first = world.lock("run 1")
    first.acquire(0)
    world.pass_time(world.lease + 1)
    assert first.holder() == ""
    with pytest.raises(LockLost):
        first.check()


def test_the_fence_never_falls(world: LockWorld) -> None:
    fences = []
    for turn in range(4):
        lock = world.lock(f"run {turn}")
        fences.append(lock.acquire(0))
        if turn % 2:
            lock.release()
        else:
            world.pass_time(world.lease + 1)
    assert fences == sorted(fences)
    assert fences[0] > 0
