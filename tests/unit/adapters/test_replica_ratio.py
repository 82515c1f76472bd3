"""A canary behind a plain Service: its share is its part of the ready endpoints, whatever weight was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.routers.measured import MeasuredRouter
from pointsman.adapters.routers.replica_ratio import ReplicaRatioRouter, effect_of, refuse_unfit_service
from pointsman.model.drift import Field
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.evidence import Probe
from pointsman.model.split import Split
from pointsman.testing import FakeClock, FakeWorkload
from tests.fakes.kube_server import KubeServer
from tests.unit.adapters.deployments import deployment, service

STABLE, CANARY = "shop", "shop-canary"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
LABELS = {"kubernetes.io/service-name": "shop"}
IMAGES = {"app": "v1"}


def split(weight: int) -> Split:
    return Split(STABLE, CANARY, weight)


def endpoint(name: str) -> dict[str, Any]:
    return {"addresses": ["10.0.0.1"], "targetRef": {"name": name}, "conditions": {"ready": True}}


@dataclass
class Cluster:
    """Plays the controllers: `follow` makes every instance that was asked for a ready pod and an endpoint."""

    kube: KubeServer
    workload: FakeWorkload
    clock: FakeClock
    pods: dict[str, set[str]] = field(default_factory=dict)
    heard: list[int] = field(default_factory=list)

    def follow(self) -> None:
        """Let pods and endpoints be as the workload asks."""
        for name in (STABLE, CANARY):
            state = self.workload.beside().observe(name)
            self.pods[name] = {f"{name}-{number}" for number in range(state.desired if state else 0)}
        self.publish(set().union(*self.pods.values()))

    def publish(self, names: set[str]) -> None:
        """Let the Service have these endpoints, in two slices, as a cluster has them that is large."""
        ordered, before = sorted(names), len(self.heard)
        for place, part in (("a", ordered[::2]), ("b", ordered[1::2])):
            item = {"metadata": {"name": f"shop-{place}", "labels": LABELS}, "endpoints": [*map(endpoint, part)]}
            self.kube.objects.put(f"{SLICES}/shop-{place}", item)
        self.await_news(before + 2)

    def await_news(self, count: int) -> None:
        """The watch has brought as many changes."""
        end = time.monotonic() + 5
        while self.heard and len(self.heard) < count and time.monotonic() < end:
            time.sleep(0.01)


@pytest.fixture
def cluster(kube: KubeServer, clock: FakeClock) -> Iterator[Cluster]:
    workload = FakeWorkload({"v1": None, "v2": None})
    workload.place(STABLE, IMAGES, 9)
    workload.place(CANARY, {"app": "v2"}, 0)
    made = Cluster(kube, workload, clock)
    made.follow()
    yield made
    kube.end_watches()


@pytest.fixture
def router_with(cluster: Cluster, api: KubeApi) -> Callable[[FakeWorkload], ReplicaRatioRouter]:
    def router(workload: FakeWorkload) -> ReplicaRatioRouter:
        def pods_of(version: str) -> set[str]:
            return cluster.pods[version]

        return ReplicaRatioRouter(
            api, "shop", STABLE, CANARY, workload, pods_of, cluster.clock, changed=lambda: cluster.heard.append(1)
        )

    return router


@pytest.fixture
def router(cluster: Cluster, router_with: Callable[[FakeWorkload], ReplicaRatioRouter]) -> ReplicaRatioRouter:
    made = router_with(cluster.workload)
    made.read()
    return made


def instances(cluster: Cluster, name: str) -> int:
    state = cluster.workload.beside().observe(name)
    assert state is not None
    return state.desired


def settle(router: ReplicaRatioRouter, cluster: Cluster, weight: int) -> None:
    assert not router.settled(split(weight)).reached
    cluster.clock.sleep(3.0)
    assert router.settled(split(weight)).reached


@pytest.mark.parametrize(("weight", "canaries"), [(10, 1), (25, 3), (50, 9), (0, 0)])
def test_a_weight_scales_the_candidate_and_only_it(
    router: ReplicaRatioRouter, cluster: Cluster, weight: int, canaries: int
) -> None:
    router.write(split(weight))
    assert (instances(cluster, STABLE), instances(cluster, CANARY)) == (9, canaries)


def test_what_is_read_is_the_share_that_serves_not_the_wish(router: ReplicaRatioRouter, cluster: Cluster) -> None:
    router.write(split(12))
    assert router.read().weight == 0
    cluster.follow()
    assert router.read() == split(10)
    assert (router.ready(), router.real_share()) == ((1, 10), 0.1)


def test_writing_twice_scales_once(router: ReplicaRatioRouter, cluster: Cluster) -> None:
    for _ in range(2):
        router.write(split(25))
    assert cluster.workload.happened == [("scale", CANARY)]


@pytest.mark.parametrize("weight", [1, 100], ids=["too-fine", "all"])
def test_a_weight_that_cannot_be_had_is_refused_untouched(
    router: ReplicaRatioRouter, cluster: Cluster, weight: int
) -> None:
    with pytest.raises(InputError, match=f"{weight} %"):
        router.write(split(weight))
    assert cluster.workload.happened == []


def test_versions_it_is_not_about_are_refused(router: ReplicaRatioRouter) -> None:
    with pytest.raises(InputError, match="not what Service shop is about"):
        router.write(Split(CANARY, STABLE, 50))


def test_none_for_a_candidate_that_does_not_exist_is_so_already(
    router_with: Callable[[FakeWorkload], ReplicaRatioRouter], cluster: Cluster
) -> None:
    cluster.workload.vanish(CANARY)
    router = router_with(cluster.workload)
    router.write(split(0))
    settle(router, cluster, 0)
    with pytest.raises(InputError, match=CANARY):
        router.write(split(25))


def test_who_read_before_somebody_else_scaled_is_refused(
    router: ReplicaRatioRouter, router_with: Callable[[FakeWorkload], ReplicaRatioRouter], cluster: Cluster
) -> None:
    late = router_with(cluster.workload.beside())
    late.read()
    router.write(split(25))
    with pytest.raises(ConflictError):
        late.write(split(50))
    assert instances(cluster, CANARY) == 3


def test_what_an_older_run_prepared_is_refused_after_a_stamp(
    router: ReplicaRatioRouter, router_with: Callable[[FakeWorkload], ReplicaRatioRouter], cluster: Cluster
) -> None:
    older = router_with(cluster.workload.beside())
    older.read()
    router.stamp()
    with pytest.raises(ConflictError):
        older.write(split(50))
    assert router.number() == 0


def test_who_scaled_the_candidate_is_who_wrote_the_split(router: ReplicaRatioRouter, cluster: Cluster) -> None:
    cluster.workload.edit(CANARY, "kubectl-scale", instances=4)
    assert router.writer(STABLE, Field.ROUTE).manager == "kubectl-scale"


def test_a_share_is_served_once_exactly_the_ready_pods_are_endpoints_for_a_while(
    router: ReplicaRatioRouter, cluster: Cluster
) -> None:
    assert router.settled(split(25)).detail == "shop-canary is to have 0 instances, 25 % takes 3"
    router.write(split(25))
    assert router.settled(split(25)).detail == "0 of 3 instances of shop-canary are ready"
    cluster.follow()
    settle(router, cluster, 25)
    effect = router.settled(split(25))
    assert effect.level == 1
    assert effect.detail.endswith("9 of shop and 3 of shop-canary: 25 % of the requests reach shop-canary")


def test_T27_a_weight_is_not_served_while_no_pod_of_the_candidate_is_ready(
    router: ReplicaRatioRouter, cluster: Cluster
) -> None:
    router.write(split(10))
    cluster.clock.sleep(60.0)
    effect = router.settled(split(10))
    assert (effect.reached, router.read().weight) == (False, 0)


def test_an_autoscaler_that_gives_stable_a_few_more_changes_the_share_and_not_what_was_written(
    router: ReplicaRatioRouter, cluster: Cluster
) -> None:
    router.write(split(25))
    cluster.workload.edit(STABLE, "autoscaler", instances=11)
    cluster.follow()
    settle(router, cluster, 25)
    assert "21.4 % of the requests reach shop-canary, the nearest to 25 %" in router.settled(split(25)).detail


def test_a_share_that_drifts_too_far_from_the_weight_is_no_longer_served(
    router: ReplicaRatioRouter, cluster: Cluster
) -> None:
    router.write(split(25))
    cluster.workload.edit(STABLE, "autoscaler", instances=3)
    cluster.follow()
    effect = router.settled(split(25))
    assert (effect.reached, effect.detail) == (False, "50 % of the endpoints are shop-canary's, not 25 %")


def test_stable_that_shrank_under_a_share_it_cannot_express_raises_nothing(
    router: ReplicaRatioRouter, cluster: Cluster
) -> None:
    cluster.workload.edit(STABLE, "kubectl-scale", instances=1)
    effect = router.settled(split(10))
    assert (effect.reached, effect.level) == (False, 0)
    assert "nearest to 10 % is 50 %" in effect.detail


def test_T35_the_real_share_is_what_requests_are_held_to(router: ReplicaRatioRouter, cluster: Cluster) -> None:
    turns = iter(range(1, 10_000))

    def ask() -> Probe:
        return Probe("http://shop", True, 200, "answered", 0.01, marker="v1" if next(turns) % 4 else "v2")

    measured = MeasuredRouter(router, ask, {STABLE: "v1", CANARY: "v2"}.__getitem__, cluster.clock)
    measured.write(split(27))
    cluster.follow()
    measured.settled(split(27))
    cluster.clock.sleep(3.0)
    effect = measured.settled(split(27))
    assert (effect.reached, effect.level, instances(cluster, CANARY)) == (True, 3, 3)
    assert effect.detail.endswith("fit 25 %")


@pytest.mark.parametrize(
    ("seen", "stable", "candidate", "wanted", "words"),
    [
        pytest.param({"s", "c", "x"}, {"s"}, {"c"}, 1, "1 endpoint(s) of neither version: x", id="a-stranger"),
        pytest.param({"s"}, {"s"}, {"c"}, 1, "1 of 2 ready pods are endpoints yet", id="one-is-missing"),
        pytest.param({"s"}, {"s"}, set(), 1, "0 of 1 instances of shop-canary are ready", id="not-ready-yet"),
        pytest.param(
            {"s", "c", "d"},
            {"s"},
            {"c", "d"},
            1,
            "2 instance(s) of shop-canary are still there, 1 wanted",
            id="too-many",
        ),
        pytest.param({"c"}, set(), {"c"}, 1, "no pod of shop is ready", id="nothing-beside-it"),
        pytest.param({"s", "t", "u", "c"}, {"s", "t", "u"}, {"c"}, 1, "25 % of the endpoints are", id="off-the-weight"),
    ],
)
def test_every_other_set_of_endpoints_is_not_it(
    seen: set[str], stable: set[str], candidate: set[str], wanted: int, words: str
) -> None:
    effect = effect_of(seen, stable, candidate, wanted, split(50), 5)
    assert (effect.reached, effect.level) == (False, 1)
    assert words in effect.detail


BOTH = (deployment("shop-blue"), deployment("shop-green"))


def test_a_service_that_selects_both_is_fit() -> None:
    refuse_unfit_service(service({"app": "shop"}), BOTH)


@pytest.mark.parametrize(
    ("unfit", "words"),
    [
        pytest.param(
            service({"app": "shop", "version": "blue"}), "not select the pods of Deployment shop-green", id="1"
        ),
        pytest.param(service({}), "not select the pods of Deployment shop-blue", id="no-selector"),
        pytest.param(service({"app": "shop"}, sessionAffinity="ClientIP"), "sessionAffinity ClientIP", id="sticky"),
    ],
)
def test_a_service_that_does_not_spread_over_both_is_refused(unfit: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        refuse_unfit_service(unfit, BOTH)
