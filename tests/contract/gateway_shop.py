"""A shop behind a Gateway, for the contract suites: two versions with a Service each, a route that a user wrote, real
requests through a real Traefik."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.adapters.probers.http_url import ask
from pointsman.adapters.routers.backends import Backends, ready_endpoints
from pointsman.adapters.routers.gateway_api import HTTP_ROUTE, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_route import opened
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.model.evidence import Probe
from tests.cluster.harness.binaries import MissingToolError
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.gateway import Traefik, gateway, http_route, install_gateway_api, traefik_program
from tests.cluster.harness.modules import GATEWAY_API, folder_of
from tests.cluster.harness.shop import BLUE as BLUE_PODS
from tests.cluster.harness.shop import GREEN as GREEN_PODS
from tests.cluster.harness.shop import blue, green
from tests.cluster.harness.world import Object, World, service
from tests.contract.kubernetes_shop import Fence, api_of
from tests.contract.local_service import BLUE, GREEN

BACKENDS = Backends(BLUE, GREEN, {BLUE: "blue", GREEN: "green"})
VERSIONS = {"v1": BLUE, "v2": GREEN}
MARKERS = {name: marker for marker, name in VERSIONS.items()}
IN_A_ROW = 20
_PORT = 8800
_ORDINAL = itertools.count(1)


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


class GatewayShop:
    """shop-blue answers v1 behind Service blue, shop-green v2 behind green. Traefik takes changes in within 100 ms."""

    def __init__(self, cluster: Cluster) -> None:
        self.clock, self.world, self._ending = SystemClock(), World(cluster), ExitStack()
        self._host = address_of(cluster)
        self._ending.callback(self.world.remove)
        self.traefik = Traefik(self.world, "brisk", _PORT, throttle="100ms")
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def router(
        self,
        fence: int,
        settle: float = 3.0,
        route: str = "web",
        ready: Callable[[str], int] | None = None,
        api: KubeApi | None = None,
    ) -> GatewayApiRouter:
        """A run's router, with its fencing number."""
        api = api or api_of(self.world)
        counted = ready or partial(ready_endpoints, api, BACKENDS)
        return opened(api, HTTP_ROUTE, route, BACKENDS, counted, Fence(fence), self.clock, settle)

    def measured(
        self, fence: int, route: str = "web", port: int = _PORT, settle: float = 3.0
    ) -> MeasuredMatchingRouter:
        """A run's router that also sends requests of its own, as one with a version header to look at."""
        inner = self.router(fence, settle, route)
        return MeasuredMatchingRouter(
            inner,
            lambda: self.ask(port=port),
            MARKERS.__getitem__,
            self.clock,
            lambda rule: self.ask(rule.headers, port),
        )

    def reset(self) -> None:
        """The route as the user wrote it, served: the answers name this very one, so that no earlier change is still
        on its way."""
        way = f"way-{next(_ORDINAL)}"
        made = http_route("web", "public", *users_rules(way), annotations={"team": "shop"})
        verb = "replace" if self.world.exists("httproute", "web") else "create"
        self.world.kubectl(verb, "--filename=-", input=json.dumps(made))
        self.world.wait_until(
            lambda: all(self.ask(marker="X-Way").marker == way for _ in range(IN_A_ROW)), f"{way} is served"
        )

    def wait_serving(self, version: str, port: int) -> None:
        """Wait until every request to this port reaches this version."""
        self.world.wait_until(
            lambda: all(self.answered_by(port=port) == version for _ in range(IN_A_ROW)), f"{version} serves"
        )

    def answered_by(self, headers: Mapping[str, str] | None = None, port: int = _PORT) -> str:
        """The version that answers one request with these headers; else the status that came back."""
        probe = self.ask(headers, port)
        return VERSIONS.get(probe.marker, str(probe.status))

    def ask(self, headers: Mapping[str, str] | None = None, port: int = _PORT, marker: str = "X-Version") -> Probe:
        """One request on a connection of its own; its marker says which version answered."""
        return ask(f"http://{self._host}:{port}/", self.clock, 5.0, marker, headers=headers or {})

    def route(self, name: str = "web") -> Object:
        """The route as it is."""
        return self.world.get("httproute", name)

    def revision(self) -> object:
        """Changes with each write of ours, and not with Traefik's words in the status."""
        metadata = self.route()["metadata"]
        return metadata["generation"], metadata.get("annotations")

    def close(self) -> None:
        """The shop is gone."""
        self._ending.close()

    def _open(self) -> None:
        install_gateway_api(self.world.cluster)
        self._ending.enter_context(self.traefik)
        self.world.apply(
            blue("v1"),
            green("v2"),
            service("blue", BLUE_PODS),
            service("green", GREEN_PODS),
            service("other", {"app": "other"}),
            gateway("public", self.traefik.gateway_class, self.traefik.port),
        )
        for name in (BLUE, GREEN):
            self.world.wait_ready(name)
        self.reset()


def address_of(cluster: Cluster) -> str:
    """Where a process that was started in the cluster's network listens, as seen from here."""
    if cluster.netns is None:
        return "127.0.0.1"
    server = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    return str(urlsplit(server).hostname)


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


def api_as(shop: GatewayShop, identity: str, *rules: Object) -> KubeApi:
    """A connection of somebody who may do just this."""
    kubeconfig = shop.world.grant(identity, *rules)
    return KubeApi(connect(KubeSource(str(kubeconfig))), shop.world.namespace, shop.clock)
