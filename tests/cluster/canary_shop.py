"""A shop behind an HTTPRoute for tests of canary-step: real pods, a real Traefik that counts, or a real Contour whose
Envoy does, and users through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.probers.http_url import ask
from pointsman.entry.needs import SPLIT_ROUTE
from tests.cluster.harness.cluster import address_of
from tests.cluster.harness.contour import Contour, install_contour
from tests.cluster.harness.gateway import Traefik, gateway, http_route, install_gateway_api
from tests.cluster.harness.load import Load
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.world import Object, World, deployment, service
from tests.cluster.product import Pointsman, Run, Running
from tests.cluster.test_permissions import documented
from tests.contract.contour_shop import refuse_without_contour
from tests.contract.gateway_shop import refuse_without_gateway

STABLE, CANARY = "shop", "shop-canary"
PORT, METRICS_PORT, PROMETHEUS_PORT = 8811, 8812, 8813
ENVOY_PORT, ENVOY_METRICS_PORT = 8870, 8871
STABLE_PODS = {"app": "shop", "track": "stable"}
CANARY_PODS = {"app": "shop", "track": "canary"}
BY_ROUTE = {"workload": f"deployment/{STABLE}", "router": "gateway-api", "route": "web", "soak": "1s", "drain": "3s"}
BY_PROBES = {
    **BY_ROUTE,
    "metrics": "probes",
    "mode": "point",
    "objective": "error-rate ok<5% rollback>20%",
    "interval": "1s",
    "bake": "5s",
    "patience": "30s",
}
BY_EVIDENCE = {
    **BY_ROUTE,
    "metrics": "prometheus",
    "preset": "traefik",
    "objective": "error-rate ok<1% rollback>3%",
    "interval": "1s",
    "warm-up": "1s",
    "bake": "2s",
    "patience": "120s",
}
"""On evidence from Traefik's own counts; an address of Prometheus comes with it."""


@dataclass
class Shop:
    """Two pods behind Service shop, and the user's route to it. `inputs` are those of every canary-step here; `rate` is
    the users' requests per second."""

    world: World
    url: str
    inputs: dict[str, str] = field(default_factory=lambda: dict(BY_PROBES))
    rate: float = 60

    def canary(self, tag: str, **inputs: str) -> Run:
        """canary-step of a tag of the test app."""
        return self.start_canary(tag, **inputs).finish()

    def start_canary(self, tag: str, **inputs: str) -> Running:
        """Start what `canary` runs."""
        given = {**self.inputs, "image": f"localhost/app:{tag}", **inputs}
        return self.pointsman("canary-step").start("canary-step", service="shop", **given)

    def pointsman(self, step: str) -> Pointsman:
        """With the documented Role for a route and nothing else."""
        return Pointsman(self.world, self.world.grant(f"only-{step}", *documented(step, *SPLIT_ROUTE)))

    def answered(self, headers: dict[str, str]) -> set[str]:
        """The versions that twenty requests with these headers reach."""
        clock = SystemClock()
        return {ask(self.url, clock, 5.0, "X-Version", headers=headers).marker for _ in range(20)}

    def backends(self) -> list[tuple[str, int]]:
        """(Service, weight) as the route has them."""
        rule = self.world.get("httproute", "web")["spec"]["rules"][0]
        return [(one["name"], one.get("weight", 1)) for one in rule["backendRefs"]]

    def users(self, path: str = "") -> Load:
        """Constant load through the gateway."""
        return Load(self.world.cluster, f"{self.url}{path}", rate=self.rate, seconds=240, connections=16)

    def judged_by(self, prometheus: Prometheus, rate: float = 250, **inputs: str) -> Shop:
        """Itself, where Prometheus is what the judge hears, of so many requests per second."""
        self.inputs = {**BY_EVIDENCE, "prometheus-url": prometheus.address, **inputs}
        self.rate = rate
        return self.with_candidate_service()

    def with_candidate_service(self) -> Shop:
        """Itself, with the Service of the candidate's pods."""
        self.world.apply(service(CANARY, CANARY_PODS))
        return self


def users_route() -> Object:
    """The route as the user's repository has it."""
    return http_route("web", "public", {"backendRefs": [{"name": "shop", "port": 80}]})


@contextmanager
def opened(world: World, image: str = "v1", throttle: str = "100ms") -> Iterator[Shop]:
    """A shop that serves `image`, behind Traefik."""
    refuse_without_gateway()
    install_gateway_api(world.cluster)
    traefik = Traefik(world, "canary", PORT, throttle, METRICS_PORT)
    world.apply(gateway("public", traefik.gateway_class, traefik.port))
    furnish(world, image)
    with traefik:  # it finds all of that when it starts, however long it lets later changes wait
        yield served(world, PORT, image)


@contextmanager
def opened_behind_contour(world: World, image: str = "v1") -> Iterator[Shop]:
    """The same behind Contour and its Envoy."""
    refuse_without_contour()
    install_gateway_api(world.cluster)
    install_contour(world.cluster)
    furnish(world, image)
    with Contour(world, "public", ENVOY_PORT) as contour:
        assert contour.metrics == ENVOY_METRICS_PORT
        yield served(world, ENVOY_PORT, image)


def furnish(world: World, image: str) -> None:
    """What a user has: pods that are ready, their Service, and a route to it."""
    world.apply(deployment(STABLE, image, labels=STABLE_PODS), service("shop", STABLE_PODS), users_route())
    world.wait_ready(STABLE)


def served(world: World, port: int, image: str) -> Shop:
    """The shop, once its users are served."""
    shop = Shop(world, f"http://{address_of(world.cluster)}:{port}/")
    with shop.users() as first:
        first.wait_for(lambda counts: counts.versions.get(image, 0) >= 20, f"{image} answers through the route")
    return shop
