"""canary-step through an HTTPRoute that a real Contour serves, on what a real Prometheus has from its Envoy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.presets import PRESETS
from pointsman.adapters.metrics.prometheus import PrometheusMetrics
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.model.measurement import Counters
from tests.cluster.canary_shop import CANARY, STABLE, Shop, opened_behind_contour
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World


@pytest.fixture
def shop(world: World, prometheus: Prometheus) -> Iterator[Shop]:
    with opened_behind_contour(world) as made:
        quick = {"mode": "point", "objective": "error-rate ok<5% rollback>20%", "bake": "5s"}
        yield made.judged_by(prometheus, rate=100, preset="contour", **quick)


def test_a_healthy_canary_is_promoted_on_what_envoy_counts_and_no_request_fails(
    shop: Shop, prometheus: Prometheus
) -> None:
    with shop.users() as users:
        shop.canary("v2", weight="50").must_be(0, "advanced")
        stable, candidate = counted(shop, prometheus)
        shop.pointsman("promote").run("promote", service="shop").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    assert stable.requests > candidate.requests > 50
    assert [(one.errors, bool(one.buckets)) for one in (stable, candidate)] == [(0, True), (0, True)]
    assert (image(shop.world, STABLE), shop.world.exists("deployment", CANARY)) == ("v2", False)
    assert [name for name, _ in shop.backends()] == ["shop"]


def counted(shop: Shop, prometheus: Prometheus) -> tuple[Counters, Counters]:
    """What the preset finds of both versions: one Envoy counts for each."""
    stable_there, candidate_there = ({"version": name, "namespace": shop.world.namespace} for name in (STABLE, CANARY))
    api = PrometheusApi(Access(prometheus.address), SystemClock())
    seen = PrometheusMetrics(api, PRESETS["contour"], stable_there, candidate_there).check()
    (stable,), (candidate,) = seen.stable, seen.candidate
    return stable, candidate
