"""Finds an Istio VirtualService and says no to what a release of it would break, before the first write.

Reads: virtualservices (get, list), destinationrules, services (list). Writes nothing. `opened` is the way to an
`IstioRouter`. A subset of the candidate that no DestinationRule has is refused with the one to add: nothing shows when
proxies have a DestinationRule, and a destination whose subset they don't know yet answers with 503. It cannot tell
whether a GitOps product has been told to ignore the http routes: who has done that says so with `gitops_ignored`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from pointsman.adapters.kube.access import Permission
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.ownership import Path
from pointsman.adapters.routers.istio import DESTINATION_RULE, HTTP, VIRTUAL_SERVICE, IstioRouter
from pointsman.adapters.routers.istio_changes import candidate_like
from pointsman.adapters.routers.istio_rules import (
    Destination,
    Destinations,
    namespace_of,
    service_of_host,
    split_of,
    weighed_rules,
)
from pointsman.adapters.routers.istio_status import speaks
from pointsman.adapters.routers.route_owner import refuse_gitops_route, refuse_other_releaser
from pointsman.adapters.routers.route_services import ports_of, refuse_missing_service, route_named, services_of
from pointsman.adapters.routers.route_words import is_testers, named
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.errors import InputError
from pointsman.ports.clock import Clock

_GROUP = "networking.istio.io"
_MIRRORS = ("mirror", "mirrors")
_SUBSETS: Path = ("f:spec", "f:subsets")
_WHOLE = "the whole host"

Subsets = Mapping[str, Mapping[str, str]]
"""The labels of each subset, by its name."""


def needs() -> tuple[Permission, ...]:
    """What the router needs from RBAC in its namespace."""
    return (
        Permission(_GROUP, "virtualservices", ("get", "list", "watch", "patch")),
        Permission(_GROUP, "destinationrules", ("list",)),
        Permission("", "services", ("list",)),
        Permission("discovery.k8s.io", "endpointslices", ("list",)),
    )


def opened(
    api: KubeApi,
    route: Json,
    destinations: Destinations,
    ready: Callable[[str], int],
    fence: Fence,
    clock: Clock,
    settle: float = SETTLE_SECONDS,
    changed: Callable[[], None] = lambda: None,
    asked: bool = False,
    undoing: bool = False,
    gitops_ignored: bool = False,
) -> IstioRouter:
    """The router of a VirtualService. Raises InputError for every one that cannot be released safely. `asked`:
    requests will be sent to see the effect; `undoing`: users are only sent back to stable, which waits neither for what
    the candidate lacks by now nor for somebody to confirm it."""
    refuse_other_releaser(route, HTTP)
    weighed_rules(route, destinations)
    if not undoing:
        if not gitops_ignored:
            refuse_gitops_route(route, HTTP)
        _refuse_unsafe(api, route, destinations)
        _refuse_unobservable(route, asked)
    return IstioRouter(api, route, destinations, ready, fence, clock, settle, changed, asked)


def _refuse_unsafe(api: KubeApi, route: Json, destinations: Destinations) -> None:
    refuse_delegate(route)
    split_of(route, destinations)
    refuse_mirror(route, destinations)
    refuse_missing_destinations(api, route, destinations)


def _refuse_unobservable(route: Json, asked: bool) -> None:
    if not (asked or speaks(route)):
        raise InputError(
            f"Istio says nothing about {named(route)} in its status, so nothing would show whether requests follow it",
            "give --url with the address that users have, to see it with requests",
        )


def virtual_service(api: KubeApi, name: str) -> Json:
    """The VirtualService. Raises InputError naming those that exist."""
    return route_named(api, VIRTUAL_SERVICE, name, "install Istio 1.22 or newer, which serves this version")


def destinations_in(
    route: Json, stable: str, candidate: str, service: str, target: Destination, rule: str = ""
) -> Destinations:
    """Both versions as this VirtualService names them: where the candidate is a subset of stable's Service, stable is
    the other subset that requests are sent to. Raises InputError when there is not exactly one."""
    if not target.subset:
        return Destinations(stable, candidate, {stable: Destination(service), candidate: target}, rule)
    others = sorted(subsets_in(route, service, rule) - {target.subset})
    if len(others) != 1 or others == [_WHOLE]:
        found = f"{_WHOLE} and not one subset" if _WHOLE in others else f"the subsets {', '.join(others)}"
        found = found if others else "no other subset"
        raise InputError(
            f"{named(route)} sends requests for {service} to {found} beside {target.subset}: stable is one of them",
            f"send them to one subset, stable's, in every http route; --route {named(route).split()[1]}/HTTP-ROUTE "
            "names the one that is released",
        )
    return Destinations(stable, candidate, {stable: Destination(service, others[0]), candidate: target}, rule)


def subsets_in(route: Json, service: str, rule: str) -> set[str]:
    """The subsets of a Service's host that its http routes send requests to, or the host as a whole."""
    namespace = namespace_of(route)
    targets = [
        one.get("destination") or {}
        for each in route["spec"].get("http") or []
        if not is_testers(each) and rule in ("", each.get("name"))
        for one in each.get("route") or []
    ]
    return {
        str(one.get("subset") or _WHOLE)
        for one in targets
        if service_of_host(one.get("host", ""), namespace) == service
    }


def destination_rules(api: KubeApi, service: str) -> list[Json]:
    """The DestinationRules of this namespace about the host of a Service."""
    items = api.list(DESTINATION_RULE).get("items", [])
    return [one for one in items if service_of_host(one["spec"].get("host", ""), api.namespace) == service]


def subsets_of(rules: list[Json]) -> Subsets:
    """Every subset that DestinationRules of one host have: Istio merges them."""
    return {one["name"]: one.get("labels") or {} for rule in rules for one in rule["spec"].get("subsets") or []}


def refuse_delegate(route: Json) -> None:
    """Raises InputError for a VirtualService without hosts: another one delegates to it, and says who is served."""
    if not route["spec"].get("hosts"):
        raise InputError(
            f"{named(route)} has no hosts: it is one that others delegate to, so it alone does not say what is served",
            "release an http route of a VirtualService with hosts of its own",
        )


def refuse_mirror(route: Json, destinations: Destinations) -> None:
    """Raises InputError for a weighted http route that also sends copies of its requests: they would be measured as
    if users had sent them."""
    for one in weighed_rules(route, destinations):
        found = next((key for key in _MIRRORS if one.rule.get(key)), "")
        if found:
            raise InputError(
                f"{one.where} of {named(route)} mirrors its requests ({found}): their copies would count as users'",
                "take the mirror away for the time of the release",
            )


def refuse_missing_destinations(api: KubeApi, route: Json, destinations: Destinations) -> None:
    """Raises InputError when a Service, its port or a subset is missing: such a version would answer its share of the
    requests with errors."""
    services = services_of(api)
    for version, target in destinations.of.items():
        refuse_missing_service(services, target.service, version)
    _refuse_missing_ports(route, destinations, services)
    if destinations.of_candidate.subset:
        rules = destination_rules(api, destinations.of_stable.service)
        for one in rules:
            refuse_other_releaser({"kind": DESTINATION_RULE.kind, **one}, _SUBSETS)  # a list does not name it
        refuse_missing_subsets(destinations, rules)


def _refuse_missing_ports(route: Json, destinations: Destinations, services: dict[str, Json]) -> None:
    own, other = destinations.of_stable.service, destinations.of_candidate.service
    for one in weighed_rules(route, destinations):
        for service, target in ((own, one.stable), (other, one.candidate or candidate_like(one, destinations))):
            number = (target["destination"].get("port") or {}).get("number")
            wanted = {number} if number else set(ports_of(services[own]))
            missing = sorted(wanted - set(ports_of(services[service])))
            if missing:
                listed = ", ".join(str(port) for port in ports_of(services[service])) or "none"
                raise InputError(
                    f"Service {service} has no port {missing[0]}, to which {one.where} of {named(route)} sends "
                    "requests",
                    f"its ports: {listed}",
                )


def refuse_missing_subsets(destinations: Destinations, rules: list[Json]) -> None:
    """Raises InputError, with the command that adds it, when a subset is missing."""
    known, service = subsets_of(rules), destinations.of_stable.service
    listed = f"subsets there: {', '.join(known) or 'none'}"
    if destinations.of_stable.subset not in known:
        raise InputError(
            f"no DestinationRule of this namespace for {service} has stable's subset {destinations.of_stable.subset}, "
            "so its requests are answered with 503",
            listed,
        )
    missing = destinations.of_candidate.subset
    if missing not in known:
        raise InputError(
            f"no DestinationRule of this namespace for {service} has the candidate's subset {missing}",
            f"add it once, then run again: {_addition(rules, destinations)}; {listed}",
        )


def _addition(rules: list[Json], destinations: Destinations) -> str:
    """The command that adds the candidate's subset, told apart by the labels that tell stable's."""
    own, name = destinations.of_stable.subset, destinations.of_candidate.subset
    rule = next(one for one in rules if own in subsets_of([one]))
    labels = dict.fromkeys(subsets_of([rule])[own], name)
    patch = [{"op": "add", "path": "/spec/subsets/-", "value": {"name": name, "labels": labels}}]
    metadata = rule["metadata"]
    where = f"--namespace={metadata['namespace']} destinationrule {metadata['name']}"
    return f"kubectl patch {where} --type=json --patch='{json.dumps(patch)}'"
