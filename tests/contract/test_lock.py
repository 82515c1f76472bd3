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
    fence = world.lock("run 1").acquire(0).number
    world.pass_time(world.lease + 1)
    assert world.lock("run 2").acquire(0).number > fence


def test_a_vanished_holder_is_waited_for_until_its_lease_is_over(world: LockWorld) -> None:
    fence = world.lock("run 1").acquire(0).number
    assert world.lock("run 2").acquire(world.lease * 2).number > fence


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
        fences.append(lock.acquire(0).number)
        if turn % 2:
            lock.release()
        else:
            world.pass_time(world.lease + 1)
    assert fences == sorted(fences)
    assert fences[0] > 0


def test_only_a_holder_that_vanished_is_taken_over(world: LockWorld) -> None:
    first = world.lock("run 1")
    assert not first.acquire(0).taken_over
    first.release()
    assert not world.lock("run 2").acquire(0).taken_over
    world.pass_time(world.lease + 1)
    assert world.lock("run 3").acquire(0).taken_over


def test_a_lock_that_was_not_there_is_told_from_one_that_was_free(world: LockWorld) -> None:
    first = world.lock("run 1")
    assert first.acquire(0).made
    first.release()
    assert not world.lock("run 2").acquire(0).made


def test_a_lock_that_somebody_deleted_is_made_anew(world: LockWorld) -> None:
    first = world.lock("run 1")
    first.acquire(0)
    first.release()
    world.forget()
    assert world.lock("run 2").acquire(0).made


def test_the_fence_can_be_raised_and_stays_so(world: LockWorld) -> None:
    first = world.lock("run 1")
    number = first.acquire(0).number
    assert first.raise_above(number + 6) == number + 7
    assert first.raise_above(number) == number + 7
    first.check()
    first.release()
    assert world.lock("run 2").acquire(0).number == number + 7


def test_who_holds_nothing_may_not_raise_the_fence(world: LockWorld) -> None:
    first, second = world.lock("run 1"), world.lock("run 2")
    with pytest.raises(LockLost):
        second.raise_above(7)
    assert first.acquire(0).number < 7


def test_what_ran_out_does_not_come_to_life_again(world: LockWorld) -> None:
    """Nobody took it, and yet others may have seen it run out."""
    first = world.lock("run 1")
    first.acquire(0)
    world.pass_time(world.lease + 1)
    with pytest.raises(LockLost):
        first.check()
    with pytest.raises(LockLost):
        first.check()


def test_a_holder_is_not_superseded_by_one_who_only_waits(world: LockWorld) -> None:
    first = world.lock("run 1")
    first.acquire(0)
    world.pass_time(2)
    with pytest.raises(LockHeld):
        world.lock("run 2").acquire(0)
    assert world.superseded(first, "") == ""


def test_an_older_holder_learns_who_supersedes_it_and_stays_the_holder(world: LockWorld) -> None:
    first = world.lock("run 1")
    first.acquire(0)
    assert first.superseded() == ""
    world.pass_time(2)
    with pytest.raises(LockHeld):
        world.lock("run 2").acquire(0, supersede=True)
    assert world.superseded(first, "run 2") == "run 2"
    first.check()


def test_who_supersedes_gets_the_lock_once_it_is_given_back_and_is_not_superseded_itself(world: LockWorld) -> None:
    first, second = world.lock("run 1"), world.lock("run 2")
    first.acquire(0)
    world.pass_time(2)
    with pytest.raises(LockHeld):
        second.acquire(0, supersede=True)
    first.release()
    second.acquire(0, supersede=True)
    assert world.superseded(second, "") == ""
    assert first.superseded() == ""


def test_a_holder_that_only_waits_learns_that_its_lock_was_taken_over(world: LockWorld) -> None:
    """It asks nothing but whether somebody wants it to give way."""
    first = world.lock("run 1")
    first.acquire(0)
    assert first.superseded() == ""
    world.pass_time(world.lease + 1)
    world.lock("run 2").acquire(0)
    with pytest.raises(LockLost):
        world.superseded(first, "never said")


def test_only_a_holder_that_came_before_is_superseded(world: LockWorld) -> None:
    """Two that came at once would supersede each other in turn."""
    first, second = world.lock("run 1"), world.lock("run 2")
    first.acquire(0)
    with pytest.raises(LockHeld):
        second.acquire(0, supersede=True)
    assert world.superseded(first, "") == ""
    first.check()
