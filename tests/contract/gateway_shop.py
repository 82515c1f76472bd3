"""The shop behind a Gateway: an HTTPRoute, real requests through a real Traefik."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.routers.backends import Backends, ready_endpoints
from pointsman.adapters.routers.gateway_api import HTTP_ROUTE, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_route import opened
from tests.cluster.harness.binaries import MissingToolError
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.gateway import Traefik, gateway, http_route, install_gateway_api, traefik_program
from tests.cluster.harness.modules import GATEWAY_API, folder_of
from tests.cluster.harness.world import Object, service
from tests.contract.kubernetes_shop import Fence, api_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import RoutedShop

BACKENDS = Backends(BLUE, GREEN, {BLUE: "blue", GREEN: "green"})
_PORT = 8800


def users_rules(way: str = "public") -> list[Object]:
    """What a user wrote: a filter that names the way in the answer, no weight; a rule with the candidate's Service
    alone, and one with neither."""
    told = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "X-Way", "value": way}]}}
    return [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "filters": [told],
            "backendRefs": [{"name": "blue", "port": 80}],
        },
        {
            "matches": [{"headers": [{"name": "region", "value": "nowhere"}]}],
            "backendRefs": [{"name": "green", "port": 80, "weight": 7}],
        },
        {
            "matches": [{"path": {"type": "Exact", "value": "/other"}}],
            "backendRefs": [{"name": "other", "port": 80}],
        },
    ]


@dataclass(frozen=True)
class Manner:
    """Where controllers differ, on what all of them call Accepted. `nobody`: what everybody gets where no version has
    any weight; `gone`: who answers where half of the weight is on a Service that does not exist."""

    nobody: str
    gone: frozenset[str]


class GatewayShop(RoutedShop):
    """Traefik takes changes in within 100 ms."""

    kind = "httproute"
    manner = Manner(nobody="503", gone=frozenset({BLUE, "500"}))

    def __init__(self, cluster: Cluster, port: int = _PORT) -> None:
        super().__init__(cluster, port)

    def serve(self, ending: ExitStack) -> None:
        """Through Traefik."""
        install_gateway_api(self.world.cluster)
        traefik = ending.enter_context(Traefik(self.world, "brisk", self.port, throttle="100ms"))
        self.world.apply(service("other", {"app": "other"}), gateway("public", traefik.gateway_class, traefik.port))

    def users_route(self, way: str) -> Object:
        """An HTTPRoute."""
        return http_route("web", "public", *users_rules(way), annotations={"team": "shop"})

    def router(
        self,
        fence: int,
        settle: float = 3.0,
        route: str = "web",
        ready: Callable[[str], int] | None = None,
        api: KubeApi | None = None,
        **more: Any,
    ) -> GatewayApiRouter:
        """A run's router, with its fencing number; a candidate that it names is hardly waited for, unless told."""
        api = api or api_of(self.world)
        counted = ready or partial(ready_endpoints, api, BACKENDS)
        options = {"known": 0.1, **more}
        return opened(api, HTTP_ROUTE, route, BACKENDS, counted, Fence(fence), self.clock, settle, **options)


def gateway_shop_of(request: pytest.FixtureRequest) -> GatewayShop:
    """The session's shop behind a Gateway; see the fixture `gateway_shop`."""
    shop: GatewayShop = request.getfixturevalue("gateway_shop")
    return shop


def refuse_without_gateway() -> None:
    """Under CI a machine without Traefik or Gateway API is a failure, elsewhere a skip."""
    try:
        traefik_program()
        folder_of(GATEWAY_API)
    except MissingToolError as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))
