"""Finds the user's Ingress and says no to what a release through a canary Ingress would break, before the first write.

Reads: ingresses (get, list), services and endpointslices (list). Writes nothing. `opened` is the way to an
`IngressNginxRouter`. It cannot see canary Ingresses of other namespaces: the controller ignores those, too.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman.adapters.kube.access import Permission
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import STEERING, Fence
from pointsman.adapters.kube.kinds import INGRESS
from pointsman.adapters.kube.ownership import refuse_foreign_owner
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.ingress_canary import (
    CANARY,
    annotations_of,
    canary_name,
    is_ours,
    named,
    paths_to,
)
from pointsman.adapters.routers.ingress_nginx import IngressNginxRouter
from pointsman.adapters.routers.route_services import refuse_missing_service, services_of
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.errors import InputError
from pointsman.ports.clock import Clock
from pointsman.ports.router import Router

NEEDS = (
    Permission("networking.k8s.io", INGRESS.plural, ("get", "list", "watch", "create", "patch", "delete")),
    Permission("", "services", ("list",)),
    Permission("discovery.k8s.io", "endpointslices", ("list",)),
)
"""What the router needs from RBAC in its namespace."""

_REDIRECTS = (f"{STEERING}permanent-redirect", f"{STEERING}temporal-redirect")
_AFFINITY, _PASSTHROUGH = f"{STEERING}affinity", f"{STEERING}ssl-passthrough"
_AFFINITY_OF_CANARY = f"{STEERING}affinity-canary-behavior"


def opened(
    api: KubeApi,
    name: str,
    backends: Backends,
    ready: Callable[[str], int],
    fence: Fence,
    clock: Clock,
    settle: float = SETTLE_SECONDS,
    changed: Callable[[], None] = lambda: None,
    undoing: bool = False,
) -> IngressNginxRouter:
    """The router beside Ingress `name`. Raises InputError for every Ingress that cannot be released safely; one whose
    users are only sent back (`undoing`) need only be there."""
    there = {one["metadata"]["name"]: one for one in api.list(INGRESS).get("items", [])}
    if name not in there:
        raise InputError(
            f"there is no Ingress {name} in namespace {api.namespace}",
            f"Ingresses there: {', '.join(sorted(there)) or 'none'}",
        )
    main = _whole(there[name])
    if not undoing:
        _refuse_unsafe(main, backends, list(there.values()), services_of(api))
    canary = there.get(canary_name(main))
    return IngressNginxRouter(
        api, main, _whole(canary) if canary else None, backends, ready, fence, clock, settle, changed
    )


def _refuse_unsafe(main: Json, backends: Backends, ingresses: list[Json], services: dict[str, Json]) -> None:
    refuse_foreign_owner(main)
    refuse_annotations(main)
    refuse_pathless(main, backends)
    refuse_other_canaries(main, ingresses)
    for version, service in backends.services.items():
        refuse_missing_service(services, service, version)
    refuse_missing_ports(main, backends, services)


def refuse_empty_main(router: Router, backends: Backends, ready: Callable[[str], int]) -> None:
    """Raises InputError for a release that would begin while stable has no ready endpoint: the controller answers
    everybody with 503 then, and no canary Ingress changes that."""
    if router.read().weight == 0 and ready(backends.stable) == 0:
        raise InputError(
            f"Service {backends.service_of_stable} has no ready endpoint: ingress-nginx answers everybody with 503 "
            "then, whatever share a canary Ingress has",
            f"bring {backends.stable} to health first, or give it the new image directly; nothing was written",
        )


def refuse_emptying_rollout(stable: Json) -> None:
    """Raises InputError for a Deployment whose rolling update may leave no ready pod: when it takes over the proven
    version, the canary Ingress is still the only way to the candidate, and that way ends with stable's last pod."""
    strategy, replicas = stable["spec"].get("strategy") or {}, stable["spec"].get("replicas", 1)
    name = stable["metadata"]["name"]
    if strategy.get("type") == "Recreate":
        raise InputError(
            f"Deployment {name} has strategy Recreate: while it is replaced its Service has no endpoint, and "
            "ingress-nginx answers everybody with 503, also those on the candidate",
            "set its strategy to RollingUpdate with maxUnavailable: 0",
        )
    gone = unavailable(strategy, replicas)
    if gone >= max(replicas, 1):
        raise InputError(
            f"Deployment {name} may be replaced with none of its {replicas} pod(s) ready (maxUnavailable: "
            f"{strategy['rollingUpdate']['maxUnavailable']}): ingress-nginx would answer everybody with 503",
            "set maxUnavailable: 0 in its strategy",
        )


def unavailable(strategy: Json, replicas: int) -> int:
    """How many pods may be missing during a rolling update; Kubernetes rounds percents down."""
    most = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", "25%")
    if isinstance(most, int):
        return most
    return int(most.removesuffix("%")) * replicas // 100


def refuse_annotations(main: Json) -> None:
    """Raises InputError for annotations that would make weights mean nothing."""
    marks = annotations_of(main)
    steering = sorted(key for key in marks if key == CANARY or key.startswith(f"{CANARY}-"))
    if steering:
        raise InputError(
            f"{named(main)} has {', '.join(steering)}: it is a canary Ingress itself, or was one",
            "give --route the Ingress that users come through, without these annotations",
        )
    if marks.get(_AFFINITY) == "cookie" and marks.get(_AFFINITY_OF_CANARY) != "legacy":
        raise InputError(
            f"{named(main)} has {_AFFINITY}: cookie: who has the cookie stays on a version, so no weight would hold, "
            "and no way back either",
            f"add {_AFFINITY_OF_CANARY}: legacy to it, or take the affinity away",
        )
    if marks.get(_PASSTHROUGH) == "true":
        raise InputError(
            f"{named(main)} has {_PASSTHROUGH}: connections are passed on unread, so nothing can be split",
            "let the controller end TLS, or use another router",
        )
    answered = [key for key in _REDIRECTS if key in marks]
    if answered:
        raise InputError(
            f"{named(main)} has {answered[0]}: the controller answers by itself, and no version gets a request",
            "give --route the Ingress that users come through",
        )


def refuse_pathless(main: Json, backends: Backends) -> None:
    """Raises InputError when no path leads to stable's Service: a canary Ingress stands for paths, not for the
    default backend."""
    if paths_to(main, backends.service_of_stable):
        return
    paths = [path for rule in main["spec"].get("rules") or [] for path in (rule.get("http") or {}).get("paths") or []]
    found = sorted({(path["backend"].get("service") or {}).get("name", "") for path in paths} - {""})
    raise InputError(
        f"no path of {named(main)} leads to Service {backends.service_of_stable}",
        f"its paths lead to: {', '.join(found) or 'nothing'}; a canary Ingress cannot split a default backend",
    )


def refuse_other_canaries(main: Json, ingresses: list[Json]) -> None:
    """Raises InputError when somebody else's canary stands for a host and path of `main` (the controller takes one),
    or an Ingress of somebody else has the name that ours would have."""
    own = _places(main)
    for one in ingresses:
        if is_ours(one, main):
            continue
        if one["metadata"]["name"] == canary_name(main):
            raise InputError(
                f"{named(one)} exists, and it is not a canary Ingress of {named(main)} that was made here",
                "rename it, or remove it when an older tool left it behind",
            )
        shared = sorted(own & _places(one)) if annotations_of(one).get(CANARY) == "true" else []
        if shared:
            host, path = shared[0]
            raise InputError(
                f"{named(one)} is a canary for {host or 'every host'}{path} already, and the controller takes one",
                "end the release that it belongs to, or remove it",
            )


def refuse_missing_ports(main: Json, backends: Backends, services: dict[str, Json]) -> None:
    """Raises InputError when a version's Service lacks the port that `main` sends requests to."""
    for rule in paths_to(main, backends.service_of_stable):
        for path in rule["http"]["paths"]:
            wanted = path["backend"]["service"].get("port") or {}
            for service in backends.services.values():
                ports = services[service]["spec"].get("ports") or []
                if not any(_fits(wanted, port) for port in ports):
                    told = ", ".join(f"{port.get('name', '')} {port['port']}".strip() for port in ports)
                    raise InputError(
                        f"Service {service} has no port {wanted.get('name') or wanted.get('number')}, to which "
                        f"{named(main)} sends requests",
                        f"its ports: {told or 'none'}",
                    )


def _fits(wanted: Json, port: Json) -> bool:
    return bool(port.get("name") == wanted["name"]) if wanted.get("name") else port["port"] == wanted.get("number")


def _places(ingress: Json) -> set[tuple[str, str]]:
    return {
        (rule.get("host", ""), path.get("path", "/"))
        for rule in ingress["spec"].get("rules") or []
        for path in (rule.get("http") or {}).get("paths") or []
    }


def _whole(item: Json) -> Json:
    """An item of a list, which lacks what it is."""
    return {"apiVersion": INGRESS.api_version, "kind": INGRESS.kind, **item}
