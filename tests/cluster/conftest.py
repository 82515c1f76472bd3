"""A namespace for each test of the cluster tier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.canary_shop import ENVOY_METRICS_PORT, METRICS_PORT, PROMETHEUS_PORT
from tests.cluster.harness import binaries
from tests.cluster.harness.cluster import Cluster, address_of
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.world import World
from tests.metrics.servers import found_or_skip


@pytest.fixture
def world(cluster: Cluster) -> Iterator[World]:
    """A fresh namespace."""
    made = World(cluster)
    yield made
    made.remove()


@pytest.fixture(scope="session")
def the_prometheus(cluster: Cluster) -> Iterator[Prometheus]:
    """One for all tests, which scrapes whichever Traefik or Envoy counts just then."""
    found_or_skip(lambda: binaries.program("prometheus"))
    counted = {METRICS_PORT: "/metrics", ENVOY_METRICS_PORT: "/stats/prometheus"}
    with Prometheus(cluster, address_of(cluster), PROMETHEUS_PORT, counted) as made:
        yield made


@pytest.fixture
def prometheus(the_prometheus: Prometheus) -> Prometheus:
    """It answers, whatever the test before did to it."""
    the_prometheus.start()
    return the_prometheus
