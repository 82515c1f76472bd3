"""The Kubernetes adapters in a real cluster, for the contract suites: one shop for the whole session whose users can
be sent to either colour, and fresh namespaces for what must begin empty."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.probers.pod_proxy import PodProxyProber
from pointsman.adapters.routers.service_selector import Colours, ServiceSelectorRouter
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.adapters.workloads.deployment_state import is_ready, terminating
from pointsman.model.expectation import Expectation
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.shop import blue, green, open_shop
from tests.cluster.harness.world import Object, World, deployment
from tests.contract.local_service import BLUE, GREEN

COLOURS = Colours("version", {BLUE: "blue", GREEN: "green"})
_VERSIONS = {"v1": BLUE, "v2": GREEN}
_ASK = """
import sys, urllib.request
for line in sys.stdin:
    print(urllib.request.urlopen(line.strip(), timeout=5).headers["X-Version"], flush=True)
"""


@dataclass
class Fence:
    """A lock that is always held, under a fixed number."""

    number: int

    def check(self) -> None:
        """It is never lost."""


class Shop:
    """blue answers v1, green v2; `shop-sick` fails its health, `shop-silent` listens nowhere."""

    def __init__(self, cluster: Cluster) -> None:
        self.clock = SystemClock()
        self.world = World(cluster)
        sick = deployment("shop-sick", "sick", labels={"app": "shop", "version": "sick"}, replicas=1)
        open_shop(self.world, blue("v1"), green("v2"), sick, _silent())
        self.api = api_of(self.world)
        self._url = self.world.url("shop")
        self._user: subprocess.Popen[str] | None = None
        self._workload = DeploymentWorkload(self.api, "app=shop", COLOURS_OF, Fence(1), self.clock)
        self.prober = PodProxyProber(self.api, "shop", "http", "http", Expectation(), self.ready_pods, self.clock)

    def router(self, fence: int) -> ServiceSelectorRouter:
        """A run's router, with its fencing number."""
        service = self.world.get("service", "shop")
        return ServiceSelectorRouter(self.api, service, COLOURS, self._pods_of, Fence(fence), self.clock)

    def send_users_to(self, version: str) -> None:
        """Point the selector there and wait until every request arrives there."""
        selector = {"app": "shop", "version": COLOURS.values[version]}
        self.world.patch("service", "shop", {"metadata": {"annotations": None}, "spec": {"selector": selector}})
        marker = next(text for text, name in _VERSIONS.items() if name == version)
        self.world.wait_serving("shop", marker)

    def answered_by(self) -> str:
        """One request as users send it; the version that answered."""
        if self._user is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._user = self.world.cluster.spawn([sys.executable, "-c", _ASK], **pipes)
        assert self._user.stdin is not None
        assert self._user.stdout is not None
        self._user.stdin.write(f"{self._url}\n")
        self._user.stdin.flush()
        return _VERSIONS[self._user.stdout.readline().strip()]

    def close(self) -> None:
        """The last user leaves."""
        if self._user is not None:
            self._user.communicate()
        self.world.remove()

    def revision(self) -> object:
        """Changes with each write to the Service."""
        return self.world.get("service", "shop")["metadata"]["resourceVersion"]

    def ready_pods(self, version: str) -> list[Object]:
        """Ready pods of a version."""
        return self._workload.ready_pods(version)

    def _pods_of(self, version: str) -> set[str]:
        pods = self._workload.pods_of(version)
        return {pod["metadata"]["name"] for pod in pods if is_ready(pod) and not terminating(pod)}


def COLOURS_OF(name: str) -> dict[str, str]:
    """The label that tells a version's pods apart."""
    return {"version": COLOURS.values.get(name, name)}


def shop_of(request: pytest.FixtureRequest) -> Shop:
    """The session's shop; see the fixture `kubernetes_shop`."""
    shop: Shop = request.getfixturevalue("kubernetes_shop")
    return shop


def api_of(world: World) -> KubeApi:
    """A connection to the world's namespace with every permission."""
    source = KubeSource(str(world.cluster.kubeconfig))
    return KubeApi(connect(source), world.namespace, SystemClock())


def unreachable_api() -> KubeApi:
    """An API server that nobody runs."""
    text = (
        "apiVersion: v1\nkind: Config\ncurrent-context: x\n"
        "contexts: [{name: x, context: {cluster: x, user: x}}]\nusers: [{name: x, user: {token: x}}]\n"
        f"clusters: [{{name: x, cluster: {{server: 'http://127.0.0.1:{free_port()}'}}}}]\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kubeconfig"
        file.write_text(text)
        return KubeApi(connect(KubeSource(str(file))), "nowhere", SystemClock())


def empty_namespace(request: pytest.FixtureRequest) -> tuple[World, KubeApi]:
    """A namespace with nothing in it, removed after the test."""
    world = World(request.getfixturevalue("cluster"))
    request.addfinalizer(world.remove)
    return world, api_of(world)


@contextmanager
def fresh_deployment(request: pytest.FixtureRequest, name: str) -> Iterator[Callable[[int], DeploymentWorkload]]:
    """Deployment `name` with two ready pods of v1; makes a run's workload by its fencing number."""
    world, api = empty_namespace(request)
    world.apply(blue("v1"))
    world.wait_ready(name)

    def workload(fence: int) -> DeploymentWorkload:
        names = frozenset({BLUE, GREEN})
        return DeploymentWorkload(api, "app=shop", COLOURS_OF, Fence(fence), SystemClock(), names)

    yield workload


def _silent() -> Object:
    made = deployment("shop-silent", "v1", labels={"app": "shop", "version": "silent"}, replicas=1, ready_path=None)
    made["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 9
    return made
