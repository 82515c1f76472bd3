"""One shop for all tests of metric sources, and one Prometheus that scrapes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from tests.metrics.servers import prometheus
from tests.metrics.shop import BLUE, GREEN, Shop, opened


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """It has served some already: what has not counted yet is not known by name."""
    with opened() as made:
        for version in (BLUE, GREEN):
            made.ask(version, 1)
        yield made


@pytest.fixture(scope="session")
def prometheus_address(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{shop.port}") as address:
        yield address


@pytest.fixture(scope="session")
def api(prometheus_address: str) -> PrometheusApi:
    return PrometheusApi(Access(prometheus_address), SystemClock())
