"""Creating a version cannot test what it was computed from: it comes empty; a guarded change gives it instances."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.guarded import FENCE, stamp
from pointsman.adapters.kube.kinds import DEPLOYMENT
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.model.errors import ConflictError, LockLost
from pointsman.model.version import snapshot_of
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer
from tests.unit.adapters.deployments import deployment

ALL = "/apis/apps/v1/namespaces/shop/deployments"
BLUE, GREEN = f"{ALL}/shop-blue", f"{ALL}/shop-green"
IMAGES = {"app": "shop:3"}


@dataclass
class Held:
    """A lock whose checks can have things happen: `at` maps the number of a check to what it does."""

    number: int = 7
    checks: int = 0
    at: dict[int, Callable[[], None]] = field(default_factory=dict)

    def check(self) -> None:
        self.checks += 1
        self.at.get(self.checks, lambda: None)()


def lose() -> None:
    raise LockLost("it was taken over")


@pytest.fixture
def fence() -> Held:
    return Held()


@pytest.fixture
def workload(kube: KubeServer, api: KubeApi, clock: FakeClock, fence: Held) -> Iterator[DeploymentWorkload]:
    kube.objects.put(BLUE, deployment())
    names = frozenset({"shop-blue", "shop-green"})
    yield DeploymentWorkload(api, "app=shop", lambda _: {"version": "green"}, fence, clock, names)
    kube.end_watches()


def release(workload: DeploymentWorkload) -> None:
    workload.release("shop-green", IMAGES, 3, "shop-blue")


def green_appears(kube: KubeServer, workload: DeploymentWorkload) -> None:
    """Somebody makes it, and our watch has shown it."""
    kube.objects.put(GREEN, deployment("shop-green"))
    while workload.observe("shop-green") is None:
        time.sleep(0.02)


def written(kube: KubeServer) -> list[str]:
    return [method for method, _ in kube.asked if method not in ("GET",)]


def test_a_new_version_is_created_empty_and_then_given_its_instances(
    kube: KubeServer, workload: DeploymentWorkload
) -> None:
    release(workload)
    assert written(kube) == ["POST", "PATCH"]
    events = [event["object"] for _, _, event in kube.objects.events]
    counts = [one["spec"]["replicas"] for one in events if one["metadata"]["name"] == "shop-green"]
    assert counts == [0, 3]
    made = kube.objects.get(GREEN)
    assert made["spec"]["replicas"] == 3
    assert made["metadata"]["annotations"][FENCE] == "7"


def test_who_lost_the_lock_while_creating_takes_its_empty_version_away(
    kube: KubeServer, workload: DeploymentWorkload, fence: Held
) -> None:
    fence.at = {2: lose}
    with pytest.raises(LockLost):
        release(workload)
    assert GREEN not in kube.objects.kept
    assert written(kube) == ["POST", "DELETE"]


def test_an_empty_version_that_somebody_took_up_meanwhile_is_left_to_them(
    kube: KubeServer, api: KubeApi, workload: DeploymentWorkload, fence: Held
) -> None:
    def taken_over() -> None:
        stamp(api, DEPLOYMENT, kube.objects.get(GREEN), Held(8))
        lose()

    fence.at = {2: taken_over}
    with pytest.raises(LockLost):
        release(workload)
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 0
    assert kube.objects.get(GREEN)["metadata"]["annotations"][FENCE] == "8"


def test_a_takeover_between_creation_and_change_leaves_it_empty(
    kube: KubeServer, api: KubeApi, workload: DeploymentWorkload, fence: Held
) -> None:
    """The lock is believed to be held, and still the stamp of the newer run stops the change."""

    def stamped() -> None:
        stamp(api, DEPLOYMENT, kube.objects.get(GREEN), Held(8))

    fence.at = {3: stamped}
    with pytest.raises(ConflictError):
        release(workload)
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 0


def test_a_run_that_died_in_between_is_gone_on_with(
    kube: KubeServer, workload: DeploymentWorkload, fence: Held
) -> None:
    fence.at = {3: lose}
    with pytest.raises(LockLost):
        release(workload)
    state = workload.observe("shop-green")
    assert state is not None
    assert (dict(state.images), state.desired) == (IMAGES, 0)
    release(workload)
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 3


def test_a_creation_whose_answer_was_lost_is_recognised(kube: KubeServer, workload: DeploymentWorkload) -> None:
    kube.faults = [Fault(reset=True, after=True, method="POST")]
    release(workload)
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 3


def test_what_somebody_else_created_meanwhile_is_a_conflict(
    kube: KubeServer, workload: DeploymentWorkload, fence: Held
) -> None:
    fence.at = {1: lambda: kube.objects.put(GREEN, deployment("shop-green")) and None}
    with pytest.raises(ConflictError, match="somebody else"):
        release(workload)
    assert kube.objects.get(GREEN)["spec"]["template"] == deployment("shop-green")["spec"]["template"]


def test_a_version_that_others_wrote_meanwhile_is_not_removed(
    kube: KubeServer, api: KubeApi, workload: DeploymentWorkload
) -> None:
    green_appears(kube, workload)
    stamp(api, DEPLOYMENT, kube.objects.get(GREEN), Held(8))
    with pytest.raises(ConflictError):
        workload.restore("shop-green", snapshot_of(None))
    assert GREEN in kube.objects.kept


def test_a_removal_that_lands_while_we_take_over_is_no_conflict(
    kube: KubeServer, workload: DeploymentWorkload, fence: Held
) -> None:
    """An older run had sent it before its lock was gone; what it removed needs no stamp, and is seen to be gone."""
    green_appears(kube, workload)
    fence.at = {2: lambda: kube.objects.delete(GREEN, {})}
    workload.stamp()
    assert workload.observe("shop-green") is None
    assert kube.objects.get(BLUE)["metadata"]["annotations"][FENCE] == "7"


def test_the_status_that_controllers_write_at_once_costs_no_further_request(
    kube: KubeServer, workload: DeploymentWorkload, fence: Held
) -> None:
    def controllers_look() -> None:
        kube.objects.put(GREEN, {**kube.objects.get(GREEN), "status": {"observedGeneration": 1}})

    fence.at = {3: controllers_look}
    release(workload)
    assert written(kube) == ["POST", "PATCH"]
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 3


def test_instances_whose_answer_was_lost_are_given_once(kube: KubeServer, workload: DeploymentWorkload) -> None:
    kube.faults = [Fault(reset=True, after=True, method="PATCH")]
    release(workload)
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 3


def test_a_version_without_instances_needs_nothing_after_its_creation(
    kube: KubeServer, workload: DeploymentWorkload
) -> None:
    workload.release("shop-green", IMAGES, 0, "shop-blue")
    assert written(kube) == ["POST"]
    assert kube.objects.get(GREEN)["spec"]["replicas"] == 0
