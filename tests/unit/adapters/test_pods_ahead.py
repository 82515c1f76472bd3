"""Pods and their Deployment are watched apart: what ended the pods must not be seen later than their end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer
from tests.unit.adapters.deployments import deployment, pod, replica_set

APPS = "/apis/apps/v1/namespaces/shop"
BLUE = f"{APPS}/deployments/shop-blue"
PODS = "/api/v1/namespaces/shop/pods"


class Unlocked:
    """Nobody holds the lock and nobody needs it."""

    number = 0

    def check(self) -> None:
        """Nothing to lose."""


Made = Callable[..., DeploymentWorkload]


@pytest.fixture
def with_ready(kube: KubeServer, api: KubeApi, clock: FakeClock) -> Made:
    """The Deployment says that three of its pods are available; this many still are. No more news come."""

    def made(pods: int, generation: int = 4) -> DeploymentWorkload:
        kube.objects.put(BLUE, deployment(generation=generation))
        owned = replica_set(2, "new")
        owned["metadata"]["ownerReferences"][0]["uid"] = kube.objects.get(BLUE)["metadata"]["uid"]
        kube.objects.put(f"{APPS}/replicasets/shop-blue-new", owned)
        for number in range(pods):
            kube.objects.put(f"{PODS}/shop-blue-new-{number}", pod(number))
        workload = DeploymentWorkload(api, "", lambda _: {}, Unlocked(), clock)
        workload.observe("shop-blue")
        kube.end_watches()
        return workload

    return made


def names_of(pods: int) -> list[str]:
    return [f"shop-blue-new-{number}" for number in range(pods)]


def lists(kube: KubeServer) -> int:
    return kube.asked.count(("GET", f"{APPS}/deployments"))


def test_a_scale_to_zero_is_seen_no_later_than_the_end_of_its_pods(with_ready: Made, kube: KubeServer) -> None:
    workload = with_ready(0)
    kube.objects.put(BLUE, deployment(spec={"replicas": 0}))
    seen = workload.observe("shop-blue")
    assert seen is not None
    assert (seen.desired, seen.ready) == (0, 0)


def test_pods_that_end_by_themselves_are_told_as_they_are(with_ready: Made) -> None:
    seen = with_ready(0).observe("shop-blue")
    assert seen is not None
    assert (seen.desired, seen.ready) == (3, 0)


def test_while_pods_and_deployment_agree_nothing_more_is_asked(with_ready: Made, kube: KubeServer) -> None:
    workload = with_ready(3)
    before = lists(kube)
    seen = workload.observe("shop-blue")
    assert seen is not None
    assert (seen.desired, seen.ready) == (3, 3)
    assert lists(kube) == before


def test_a_server_that_refuses_leaves_what_the_watches_have_shown(with_ready: Made, kube: KubeServer) -> None:
    workload = with_ready(0)
    kube.faults.extend(Fault(status=403) for _ in range(20))
    seen = workload.observe("shop-blue")
    assert seen is not None
    assert seen.desired == 3


def test_the_pods_of_what_was_stamped_a_moment_ago_are_there_at_the_first_look(with_ready: Made) -> None:
    """A stamp makes a new generation, which nobody has looked at yet; no pod is another's for that, and a canary by
    numbers of pods still has its share."""
    workload = with_ready(3, generation=5)
    assert [one["metadata"]["name"] for one in workload.pods_of("shop-blue")] == names_of(3)
