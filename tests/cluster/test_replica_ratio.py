"""A canary behind a plain Service, with real pods: kube-proxy shares requests out by the number of ready ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.probers.sampling import Sampling
from pointsman.adapters.routers.measured import MeasuredRouter
from pointsman.adapters.routers.replica_ratio import ReplicaRatioRouter, refuse_unfit_service
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.adapters.workloads.deployment_state import is_ready, terminating
from pointsman.model.errors import ConflictError
from pointsman.model.evidence import Effect, Probe
from pointsman.model.split import Split
from tests.cluster.harness.shop import Users
from tests.cluster.harness.world import World, deployment, service
from tests.contract.kubernetes_shop import Fence, api_of

STABLE, CANARY = "shop", "shop-canary"
MARKERS = {STABLE: "v1", CANARY: "v2"}
_ASK = """
import http.client, sys, urllib.parse
for line in sys.stdin:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(line.strip()).netloc, timeout=5)
    connection.request("GET", "/", headers={"Connection": "close"})
    print(connection.getresponse().getheader("X-Version"), flush=True)
    connection.close()
"""


def split(weight: int) -> Split:
    return Split(STABLE, CANARY, weight)


class Canary:
    """Three pods of v1, and a canary that has none yet; one Service selects both. `runs` are routers by fence."""

    def __init__(self, world: World, **canary: str) -> None:
        self.world, self.clock = world, SystemClock()
        world.apply(
            deployment(STABLE, "v1", labels={"app": "shop", "track": "stable"}, replicas=3),
            deployment(CANARY, "v2", labels={"app": "shop", "track": "canary"}, replicas=0, env=canary),
            service("shop", {"app": "shop"}),
        )
        world.wait_ready(STABLE)
        world.wait_serving("shop", "v1")
        self.url = world.url("shop")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._user = world.cluster.spawn([sys.executable, "-c", _ASK], **pipes)

    def router(self, fence: int = 2) -> ReplicaRatioRouter:
        """A run's router, with its fencing number."""
        api, names = api_of(self.world), frozenset({STABLE, CANARY})
        workload = DeploymentWorkload(api, "app=shop", lambda _: {}, Fence(fence), self.clock, names)

        def pods_of(version: str) -> set[str]:
            pods = workload.pods_of(version)
            return {pod["metadata"]["name"] for pod in pods if is_ready(pod) and not terminating(pod)}

        return ReplicaRatioRouter(api, "shop", STABLE, CANARY, workload, pods_of, self.clock)

    def measured(self) -> MeasuredRouter:
        """The same, with requests that meet the share."""
        return MeasuredRouter(self.router(), self.ask, MARKERS.__getitem__, self.clock, Sampling(at_once=1))

    def ask(self) -> Probe:
        """One request as users send it."""
        assert self._user.stdin is not None
        assert self._user.stdout is not None
        self._user.stdin.write(f"{self.url}\n")
        self._user.stdin.flush()
        return Probe(self.url, True, 200, "answered", 0.0, marker=self._user.stdout.readline().strip())

    def replicas(self) -> tuple[int, int]:
        """What is asked for: (stable, canary)."""
        stable, canary = (self.world.get("deployment", name)["spec"]["replicas"] for name in (STABLE, CANARY))
        return stable, canary

    def close(self) -> None:
        """The last user leaves."""
        self._user.communicate()


@pytest.fixture
def opened(world: World) -> Iterator[Callable[..., Canary]]:
    made: list[Canary] = []

    def canary(**environment: str) -> Canary:
        made.append(Canary(world, **environment))
        return made[-1]

    yield canary
    for each in made:
        each.close()


def settled(canary: Canary, router: MeasuredRouter, weight: int) -> Effect:
    found: list[Effect] = []

    def reached() -> bool:
        found.append(router.settled(split(weight)))
        return found[-1].reached

    canary.world.wait_until(reached, f"{weight} % are served", timeout=90)
    return found[-1]


def test_T35_requests_meet_the_real_share_at_each_weight_and_none_fails(opened: Callable[..., Canary]) -> None:
    canary = opened()
    router = canary.measured()
    with Users(canary.world) as users:
        for weight, instances, share in ((25, 1, 25), (38, 2, 40), (50, 3, 50), (0, 0, 0)):
            router.write(split(weight))
            effect = settled(canary, router, weight)
            assert effect.level == 3
            assert router.read().weight == share
            assert canary.replicas() == (3, instances)
            if weight == 38:
                assert effect.detail.endswith("fit 40 %")
        assert users.failures() == []


def test_T27_users_stay_on_stable_while_no_pod_of_the_candidate_is_ready(opened: Callable[..., Canary]) -> None:
    canary = opened(READY_AFTER_S="3600")
    router = canary.router()
    router.write(split(25))
    canary.world.wait_until(lambda: len(canary.world.every("pod", {"track": "canary"})) == 1, "the canary has a pod")
    assert not router.settled(split(25)).reached
    assert {canary.ask().marker for _ in range(40)} == {"v1"}
    assert router.read().weight == 0


def test_what_an_older_run_prepared_is_refused_after_a_stamp(opened: Callable[..., Canary]) -> None:
    canary = opened()
    older, newer = canary.router(fence=1), canary.router(fence=2)
    older.read()
    newer.stamp()
    with pytest.raises(ConflictError):
        older.write(split(50))
    assert canary.replicas() == (3, 0)
    assert newer.number() == 2


def test_the_service_is_found_fit(opened: Callable[..., Canary]) -> None:
    world = opened().world
    both = world.get("deployment", STABLE), world.get("deployment", CANARY)
    refuse_unfit_service(world.get("service", "shop"), both)
