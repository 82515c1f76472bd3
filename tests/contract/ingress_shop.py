"""A shop behind an Ingress, for the contract suites: two versions with a Service each, an Ingress that a user wrote,
real requests through a real Traefik that runs the annotations of ingress-nginx."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.probers.http_url import ask
from pointsman.adapters.routers.backends import ready_endpoints
from pointsman.adapters.routers.ingress_main import opened
from pointsman.adapters.routers.ingress_nginx import IngressNginxRouter
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.model.evidence import Probe
from tests.cluster.harness.cluster import Cluster, address_of
from tests.cluster.harness.ingress import IngressTraefik, ingress
from tests.cluster.harness.shop import BLUE as BLUE_PODS
from tests.cluster.harness.shop import GREEN as GREEN_PODS
from tests.cluster.harness.shop import blue, green
from tests.cluster.harness.world import Object, World, service
from tests.contract.gateway_shop import BACKENDS
from tests.contract.kubernetes_shop import Fence, api_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import IN_A_ROW, MARKERS, VERSIONS

_PORT = 8840
_ORDINAL = itertools.count(1)


class IngressShop:
    """shop-blue answers v1 behind Service blue, shop-green v2 behind green."""

    def __init__(self, cluster: Cluster) -> None:
        self.clock, self.world, self._ending = SystemClock(), World(cluster), ExitStack()
        self._host = address_of(cluster)
        self._ending.callback(self.world.remove)
        self.traefik = IngressTraefik(self.world, "annotated", _PORT, throttle="100ms")
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def router(
        self,
        fence: int,
        settle: float = 3.0,
        ready: Callable[[str], int] | None = None,
        api: KubeApi | None = None,
    ) -> IngressNginxRouter:
        """A run's router, with its fencing number."""
        api = api or api_of(self.world)
        counted = ready or partial(ready_endpoints, api, BACKENDS)
        return opened(api, "web", BACKENDS, counted, Fence(fence), self.clock, settle)

    def measured(self, fence: int) -> MeasuredMatchingRouter:
        """A run's router that also sends requests of its own, as one with a version header to look at."""
        inner = self.router(fence)
        return MeasuredMatchingRouter(
            inner, self.ask, MARKERS.__getitem__, self.clock, lambda rule: self.ask(rule.headers)
        )

    def reset(self, **annotations: str) -> None:
        """The Ingress as the user wrote it, with no canary beside it, and served: a path of this very reset answers,
        so that no earlier change is still on its way."""
        way = f"/way-{next(_ORDINAL)}"
        for name in self.names():
            if name != "web":
                self.world.kubectl("delete", "ingress", name)
        made = ingress("web", self.traefik.gateway_class, ("/", "blue"), (way, "green"), annotations=annotations)
        verb = "replace" if self.world.exists("ingress", "web") else "create"
        self.world.kubectl(verb, "--filename=-", input=json.dumps(made))
        self.world.wait_until(
            lambda: all(
                (self.answered_by(), self.answered_by(path=way)) == (BLUE, GREEN) for _ in range(IN_A_ROW // 2)
            ),
            f"{way} is served",
        )

    def answered_by(self, headers: Mapping[str, str] | None = None, path: str = "/") -> str:
        """The version that answers one request with these headers; else the status that came back."""
        probe = self.ask(headers, path)
        return VERSIONS.get(probe.marker, str(probe.status))

    def ask(self, headers: Mapping[str, str] | None = None, path: str = "/") -> Probe:
        """One request on a connection of its own; its marker says which version answered."""
        return ask(f"http://{self._host}:{_PORT}{path}", self.clock, 5.0, "X-Version", headers=headers or {})

    def names(self) -> list[str]:
        """The Ingresses there are."""
        return sorted(one["metadata"]["name"] for one in self.world.every("ingress"))

    def canary(self) -> Object:
        """The canary Ingress as it is."""
        return self.world.get("ingress", "web-canary")

    def revision(self) -> object:
        """Changes with each write of ours."""
        return [
            (one["metadata"]["uid"], one["metadata"].get("annotations"), one["spec"])
            for one in self.world.every("ingress")
        ]

    def close(self) -> None:
        """The shop is gone."""
        self._ending.close()

    def _open(self) -> None:
        self._ending.enter_context(self.traefik)
        self.world.apply(blue("v1"), green("v2"), service("blue", BLUE_PODS), service("green", GREEN_PODS))
        for name in (BLUE, GREEN):
            self.world.wait_ready(name)
        self.reset()


def ingress_shop_of(request: pytest.FixtureRequest) -> IngressShop:
    """The session's shop behind an Ingress; see the fixture `ingress_shop`."""
    shop: IngressShop = request.getfixturevalue("ingress_shop")
    return shop
