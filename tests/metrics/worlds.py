"""The metric sources that the contract holds for: the fake, and each adapter on the real thing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.envoy import EnvoyMetrics
from pointsman.adapters.metrics.probes import ProbeMetrics
from pointsman.adapters.metrics.prometheus import PrometheusMetrics
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.adapters.metrics.questions import Questions, alike
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.probers.pod_proxy import PodProxyProber
from pointsman.model.expectation import Expectation
from pointsman.model.measurement import Counters, Reading
from pointsman.ports.metrics import Metrics
from pointsman.testing import FakeClock, FakeMetrics
from tests.contract.kubernetes_shop import unreachable_api
from tests.metrics.servers import envoy
from tests.metrics.shop import BLUE, GREEN, Shop, fetch

OWN = alike(
    Questions(
        'http_requests_total{version="{{version}}"}',
        'http_requests_total{version="{{version}}",code=~"5.."}',
        'http_request_duration_seconds_bucket{version="{{version}}"}',
    )
)


@dataclass
class MetricsWorld:
    """`serve` lets a version answer 3 requests well and 2 badly. `strangers` asks about versions that nobody knows,
    `cut_off` a source that nobody can reach, and `twins` is one that takes one version for both."""

    metrics: Metrics
    serve: Callable[[str], None]
    strangers: Metrics
    cut_off: Metrics
    twins: Callable[[], Metrics]

    def look(self, enough: Callable[[Reading], bool]) -> Reading:
        """The first reading that is `enough`; sources learn of requests with a delay."""
        for _ in range(400):
            reading = self.metrics.read()
            if enough(reading):
                return reading
            time.sleep(0.05)
        raise AssertionError(f"it never came to that: {reading}")


def of(version: str, reading: Reading) -> tuple[Counters, ...]:
    """The series of `version`: BLUE is stable, GREEN the candidate."""
    return reading.stable if version == BLUE else reading.candidate


@contextmanager
def fake(_: pytest.FixtureRequest) -> Iterator[MetricsWorld]:
    clock = FakeClock()
    metrics = FakeMetrics(clock, BLUE, GREEN)
    metrics.serve(BLUE, 1)
    metrics.serve(GREEN, 1)

    def serve(version: str) -> None:
        clock.sleep(1.0)
        metrics.serve(version, 3, 2)

    nobody, down = FakeMetrics(clock, "nobody", "nobody-canary"), FakeMetrics(clock, BLUE, GREEN, down=True)
    yield MetricsWorld(metrics, serve, nobody, down, lambda: FakeMetrics(clock, BLUE, BLUE))


@contextmanager
def real_prometheus(request: pytest.FixtureRequest) -> Iterator[MetricsWorld]:
    api: PrometheusApi = request.getfixturevalue("api")
    shop: Shop = request.getfixturevalue("shop")

    def asked(stable: str, candidate: str, api: PrometheusApi = api) -> Metrics:
        return PrometheusMetrics(api, OWN, {"version": stable}, {"version": candidate})

    nowhere = PrometheusApi(Access(f"http://127.0.0.1:{free_port()}"), SystemClock())
    world = MetricsWorld(
        asked(BLUE, GREEN),
        lambda version: shop.ask(version, 3, 2),
        asked("nobody", "nobody-canary"),
        asked(BLUE, GREEN, nowhere),
        lambda: asked(BLUE, BLUE),
    )
    for version in (BLUE, GREEN):
        shop.ask(version, 1)
    world.look(lambda seen: scraped(seen, shop))
    yield world


def scraped(seen: Reading, shop: Shop) -> bool:
    """Whether all is known of both versions that the shop counts; afterwards every increase is a new request."""
    return sum(one.requests for one in (*seen.stable, *seen.candidate)) == shop.total(BLUE, GREEN)


@contextmanager
def real_envoy(request: pytest.FixtureRequest) -> Iterator[MetricsWorld]:
    shop: Shop = request.getfixturevalue("shop")
    clock = SystemClock()
    with envoy(request.getfixturevalue("tmp_path"), {BLUE: shop.port, GREEN: shop.port}) as (port, admin):

        def serve(version: str) -> None:
            for status in (200, 200, 200, 500, 500):
                assert fetch(f"http://127.0.0.1:{port}/{version}?status={status}") == status

        yield MetricsWorld(
            EnvoyMetrics(admin, clock, BLUE, GREEN),
            serve,
            EnvoyMetrics(admin, clock, "nobody", "nobody-canary"),
            EnvoyMetrics(free_port(), clock, BLUE, GREEN),
            lambda: EnvoyMetrics(admin, clock, BLUE, BLUE),
        )


@contextmanager
def probes(request: pytest.FixtureRequest) -> Iterator[MetricsWorld]:
    """Each look asks both versions five times; of the version that serves, the next two answers are bad."""
    shop: Shop = request.getfixturevalue("shop")
    clock = SystemClock()

    def asked(prober: HttpUrlProber | PodProxyProber, stable: str, candidate: str) -> Metrics:
        return ProbeMetrics(prober, clock, stable, candidate, times=5)

    def serve(version: str) -> None:
        shop.bad_next[version] = 2

    addresses = {BLUE: [f"{shop.address}/{BLUE}"], GREEN: [f"{shop.address}/{GREEN}"]}
    prober = HttpUrlProber(clock, lambda name: addresses.get(name, []), shop.address, path="")
    pod = {"metadata": {"name": "web-1"}, "spec": {"containers": []}}
    behind = PodProxyProber(unreachable_api(), "shop", "http", "http", Expectation(), lambda _: [pod], clock)
    yield MetricsWorld(
        asked(prober, BLUE, GREEN),
        serve,
        asked(prober, "nobody", "nobody-canary"),
        asked(behind, BLUE, GREEN),
        lambda: asked(prober, BLUE, BLUE),
    )


Factory = Callable[[pytest.FixtureRequest], AbstractContextManager[MetricsWorld]]
SOURCES: list[Factory] = [fake, real_prometheus, real_envoy, probes]
