"""The watcher of the canary tests tells what it is there to tell."""

from __future__ import annotations

from dataclasses import replace

from tests.cluster.canary_history import Seen
from tests.cluster.canary_shop import CANARY, STABLE
from tests.cluster.harness.watch import Sighting
from tests.cluster.harness.world import deployment


def route(at: float, share: int) -> Sighting:
    refs = [{"name": STABLE, "weight": 100 - share}, {"name": CANARY, "weight": share}]
    return Sighting(at, "MODIFIED", {"spec": {"rules": [{"backendRefs": refs}]}})


def deployed(at: float, name: str, image: str, replicas: int = 2, kind: str = "MODIFIED") -> Sighting:
    return Sighting(at, kind, deployment(name, image, labels={}, replicas=replicas))


READY = {STABLE: [(0.0, {"a", "b"})], CANARY: [(0.0, set[str]()), (5.0, {"c"}), (61.0, set[str]())]}
GOOD = Seen(
    [route(0, 0), route(10, 50), route(20, 100), route(40, 0)],
    [
        deployed(0, STABLE, "v1"),
        deployed(4, CANARY, "v2", kind="ADDED"),
        deployed(30, STABLE, "v2"),
        deployed(60, CANARY, "v2", kind="DELETED"),
    ],
    READY,
)


def test_a_release_as_it_should_be_breaks_nothing() -> None:
    assert (GOOD.walked(), GOOD.broken()) == ([0, 50, 100, 0], [])


def test_a_share_without_a_ready_pod_is_told() -> None:
    lost = replace(GOOD, ready={**READY, CANARY: [(0.0, set[str]()), (5.0, {"c"}), (12.0, set[str]())]})
    assert lost.broken() == ["shop-canary had no ready pod with 100 % of the requests"]
    late = replace(GOOD, ready={**READY, CANARY: [(0.0, set[str]()), (15.0, {"c"})]})
    assert late.broken() == ["shop-canary had no ready pod with 50 % of the requests"]
    bereft = replace(GOOD, ready={**READY, STABLE: [(0.0, {"a"}), (45.0, set[str]())]})
    assert bereft.broken() == ["shop had no ready pod with 100 % of the requests"]


def test_a_candidate_taken_from_its_users_is_told() -> None:
    early = [*GOOD.deployments[:3], deployed(35, CANARY, "v2", kind="DELETED")]
    told = ["shop-canary was scaled down or deleted with 100 % of the requests"]
    assert replace(GOOD, deployments=early).broken() == told
    smaller = [*GOOD.deployments[:3], deployed(35, CANARY, "v2", 1)]
    assert replace(GOOD, deployments=smaller).broken() == told


def test_a_stable_that_is_changed_under_its_users_is_told() -> None:
    early = [deployed(0, STABLE, "v1"), deployed(15, STABLE, "v2")]
    assert replace(GOOD, deployments=early).broken() == ["shop got v2 with 50 % of the requests"]
    smaller = [deployed(0, STABLE, "v1"), deployed(25, STABLE, "v1", 1)]
    assert replace(GOOD, deployments=smaller).broken() == ["shop was scaled down to 1"]
