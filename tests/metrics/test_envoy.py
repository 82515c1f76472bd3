"""What a real Envoy counts, and when."""

from __future__ import annotations

import time
from math import inf
from pathlib import Path

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.local.platform import down, up
from pointsman.adapters.metrics.envoy import EnvoyMetrics
from pointsman.model.errors import InputError
from tests.contract.local_service import BLUE as LOCAL_BLUE
from tests.contract.local_service import GREEN as LOCAL_GREEN
from tests.contract.local_service import described
from tests.metrics.servers import envoy
from tests.metrics.shop import BLUE, GREEN, Shop, fetch


def test_times_are_known_only_with_the_next_flush_and_have_a_count_of_their_own(tmp_path: Path, shop: Shop) -> None:
    with envoy(tmp_path, {BLUE: shop.port, GREEN: shop.port}, flush="3s") as (port, admin):
        metrics = EnvoyMetrics(admin, SystemClock(), BLUE, GREEN)
        for _ in range(20):
            fetch(f"http://127.0.0.1:{port}/{BLUE}?status=200")
        (counters,) = metrics.read().stable
        assert counters.requests == 20
        assert counters.buckets.get(inf, 0) < 20
        while counters.buckets.get(inf, 0) < 20:
            time.sleep(0.1)
            (counters,) = metrics.read().stable
    assert counters.buckets[10.0] == counters.buckets[inf] == 20


def test_a_request_that_no_instance_answers_counts_as_answered_badly(tmp_path: Path) -> None:
    with envoy(tmp_path, {BLUE: free_port(), GREEN: free_port()}) as (port, admin):
        assert fetch(f"http://127.0.0.1:{port}/{GREEN}") == 503
        (counters,) = EnvoyMetrics(admin, SystemClock(), BLUE, GREEN).read().candidate
    assert (counters.requests, counters.errors, dict(counters.buckets)) == (1, 1, {})


def test_T30_a_version_that_envoy_does_not_have_is_refused_up_front(tmp_path: Path) -> None:
    with envoy(tmp_path, {BLUE: free_port(), GREEN: free_port()}) as (_, admin):
        with pytest.raises(InputError, match="no cluster 'web-blue'"):
            EnvoyMetrics(admin, SystemClock(), "web-blue", GREEN).check()
        EnvoyMetrics(admin, SystemClock(), BLUE, GREEN).check()


def test_the_local_platform_counts_for_both_of_its_versions(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    clock = SystemClock()
    try:
        up(folder, clock)
        metrics = EnvoyMetrics(service.admin_port, clock, LOCAL_BLUE, LOCAL_GREEN)
        first = metrics.check()
        assert fetch(f"http://127.0.0.1:{service.port}/") == 503
        after = metrics.read()
    finally:
        down(folder, clock)
    assert [one.requests for one in (*first.stable, *first.candidate)] == [0, 0]
    assert [(one.requests, one.errors) for one in (*after.stable, *after.candidate)] == [(1, 1), (0, 0)]
