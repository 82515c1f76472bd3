"""A shop behind a route, for the contract suites: two versions with a Service each, a route that a user wrote, and real
requests through what serves it."""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.adapters.probers.http_url import ask
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.adapters.routers.route_router import RouteRouter
from pointsman.model.evidence import Probe
from tests.cluster.harness.cluster import Cluster, address_of
from tests.cluster.harness.shop import BLUE as BLUE_PODS
from tests.cluster.harness.shop import GREEN as GREEN_PODS
from tests.cluster.harness.shop import blue, green
from tests.cluster.harness.world import Object, World, service
from tests.contract.local_service import BLUE, GREEN

VERSIONS = {"v1": BLUE, "v2": GREEN}
MARKERS = {name: marker for marker, name in VERSIONS.items()}
IN_A_ROW = 20
_ORDINAL = itertools.count(1)


class RoutedShop(ABC):
    """shop-blue answers v1 behind Service blue, shop-green v2 behind green; both serve `port`."""

    kind = ""
    """The resource of the route, which is called web."""

    def __init__(self, cluster: Cluster, port: int) -> None:
        self.clock, self.world, self.port = SystemClock(), World(cluster), port
        self._ending, self._host = ExitStack(), address_of(cluster)
        self.url = f"http://{self._host}:{port}/"
        self._ending.callback(self.world.remove)
        try:
            self.serve(self._ending)
            self.world.apply(*self.pods(), service("blue", BLUE_PODS), service("green", GREEN_PODS))
            for name in (BLUE, GREEN):
                self.world.wait_ready(name)
            self.reset()
        except BaseException:
            self.close()
            raise

    def pods(self) -> list[Object]:
        """The Deployments of both versions."""
        return [blue("v1"), green("v2")]

    @abstractmethod
    def serve(self, ending: ExitStack) -> None:
        """Start what serves the route."""

    @abstractmethod
    def users_route(self, way: str) -> Object:
        """The route as a user wrote it; answers say `way` in the header X-Way."""

    @abstractmethod
    def router(
        self,
        fence: int,
        settle: float = 3.0,
        route: str = "web",
        ready: Callable[[str], int] | None = None,
        api: KubeApi | None = None,
        **more: Any,
    ) -> RouteRouter:
        """A run's router, with its fencing number."""

    def measured(
        self, fence: int, route: str = "web", port: int | None = None, settle: float = 3.0, **more: Any
    ) -> MeasuredMatchingRouter:
        """A run's router that also sends requests of its own, as one with a version header to look at."""
        inner = self.router(fence, settle, route, **more)
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
        verb = "replace" if self.world.exists(self.kind, "web") else "create"
        self.world.kubectl(verb, "--filename=-", input=json.dumps(self.users_route(way)))
        self.world.wait_until(
            lambda: all(self.ask(marker="X-Way").marker == way for _ in range(IN_A_ROW)), f"{way} is served"
        )

    def wait_serving(self, version: str, port: int) -> None:
        """Wait until every request to this port reaches this version."""
        self.world.wait_until(
            lambda: all(self.answered_by(port=port) == version for _ in range(IN_A_ROW)), f"{version} serves"
        )

    def answered_by(self, headers: Mapping[str, str] | None = None, port: int | None = None) -> str:
        """The version that answers one request with these headers; else the status that came back."""
        probe = self.ask(headers, port)
        return VERSIONS.get(probe.marker, str(probe.status))

    def ask(
        self, headers: Mapping[str, str] | None = None, port: int | None = None, marker: str = "X-Version"
    ) -> Probe:
        """One request on a connection of its own; its marker says which version answered."""
        return ask(
            self.url if port is None else f"http://{self._host}:{port}/", self.clock, 5.0, marker, headers=headers or {}
        )

    def route(self, name: str = "web") -> Object:
        """The route as it is."""
        return self.world.get(self.kind, name)

    def edit(self, manager: str, *operations: Object) -> None:
        """What somebody else does to the route."""
        named = (f"--field-manager={manager}", "--type=json", f"--patch={json.dumps(operations)}")
        self.world.kubectl("patch", self.kind, "web", *named)

    def revision(self) -> object:
        """Changes with each write of ours, and not with a controller's words in the status."""
        metadata = self.route()["metadata"]
        return metadata["generation"], metadata.get("annotations")

    def close(self) -> None:
        """The shop is gone."""
        self._ending.close()


def users_part(route: Object) -> Object:
    """All of a route but the API server's bookkeeping and our number."""
    metadata = {key: route["metadata"][key] for key in ("name", "annotations", "labels") if key in route["metadata"]}
    metadata["annotations"].pop("pointsman.dev/fence", None)
    return {"metadata": metadata, "spec": route["spec"]}


def api_as(shop: RoutedShop, identity: str, *rules: Object) -> KubeApi:
    """A connection of somebody who may do just this."""
    kubeconfig = shop.world.grant(identity, *rules)
    return KubeApi(connect(KubeSource(str(kubeconfig))), shop.world.namespace, shop.clock)
