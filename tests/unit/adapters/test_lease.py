"""The lock of one service: one writer, taken over only from a holder that vanished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.records.lease_object import DURATION, SUPERSEDED_BY, TOKEN
from pointsman.model.errors import LockHeld, LockLost, Unreachable
from pointsman.testing import FakeClock, FakeProgress
from tests.fakes.kube_server import Fault, KubeServer

PATH = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/pointsman-shop"
Locks = Callable[[str], LeaseLock]


def until(reached: Callable[[], bool]) -> None:
    """Give the watch a moment to bring the news."""
    for _ in range(200):
        if reached():
            return
        time.sleep(0.02)
    raise AssertionError("the news never came")


@pytest.fixture
def progress() -> FakeProgress:
    return FakeProgress()


@pytest.fixture
def locks(api: KubeApi, clock: FakeClock, progress: FakeProgress) -> Iterator[Locks]:
    made: list[LeaseLock] = []

    def lock(name: str) -> LeaseLock:
        made.append(LeaseLock(api, "shop", name, f"id-{len(made)}", clock, progress))
        return made[-1]

    yield lock
    for each in made:
        each.release()


def test_the_first_holder_gets_number_one(kube: KubeServer, locks: Locks) -> None:
    lock = locks("one")
    assert lock.number == 0
    assert lock.acquire(0).number == 1
    lock.check()
    assert kube.objects.get(PATH)["spec"]["holderIdentity"].startswith("one")
    assert lock.holder().startswith("one")


def test_nobody_holds_a_lock_that_was_never_taken(locks: Locks) -> None:
    assert locks("one").holder() == ""
    with pytest.raises(LockLost):
        locks("one").check()


def test_a_live_holder_is_waited_for_and_named(locks: Locks, clock: FakeClock, progress: FakeProgress) -> None:
    locks("one").acquire(0)
    with pytest.raises(LockHeld, match="one"):
        locks("two").acquire(20.0)
    assert clock.seconds() >= 20.0
    assert set(progress.waits) == {"the lock of shop, held by one (a dead run's is taken over after 60 s)"}


def test_a_lock_given_back_is_free_at_once_and_needs_no_new_fence(locks: Locks) -> None:
    one = locks("one")
    one.acquire(0)
    one.release()
    assert locks("two").acquire(0).number == 1


def test_a_holder_that_vanished_is_taken_over_only_after_the_whole_duration(locks: Locks, clock: FakeClock) -> None:
    locks("one").acquire(0)
    two = locks("two")
    assert two.acquire(90.0).number == 2
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
    assert one.acquire(0).number == 1
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


def test_a_renewal_after_the_lease_ran_out_does_not_bring_it_back(
    kube: KubeServer, locks: Locks, clock: FakeClock
) -> None:
    """A stopped process that wakes up: its renewing thread may run before anything else."""
    one = locks("one")
    one.acquire(0)
    before = kube.objects.get(PATH)
    clock.sleep(DURATION + 1)
    one._renew()
    with pytest.raises(LockLost, match="not renewed in time"):
        one.check()
    one.release()
    assert kube.objects.get(PATH) == before


def test_who_annotates_the_lease_does_not_cost_the_holder_its_lock(
    kube: KubeServer, locks: Locks, clock: FakeClock
) -> None:
    one = locks("one")
    one.acquire(0)
    lease = kube.objects.get(PATH)
    lease["metadata"]["annotations"]["team"] = "web"
    kube.objects.put(PATH, lease)
    clock.sleep(35.0)
    one.check()
    kept = kube.objects.get(PATH)
    assert kept["metadata"]["annotations"]["team"] == "web"
    assert kept["spec"]["renewTime"] > lease["spec"]["renewTime"]


def test_a_watched_lease_that_another_took_is_lost_before_the_next_renewal(kube: KubeServer, locks: Locks) -> None:
    one = locks("one")
    one.acquire(0)
    assert one.superseded() == ""
    lease = kube.objects.get(PATH)
    lease["metadata"]["annotations"][TOKEN] = "somebody else's"
    kube.objects.put(PATH, lease)

    def learned() -> bool:
        try:
            return one.superseded() != ""
        except LockLost:
            return True

    until(learned)
    with pytest.raises(LockLost, match="taken over or deleted"):
        one.check()
    with pytest.raises(LockLost, match="taken over or deleted"):
        one.superseded()


def test_an_old_view_of_the_lease_is_no_evidence(locks: Locks, clock: FakeClock) -> None:
    """The watch is gone and nothing can be said: then the renewals decide."""
    one = locks("one")
    one.acquire(0)
    assert one.superseded() == ""
    assert one._seen is not None
    one._seen._lost(Unreachable("no route to host"))
    clock.sleep(31.0)
    assert one.superseded() == ""
    one.check()


def test_the_wish_to_supersede_is_written_once_and_ends_with_its_holder(
    kube: KubeServer, locks: Locks, clock: FakeClock
) -> None:
    one, two = locks("one"), locks("two")
    one.acquire(0)
    clock.sleep(3.0)
    kube.asked.clear()
    with pytest.raises(LockHeld):
        two.acquire(10.0, supersede=True)
    assert [method for method, _ in kube.asked].count("PUT") == 1
    assert kube.objects.get(PATH)["metadata"]["annotations"][SUPERSEDED_BY] == "two"
    one.release()
    assert SUPERSEDED_BY not in kube.objects.get(PATH)["metadata"]["annotations"]
    two.acquire(0, supersede=True)
    assert SUPERSEDED_BY not in kube.objects.get(PATH)["metadata"]["annotations"]


def test_a_wish_that_meets_a_renewal_is_made_again_at_the_next_look(
    kube: KubeServer, locks: Locks, clock: FakeClock
) -> None:
    locks("one").acquire(0)
    clock.sleep(3.0)
    kube.faults = [Fault(409, method="PUT")]
    with pytest.raises(LockHeld):
        locks("two").acquire(4.0, supersede=True)
    assert kube.objects.get(PATH)["metadata"]["annotations"][SUPERSEDED_BY] == "two"


def test_a_lease_deleted_while_its_number_is_raised_is_lost(kube: KubeServer, locks: Locks) -> None:
    one = locks("one")
    one.acquire(0)
    kube.objects.delete(PATH, {})
    with pytest.raises(LockLost, match="taken over or deleted"):
        one.raise_above(7)
    assert one.number == 1
