"""What splits the requests of a canary in the played cluster: the user's object, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.cluster.harness.api import Json
from tests.cluster.harness.gateway import http_route
from tests.cluster.harness.ingress import PREFIX, ingress
from tests.cluster.harness.istio import virtual_service
from tests.cluster.harness.world import Object
from tests.crash.played_routes import ROUTES, VIRTUAL_SERVICES

ROUTE = "web"


@dataclass(frozen=True)
class Way:
    """`made()` is the object as the user wrote it, one of the `plural` below `root`; `weights(them)` maps the names of
    Services to what they get, of all such objects in the namespace."""

    router: str
    root: str
    plural: str
    made: Callable[[], Object]
    weights: Callable[[Sequence[Json]], Mapping[str, int]]

    @property
    def options(self) -> tuple[str, ...]:
        """How canary-step is told of it."""
        return ("--router", self.router, "--route", ROUTE)


def _of_route(routes: Sequence[Json]) -> Mapping[str, int]:
    backends = [one for route in routes for one in route["spec"]["rules"][0]["backendRefs"]]
    return {str(one["name"]): int(one.get("weight", 1)) for one in backends}


def _of_virtual_service(routes: Sequence[Json]) -> Mapping[str, int]:
    targets = [one for route in routes for one in route["spec"]["http"][0]["route"]]
    return {str(one["destination"]["host"]): int(one.get("weight", 1)) for one in targets}


def _of_ingresses(ingresses: Sequence[Json]) -> Mapping[str, int]:
    """The canary Ingress takes its part of what the user's own one leads to stable."""
    services = {one["metadata"]["name"]: _leads_to(one) for one in ingresses}
    marks = [one["metadata"].get("annotations") or {} for one in ingresses]
    taken = sum(int(one.get(f"{PREFIX}canary-weight", 0)) for one in marks if one.get(f"{PREFIX}canary") == "true")
    return {service: 100 - taken if name == ROUTE else taken for name, service in services.items()}


def _leads_to(one: Json) -> str:
    return str(one["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"])


GATEWAY_API = Way(
    "gateway-api",
    ROUTES,
    "httproutes",
    lambda: http_route(ROUTE, "public", {"backendRefs": [{"name": "shop", "port": 80}]}),
    _of_route,
)
ISTIO = Way(
    "istio",
    VIRTUAL_SERVICES,
    "virtualservices",
    lambda: virtual_service(ROUTE, "public", {"route": [{"destination": {"host": "shop"}}]}),
    _of_virtual_service,
)
INGRESS_NGINX = Way(
    "ingress-nginx",
    "/apis/networking.k8s.io/v1",
    "ingresses",
    lambda: ingress(ROUTE, "nginx", ("/", "shop")),
    _of_ingresses,
)
