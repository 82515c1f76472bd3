"""Envoy's configuration for one local service: pure functions from plain values to JSON text, and back.

Routes, clusters and endpoints are discovered from files in one watched directory. Envoy 1.40 sees a rename
within milliseconds and never sees a write in place. `validate_clusters` makes it refuse a route to a
cluster it does not know, which it would otherwise accept and answer with 503. Every response names the
version that gave it (`SERVED_BY`), so anybody can read the real split off real answers. Neighbours: `routes` (what
is written to move requests).
https://www.envoyproxy.io/docs/envoy/latest/api-v3/api
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.service import Service

SERVED_BY = "x-pointsman-version"
ROUTES = "users"
TYPE = "type.googleapis.com/envoy."


def bootstrap(service: Service, folder: Folder) -> str:
    """What Envoy starts with: a listener for users, an admin port for us, and where to discover the rest."""
    return _text(
        {
            "node": {"id": service.service, "cluster": "pointsman-local"},
            "admin": {"address": _address(service.admin_port)},
            "dynamic_resources": {"cds_config": _discovered(folder.clusters)},
            "static_resources": {"listeners": [_listener(service, folder)]},
        }
    )


def clusters(versions: Sequence[str], folder: Folder) -> str:
    """One cluster per version; where its instances are comes from the version's own endpoints file."""
    return discovery("1", [_cluster(name, folder) for name in versions])


def endpoints(version: str, ports: Sequence[int]) -> str:
    """The instances of `version`, all on loopback."""
    ordered = sorted(ports)
    where = [{"endpoint": {"address": _address(port)}} for port in ordered]
    resource = {
        "@type": f"{TYPE}config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": version,
        "endpoints": [{"lb_endpoints": where}],
    }
    return discovery("-".join(map(str, ordered)) or "none", [resource])


def discovery(version: str, resources: Sequence[Mapping[str, Any]]) -> str:
    """One file that Envoy watches."""
    return _text({"version_info": version, "resources": list(resources)})


def ports_in(text: str) -> list[int]:
    """The ports of the instances that `endpoints` wrote."""
    places = json.loads(text)["resources"][0]["endpoints"][0]["lb_endpoints"]
    return [int(one["endpoint"]["address"]["socket_address"]["port_value"]) for one in places]


def _cluster(name: str, folder: Folder) -> dict[str, Any]:
    return {
        "@type": f"{TYPE}config.cluster.v3.Cluster",
        "name": name,
        "type": "EDS",
        "connect_timeout": "1s",
        "eds_cluster_config": {"eds_config": _discovered(folder.endpoints(name))},
    }


def _listener(service: Service, folder: Folder) -> dict[str, Any]:
    manager = {
        "@type": f"{TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": ROUTES,
        "rds": {"route_config_name": ROUTES, "config_source": _discovered(folder.routes)},
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{TYPE}extensions.filters.http.router.v3.Router"},
            }
        ],
    }
    return {
        "name": ROUTES,
        "address": _address(service.port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def _discovered(file: Path) -> dict[str, Any]:
    source = {"path": str(file), "watched_directory": {"path": str(file.parent)}}
    return {"resource_api_version": "V3", "path_config_source": source}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1)
