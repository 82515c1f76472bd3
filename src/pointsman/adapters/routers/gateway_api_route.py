"""Finds a Gateway API route and says no to what a release of it would break, before the first write.

Reads: httproutes or grpcroutes (get, list), services and endpointslices (list). Writes nothing. `opened` is the way to
a `GatewayApiRouter`. It cannot tell whether a GitOps product has been
told to ignore the route's rules: who has done that says so with `gitops_ignored`.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman.adapters.kube.access import Permission
from pointsman.adapters.kube.api import ApiStatus, Json, Kind, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.ownership import GITOPS_MANAGERS, owner_of, refuse_foreign_owner
from pointsman.adapters.routers.backends import Backends, refuse_absent_services, services_of
from pointsman.adapters.routers.gateway_api import RULES, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_rules import named, split_of, weighed_rules
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.errors import InputError
from pointsman.ports.clock import Clock

_GROUP = "gateway.networking.k8s.io"
_TRACKED = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "objectset.rio.cattle.io/id": "Rancher Fleet",
}


def needs(kind: Kind) -> tuple[Permission, ...]:
    """What the router needs from RBAC in its namespace, for routes of this kind."""
    return (
        Permission(_GROUP, kind.plural, ("get", "list", "watch", "patch")),
        Permission("", "services", ("list",)),
        Permission("discovery.k8s.io", "endpointslices", ("list",)),
    )


def opened(
    api: KubeApi,
    kind: Kind,
    name: str,
    backends: Backends,
    ready: Callable[[str], int],
    fence: Fence,
    clock: Clock,
    settle: float = SETTLE_SECONDS,
    changed: Callable[[], None] = lambda: None,
    gitops_ignored: bool = False,
) -> GatewayApiRouter:
    """The router of route `name`. Raises InputError for every route that cannot be released safely."""
    route = route_of(api, kind, name)
    refuse_foreign_owner(route)
    if not gitops_ignored:
        refuse_gitops_route(route)
    refuse_unattached(route)
    split_of(route, backends)
    refuse_missing_services(route, backends, services_of(api))
    return GatewayApiRouter(api, kind, route, backends, ready, fence, clock, settle, changed)


def route_of(api: KubeApi, kind: Kind, name: str) -> Json:
    """The route. Raises InputError naming those that exist."""
    route = api.get(kind, name)
    if route is not None:
        return route
    try:
        names = ", ".join(sorted(one["metadata"]["name"] for one in api.list(kind, limit=50).get("items", [])))
    except ApiStatus as status:
        if status.code != 404:
            raise
        raise InputError(
            f"this cluster does not serve {kind.api_version} {kind.kind}",
            "install the Gateway API, version 1.0 or newer (GRPCRoute: 1.1)",
        ) from status
    raise InputError(
        f"there is no {kind.kind} {name} in namespace {api.namespace}", f"{kind.kind}s there: {names or 'none'}"
    )


def refuse_gitops_route(route: Json) -> None:
    """Raises InputError when a GitOps product keeps the route: it would set the rules back during the release."""
    manager = owner_of(route, RULES)
    product = GITOPS_MANAGERS.get(manager) or tracked_by(route)
    if product:
        reason = f"field manager {manager}" if manager in GITOPS_MANAGERS else "it carries the mark of that product"
        raise InputError(
            f"spec.rules of {named(route)} belongs to {product} ({reason})",
            f"{product} would set the weights back: have it ignore /spec/rules of this route and say that it does, or "
            "take the route out of it; then run again",
        )


def tracked_by(route: Json) -> str:
    """The GitOps product whose mark the route carries; empty when there is none."""
    marks = {**(route["metadata"].get("labels") or {}), **(route["metadata"].get("annotations") or {})}
    return next((product for mark, product in _TRACKED.items() if mark in marks), "")


def refuse_unattached(route: Json) -> None:
    """Raises InputError for a route that no Gateway, and no Service of a mesh, is the parent of."""
    if not route["spec"].get("parentRefs"):
        raise InputError(f"{named(route)} has no parentRefs, so nothing serves it", "attach it to a Gateway first")


def refuse_missing_services(route: Json, backends: Backends, services: dict[str, Json]) -> None:
    """Raises InputError when a Service is missing, or has not the port that the route sends requests to: such a
    version would answer its share of the requests with errors."""
    refuse_absent_services(backends, services)
    for one in weighed_rules(route, backends):
        wanted = {backends.service_of_stable: one.stable}
        wanted[backends.service_of_candidate] = one.candidate or one.stable
        for service, ref in wanted.items():
            ports = sorted(port["port"] for port in services[service]["spec"].get("ports") or [])
            if ref.get("port") not in ports:
                raise InputError(
                    f"Service {service} has no port {ref.get('port')}, to which {one.where} of {named(route)} sends "
                    "requests",
                    f"its ports: {', '.join(str(port) for port in ports) or 'none'}",
                )
