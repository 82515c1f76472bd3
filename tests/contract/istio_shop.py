"""The shop behind Istio: a VirtualService, real requests through a real Envoy that a real istiod configures.

The same pods serve in both of Istio's styles: a Service for each version, or one Service of which a DestinationRule
makes two subsets.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.routers.istio import IstioRouter
from pointsman.adapters.routers.istio_route import destinations_in, opened, virtual_service
from pointsman.adapters.routers.istio_rules import Destination, Destinations
from pointsman.adapters.routers.route_services import ready_pods_behind
from tests.cluster.harness import istio
from tests.cluster.harness.binaries import MissingToolError, program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.envoy import envoy_program
from tests.cluster.harness.istio import Istio, destination_rule, install_istio, istio_gateway
from tests.cluster.harness.modules import ISTIO_FILES, folder_of
from tests.cluster.harness.world import Object, service
from tests.contract.kubernetes_shop import Fence, api_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import RoutedShop

_PORT = 8820


class Style(Enum):
    """How a version is named in a VirtualService."""

    HOSTS = "hosts"
    SUBSETS = "subsets"


TARGETS = {Style.HOSTS: Destination("green"), Style.SUBSETS: Destination("all", "green")}
STABLE_HOST = {Style.HOSTS: {"host": "blue"}, Style.SUBSETS: {"host": "all", "subset": "blue"}}
CANDIDATE_HOST = {Style.HOSTS: {"host": "green"}, Style.SUBSETS: {"host": "all", "subset": "green"}}


def users_http(style: Style, way: str = "public") -> list[Object]:
    """What a user wrote: headers that name the way in the answer, retries, no weight; before it an http route of
    the candidate alone, for others, and one to neither."""
    told = {"response": {"set": {"X-Way": way}}}
    elsewhere = {"headers": {"region": {"exact": "nowhere"}}}
    return [
        {"name": "region", "match": [elsewhere], "route": [{"destination": CANDIDATE_HOST[style]}]},
        {"match": [{"uri": {"exact": "/other"}}], "route": [{"destination": {"host": "other"}}]},
        {
            "name": "main",
            "match": [{"uri": {"prefix": "/"}}],
            "headers": told,
            "timeout": "20s",
            "retries": {"attempts": 0},
            "route": [{"destination": STABLE_HOST[style]}],
        },
    ]


class IstioShop(RoutedShop):
    """Of `style` until told otherwise."""

    kind = "virtualservice"

    def __init__(self, cluster: Cluster) -> None:
        self.style = Style.HOSTS
        super().__init__(cluster, _PORT)

    def serve(self, ending: ExitStack) -> None:
        """Through istiod and Envoy."""
        install_istio(self.world.cluster)
        self.istio = ending.enter_context(Istio(self.world, _PORT))
        subsets = {name: {"version": name} for name in ("blue", "green")}
        self.world.apply(
            service("other", {"app": "other"}),
            service("all", {"app": "shop"}),
            destination_rule("all", "all", subsets),
            istio_gateway("public", self.istio),
        )

    def users_route(self, way: str) -> Object:
        """A VirtualService."""
        return istio.virtual_service("web", "public", *users_http(self.style, way), annotations={"team": "shop"})

    def destinations(self, route: Object) -> Destinations:
        """Both versions as the route names them."""
        own = STABLE_HOST[self.style]["host"]
        return destinations_in(route, BLUE, GREEN, own, TARGETS[self.style])

    def router(
        self,
        fence: int,
        settle: float = 3.0,
        route: str = "web",
        ready: Callable[[str], int] | None = None,
        api: KubeApi | None = None,
        **more: Any,
    ) -> IstioRouter:
        """A run's router, with its fencing number; one that will send requests, unless told."""
        api = api or api_of(self.world)
        found = virtual_service(api, route)
        own = {BLUE: "blue", GREEN: "green"}
        counted = ready or (lambda version: len(ready_pods_behind(api, own[version])))
        options = {"asked": True, **more}
        return opened(api, found, self.destinations(found), counted, Fence(fence), self.clock, settle, **options)


def istio_shop_of(request: pytest.FixtureRequest, style: Style) -> IstioShop:
    """The session's shop behind Istio, in this style and as the user wrote it; see the fixture `istio_shop`."""
    shop: IstioShop = request.getfixturevalue("istio_shop")
    shop.style = style
    shop.reset()
    return shop


def refuse_without_istio() -> None:
    """Under CI a machine without istiod, Istio's definitions or Envoy is a failure, elsewhere a skip."""
    try:
        program("istiod")
        folder_of(ISTIO_FILES)
        envoy_program()
    except MissingToolError as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))
