"""What routers that are objects of Kubernetes look up beside their object: it by name, Services, ready endpoints."""

from __future__ import annotations

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.kinds import ENDPOINT_SLICE, SERVICE, Kind
from pointsman.adapters.routers.service_selector import ready_targets
from pointsman.model.errors import InputError


def route_named(api: KubeApi, kind: Kind, name: str, install: str) -> Json:
    """The object. Raises InputError naming those that exist, or (`install`) what the cluster lacks."""
    route = api.get(kind, name)
    if route is not None:
        return route
    try:
        names = ", ".join(sorted(one["metadata"]["name"] for one in api.list(kind, limit=50).get("items", [])))
    except ApiStatus as status:
        if status.code != 404:
            raise
        raise InputError(f"this cluster does not serve {kind.api_version} {kind.kind}", install) from status
    raise InputError(
        f"there is no {kind.kind} {name} in namespace {api.namespace}", f"{kind.kind}s there: {names or 'none'}"
    )


def services_of(api: KubeApi) -> dict[str, Json]:
    """Every Service of the namespace, by name."""
    return {one["metadata"]["name"]: one for one in api.list(SERVICE).get("items", [])}


def refuse_missing_service(services: dict[str, Json], service: str, version: str) -> None:
    """Raises InputError naming the Services that exist."""
    if service not in services:
        raise InputError(
            f"there is no Service {service} for {version}", f"Services there: {', '.join(sorted(services)) or 'none'}"
        )


def ports_of(service: Json) -> list[int]:
    """The ports of a Service."""
    return sorted(port["port"] for port in service["spec"].get("ports") or [])


def ready_pods_behind(api: KubeApi, service: str) -> set[str]:
    """The pods that are ready behind a Service, by all its EndpointSlices; one request."""
    slices = api.list(ENDPOINT_SLICE, labels=f"kubernetes.io/service-name={service}")
    return ready_targets(slices.get("items", []))
