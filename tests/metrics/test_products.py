"""The presets for products that can be had here, asked about the real thing: its own names, labels and counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.presets import PRESETS
from pointsman.adapters.metrics.prometheus import PrometheusMetrics
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.model.measurement import Counters, Reading
from tests.contract.local_service import until
from tests.metrics.servers import envoy, prometheus, traefik
from tests.metrics.shop import BLUE, GREEN, Shop, fetch, opened


@pytest.fixture
def shop() -> Iterator[Shop]:
    """One of its own: what a proxy asks it for here are no versions of the shop that the other tests count in."""
    with opened() as made:
        yield made


def serve(port: int, path: str) -> None:
    """3 good answers and 2 bad ones."""
    for status in (200, 200, 200, 500, 500):
        assert fetch(f"http://127.0.0.1:{port}/{path}?status={status}") == status


def counted(address: str, preset: str, stable: str, candidate: str) -> Reading:
    """The first reading in which all 5 requests of both versions are counted and timed."""
    api = PrometheusApi(Access(address), SystemClock())
    names = {name: {"version": name, "namespace": "shop"} for name in (stable, candidate)}
    metrics = PrometheusMetrics(api, PRESETS[preset], names[stable], names[candidate])
    end = time.monotonic() + 20
    while not whole(seen := metrics.read()):
        assert time.monotonic() < end, f"it never came to that: {seen}"
        time.sleep(0.1)
    return metrics.check()


def whole(seen: Reading) -> bool:
    return all(sum(one.buckets.get(inf, 0) for one in arm) == 5 for arm in (seen.stable, seen.candidate))


def assert_all_are_there(counters: tuple[Counters, ...]) -> None:
    (one,) = counters
    assert (one.requests, one.errors) == (5, 2)
    assert 0.0001 < min(one.buckets) < 1
    assert one.buckets[max(bound for bound in one.buckets if bound < inf)] == 5


@pytest.mark.parametrize(
    ("preset", "cluster"), [("envoy", "httproute/shop/{}/rule/0/backend/0"), ("contour", "shop_{}_80")]
)
def test_a_real_envoy(tmp_path: Path, shop: Shop, preset: str, cluster: str) -> None:
    blue, green = cluster.format(BLUE), cluster.format(GREEN)
    with envoy(tmp_path, {blue: shop.port, green: shop.port}) as (port, admin):
        serve(port, blue)
        serve(port, green)
        with prometheus(tmp_path, f"127.0.0.1:{admin}", "/stats/prometheus") as address:
            names = (blue, green) if preset == "envoy" else (BLUE, GREEN)
            seen = counted(address, preset, *names)
    assert_all_are_there(seen.stable)
    assert_all_are_there(seen.candidate)


def test_a_real_traefik(tmp_path: Path, shop: Shop) -> None:
    with traefik(tmp_path, {BLUE: shop.port, GREEN: shop.port}) as (port, metrics):
        until(lambda: fetch(f"http://127.0.0.1:{port}/{BLUE}") == 200)
        for _ in range(4):
            assert fetch(f"http://127.0.0.1:{port}/{BLUE}?status=500") == 500
        serve(port, GREEN)
        with prometheus(tmp_path, f"127.0.0.1:{metrics}") as address:
            seen = counted(address, "traefik", BLUE, GREEN)
    assert [(one.requests, one.errors) for one in seen.stable] == [(5, 4)]
    assert_all_are_there(seen.candidate)
