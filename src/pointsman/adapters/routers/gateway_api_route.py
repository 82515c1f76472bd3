"""Finds a Gateway API route and says no to what a release of it would break, before the first write.

Reads: httproutes or grpcroutes (get, list), services and endpointslices (list). Writes nothing. `opened` is the way to
a `GatewayApiRouter`, with `backends.ready_endpoints` to count who is ready. It cannot tell whether a GitOps product
has been told to ignore the route's rules: who has done that says so with `gitops_ignored`.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman.adapters.kube.access import Permission
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.kinds import Kind
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api import RULES, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_rules import split_of, weighed_rules
from pointsman.adapters.routers.route_owner import refuse_gitops_route, refuse_other_releaser
from pointsman.adapters.routers.route_router import KNOWN_SECONDS
from pointsman.adapters.routers.route_services import (
    ports_of,
    refuse_missing_service,
    route_named,
    services_of,
)
from pointsman.adapters.routers.route_words import named
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.errors import InputError
from pointsman.ports.clock import Clock

_GROUP = "gateway.networking.k8s.io"


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
    undoing: bool = False,
    known: float = KNOWN_SECONDS,
) -> GatewayApiRouter:
    """The router of route `name`. Raises InputError for every route that cannot be released safely; of one whose users
    are only sent back (`undoing`) it need only be there."""
    route = route_of(api, kind, name)
    if not undoing:
        _refuse_unsafe(api, route, backends, gitops_ignored)
    return GatewayApiRouter(api, kind, route, backends, ready, fence, clock, settle, changed, known)


def _refuse_unsafe(api: KubeApi, route: Json, backends: Backends, gitops_ignored: bool) -> None:
    refuse_other_releaser(route, RULES)
    if not gitops_ignored:
        refuse_gitops_route(route, RULES)
    refuse_unattached(route)
    split_of(route, backends)
    refuse_missing_services(route, backends, services_of(api))


def route_of(api: KubeApi, kind: Kind, name: str) -> Json:
    """The route. Raises InputError naming those that exist."""
    return route_named(api, kind, name, "install the Gateway API, version 1.0 or newer (GRPCRoute: 1.1)")


def refuse_unattached(route: Json) -> None:
    """Raises InputError for a route that no Gateway, and no Service of a mesh, is the parent of."""
    if not route["spec"].get("parentRefs"):
        raise InputError(f"{named(route)} has no parentRefs, so nothing serves it", "attach it to a Gateway first")


def refuse_missing_services(route: Json, backends: Backends, services: dict[str, Json]) -> None:
    """Raises InputError when a Service is missing, or has not the port that the route sends requests to: such a
    version would answer its share of the requests with errors."""
    for version, service in backends.services.items():
        refuse_missing_service(services, service, version)
    for one in weighed_rules(route, backends):
        wanted = {backends.service_of_stable: one.stable}
        wanted[backends.service_of_candidate] = one.candidate or one.stable
        for service, ref in wanted.items():
            ports = ports_of(services[service])
            if ref.get("port") not in ports:
                raise InputError(
                    f"Service {service} has no port {ref.get('port')}, to which {one.where} of {named(route)} sends "
                    "requests",
                    f"its ports: {', '.join(str(port) for port in ports) or 'none'}",
                )
