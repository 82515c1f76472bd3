"""The lock of one service: one writer, taken over only from a holder that vanished."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.records.lease import DURATION, LeaseLock
from pointsman.model.errors import LockHeld, LockLost, Unreachable
from pointsman.testing import FakeClock, FakeProgress
from tests.fakes.kube_server import Fault, KubeServer

PATH = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/pointsman-shop"
Locks = Callable[[str], LeaseLock]


@pytest.fixture
def locks(api: KubeApi, clock: FakeClock) -> Iterator[Locks]:
    made: list[LeaseLock] = []

    def lock(name: str) -> LeaseLock:
        made.append(LeaseLock(api, "shop", name, f"id-{len(made)}", clock, FakeProgress()))
        return made[-1]

    yield lock
    for each in made:
        each.release()


def test_the_first_holder_gets_number_one(kube: KubeServer, locks: Locks) -> None:
    lock = locks("one")
    assert lock.number == 0
    assert lock.acquire(0) == 1
    lock.check()
    assert kube.objects.get(PATH)["spec"]["holderIdentity"].startswith("one")
    assert lock.holder().startswith("one")


def test_nobody_holds_a_lock_that_was_never_taken(locks: Locks) -> None:
    assert locks("one").holder() == ""
    with pytest.raises(LockLost):
        locks("one").check()


def test_a_live_holder_is_waited_for_and_named(locks: Locks, clock: FakeClock) -> None:
    locks("one").acquire(0)
    with pytest.raises(LockHeld, match="one"):
        locks("two").acquire(20.0)
    assert clock.seconds() >= 20.0


def test_a_lock_given_back_is_free_at_once_and_needs_no_new_fence(locks: Locks) -> None:
    one = locks("one")
    one.acquire(0)
    one.release()
    assert locks("two").acquire(0) == 1


def test_a_holder_that_vanished_is_taken_over_only_after_the_whole_duration(locks: Locks, clock: FakeClock) -> None:
    locks("one").acquire(0)
    two = locks("two")
    assert two.acquire(90.0) == 2
    assert clock.seconds() >= DURATION


def test_a_holder_that_goes_on_renewing_is_not_taken_over(locks: Locks, clock: FakeClock) -> None:
    one = locks("one")
    one.acquire(0)
    sleep = clock.sleep

    def and_renew(seconds: float) -> None:
        sleep(seconds)
        one._renew()

    clock.sleep = and_renew  # type: ignore[method-assign]
    with pytest.raises(LockHeld):
        locks("two").acquire(DURATION + 10.0)
    one.check()


def test_who_was_taken_over_notices_before_the_next_write(locks: Locks) -> None:
    one = locks("one")
    one.acquire(0)
    locks("two").acquire(90.0)
    with pytest.raises(LockLost):
        one.check()


def test_who_was_taken_over_does_not_give_the_lock_of_the_other_back(locks: Locks) -> None:
    one, two = locks("one"), locks("two")
    one.acquire(0)
    two.acquire(90.0)
    one.release()
    assert two.holder().startswith("two")


def test_a_holder_that_could_not_renew_for_too_long_writes_no_more(
    kube: KubeServer, locks: Locks, clock: FakeClock
) -> None:
    one = locks("one")
    one.acquire(0)
    clock.sleep(50.0)
    kube.faults = [Fault(503, method="PUT") for _ in range(9)]
    with pytest.raises(LockLost):
        one.check()


def test_a_check_renews_a_lock_that_is_getting_old(kube: KubeServer, locks: Locks, clock: FakeClock) -> None:
    one = locks("one")
    one.acquire(0)
    before = kube.objects.get(PATH)["spec"]["renewTime"]
    clock.sleep(35.0)
    one.check()
    assert kube.objects.get(PATH)["spec"]["renewTime"] > before


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_whose_answer_was_lost_is_recognised_as_ours(kube: KubeServer, locks: Locks, method: str) -> None:
    if method == "PUT":
        first = locks("zero")
        first.acquire(0)
        first.release()
    kube.faults = [Fault(reset=True, after=True, method=method)]
    one = locks("one")
    assert one.acquire(0) == 1
    one.check()


def test_a_lease_that_somebody_deleted_is_lost(kube: KubeServer, locks: Locks, clock: FakeClock) -> None:
    one = locks("one")
    one.acquire(0)
    kube.objects.delete(PATH, {})
    clock.sleep(35.0)
    with pytest.raises(LockLost, match="taken over or deleted"):
        one.check()


def test_giving_back_never_fails(kube: KubeServer, locks: Locks) -> None:
    one = locks("one")
    one.release()
    one.acquire(0)
    kube.faults = [Fault(503) for _ in range(5)]
    one.release()


def test_a_lock_that_cannot_be_reached_is_not_taken(kube: KubeServer, locks: Locks) -> None:
    kube.faults = [Fault(503) for _ in range(9)]
    with pytest.raises(Unreachable):
        locks("one").acquire(0)
