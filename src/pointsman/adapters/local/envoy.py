"""Envoy's configuration for one local service: pure functions from plain values to JSON text, and back.

Routes, clusters and endpoints are discovered from files in one watched directory. Envoy 1.40 sees a rename
within milliseconds and never sees a write in place. `validate_clusters` makes it refuse a route to a
cluster it does not know, which it would otherwise accept and answer with 503. Every response names the
version that gave it (`SERVED_BY`), so anybody can read the real split off real answers.
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
_TYPE = "type.googleapis.com/envoy."


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
    return _discovery("1", [_cluster(name, folder) for name in versions])


def endpoints(version: str, ports: Sequence[int]) -> str:
    """The instances of `version`, all on loopback."""
    ordered = sorted(ports)
    where = [{"endpoint": {"address": _address(port)}} for port in ordered]
    resource = {
        "@type": f"{_TYPE}config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": version,
        "endpoints": [{"lb_endpoints": where}],
    }
    return _discovery("-".join(map(str, ordered)) or "none", [resource])


def routes(number: int, weights: Mapping[str, int]) -> str:
    """The split as written for the `number`th time; a weight of 0 is written too, for a left-out one means
    1."""
    resource = {
        "@type": f"{_TYPE}config.route.v3.RouteConfiguration",
        "name": ROUTES,
        "validate_clusters": True,
        "virtual_hosts": [{"name": ROUTES, "domains": ["*"], "routes": [_weighted(number, weights)]}],
    }
    return _discovery(str(number), [resource])


def split_written(text: str) -> tuple[int, dict[str, int]]:
    """(number, weight by version) of what `routes` wrote. Raises ValueError when somebody else wrote it."""
    try:
        document = json.loads(text)
        route = document["resources"][0]["virtual_hosts"][0]["routes"][0]["route"]
        shares = {each["name"]: int(each["weight"]) for each in route["weighted_clusters"]["clusters"]}
        return int(document["version_info"]), shares
    except (KeyError, IndexError, TypeError, ValueError) as reason:
        raise ValueError(f"not a split that Pointsman wrote: {reason!r}") from reason


def _weighted(number: int, weights: Mapping[str, int]) -> dict[str, Any]:
    """The route carries the number too: Envoy keeps its old `version_info` when nothing else has changed."""
    return {
        "name": f"split-{number}",
        "match": {"prefix": "/"},
        "route": {
            "weighted_clusters": {"clusters": [_share(name, weight) for name, weight in weights.items()]},
            "retry_policy": _RETRY,
        },
    }


# Only what never reached an instance is tried again: no request is served twice and no bad answer is hidden.
_RETRY = {
    "retry_on": "connect-failure,refused-stream,reset-before-request",
    "num_retries": 2,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {"@type": f"{_TYPE}extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"},
        }
    ],
}


def _share(name: str, weight: int) -> dict[str, Any]:
    served_by = {"header": {"key": SERVED_BY, "value": name}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    return {"name": name, "weight": weight, "response_headers_to_add": [served_by]}


def _cluster(name: str, folder: Folder) -> dict[str, Any]:
    return {
        "@type": f"{_TYPE}config.cluster.v3.Cluster",
        "name": name,
        "type": "EDS",
        "connect_timeout": "1s",
        "eds_cluster_config": {"eds_config": _discovered(folder.endpoints(name))},
    }


def _listener(service: Service, folder: Folder) -> dict[str, Any]:
    manager = {
        "@type": f"{_TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": ROUTES,
        "rds": {"route_config_name": ROUTES, "config_source": _discovered(folder.routes)},
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{_TYPE}extensions.filters.http.router.v3.Router"},
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


def _discovery(version: str, resources: Sequence[Mapping[str, Any]]) -> str:
    return _text({"version_info": version, "resources": list(resources)})


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1)
