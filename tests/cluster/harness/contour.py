"""Contour in the test cluster: its resource definitions, a real `contour serve`, and a real Envoy that it configures.

It serves one Gateway of the Gateway API. Contour 1.33 was made for version 1.3 of that; with what later versions no
longer serve left out (TLSRoutes, TCPRoutes and BackendTLSPolicies of their alpha versions) it works with 1.6 as well.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.harness.binaries import program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.envoy import ControlledEnvoy
from tests.cluster.harness.gateway import gateway, gateway_class
from tests.cluster.harness.modules import CONTOUR_FILES, folder_of
from tests.cluster.harness.world import World

_CONTROLLER = "projectcontour.io/gateway-controller"
_LEFT_OUT = ("tlsroutes", "tcproutes", "backendtlspolicies", "extensionservices")
_WATCHED = ("httpproxies", "tlscertificatedelegations")
"""Its own kinds that it cannot be told to leave out."""
_MOVED_UP = 8000
"""Its Envoy listens so much higher than the Gateway says, since it may not listen below 1024."""


def install_contour(cluster: Cluster) -> None:
    """Let the cluster serve what Contour watches beside the Gateway API; harmless when it does."""
    documents = (folder_of(CONTOUR_FILES) / "01-crds.yaml").read_text().split("\n---\n")
    names = [f"{name}.projectcontour.io" for name in _WATCHED]
    wanted = [one for one in documents if any(f"\n  name: {name}\n" in one for name in names)]
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", input="\n---\n".join(wanted))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *(f"crd/{name}" for name in names))


class Contour(ControlledEnvoy):
    """A Contour for the Gateway `name` of one namespace, which it makes, and the Envoy that serves it at `port`. Envoy
    shows its counts to Prometheus at the port after that."""

    def __init__(self, world: World, name: str, port: int) -> None:
        super().__init__(world, port)
        self.metrics = port + 1
        self._name, self._class = name, f"contour-{world.namespace}"

    def serve(self) -> None:
        """Start both."""
        self.world.apply(
            gateway_class(self._class, _CONTROLLER), gateway(self._name, self._class, self.port - _MOVED_UP)
        )
        self.run("contour", self._contour())
        self.wait_for("contour", self.port + 4, "/healthz")
        self.run_envoy(self._bootstrap(), "--service-cluster", "contour", "--service-node", f"envoy-{self.port}")
        self.wait_for("envoy", self.metrics, "/ready")

    def stop(self) -> None:
        """End both, and take the GatewayClass away."""
        super().stop()
        self.world.cluster.kubectl("delete", "gatewayclass", self._class, "--ignore-not-found", "--wait=false")

    def _contour(self) -> list[str]:
        configuration = {
            "gateway": {"gatewayRef": {"namespace": self.world.namespace, "name": self._name}},
            "network": {"admin-port": self.port + 3},
        }
        told = self.folder / "contour.yaml"
        told.write_text(json.dumps(configuration))
        options = {
            "config-path": str(told),
            "kubeconfig": str(self.world.cluster.kubeconfig),
            "watch-namespaces": self.world.namespace,
            "xds-address": "127.0.0.1",
            "xds-port": str(self.port + 2),
            "stats-address": "0.0.0.0",
            "stats-port": str(self.metrics),
            "health-address": "0.0.0.0",
            "health-port": str(self.port + 4),
            "http-address": "0.0.0.0",
            "http-port": str(self.port + 5),
            "debug-http-port": str(self.port + 6),
        }
        plainly = ["--insecure", "--disable-leader-election", *(f"--disable-feature={kind}" for kind in _LEFT_OUT)]
        return [str(program("contour")), "serve", *plainly, *(f"--{name}={value}" for name, value in options.items())]

    def _bootstrap(self) -> Path:
        made = self.folder / "envoy.json"
        options = {
            "xds-address": "127.0.0.1",
            "xds-port": str(self.port + 2),
            "xds-resource-version": "v3",
            "admin-address": str(self.folder / "admin.sock"),
        }
        argv = [str(program("contour")), "bootstrap", str(made)]
        done = self.world.cluster.command([*argv, *(f"--{name}={value}" for name, value in options.items())])
        if done.returncode != 0:
            raise RuntimeError(f"contour bootstrap failed: {done.stderr}")
        return made
