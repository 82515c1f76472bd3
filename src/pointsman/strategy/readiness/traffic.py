"""The ways to the service, and the traps in them that stay green until a release meets them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pointsman.model.readiness import Answer, Facts, Item, failed, passed, unknown
from pointsman.strategy.readiness.objects import (
    candidates,
    dig,
    listed,
    lowest,
    mapping,
    marks,
    pod_labels,
    service_of,
    workloads,
)

_NGINX = "nginx.ingress.kubernetes.io/"
_ALB = "alb.ingress.kubernetes.io/"
_ARGO = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance")
_FLUX = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
_COLOUR = re.compile(r"(blue|green|stable|canary)", re.IGNORECASE)


def services_behind(item: Item) -> set[str]:
    """The Services that an Ingress, a route or a VirtualService sends requests to, by their first name."""
    match item.kind:
        case "Ingress":
            backends = [dig(item.spec, "defaultBackend", "service", "name")]
            for rule in listed(item.spec, "rules"):
                backends += [dig(path, "backend", "service", "name") for path in listed(rule, "http", "paths")]
        case "HTTPRoute" | "GRPCRoute":
            backends = [one.get("name") for rule in listed(item.spec, "rules") for one in listed(rule, "backendRefs")]
        case _:
            routes = [route for rule in listed(item.spec, "http") for route in listed(rule, "route")]
            backends = [dig(route, "destination", "host") for route in routes]
    return {str(one).partition(".")[0] for one in backends if one}


def ways(facts: Facts, *kinds: str) -> list[Item]:
    """The routes of these kinds that lead to the service."""
    return [item for item in facts.of(*kinds) if facts.service in services_behind(item)]


def affinity(facts: Facts) -> Iterable[Answer]:
    """T35: a cookie that pins users to a version outvotes every weight."""
    for ingress in ways(facts, "Ingress"):
        pinned = ingress.annotations.get(f"{_NGINX}affinity") == "cookie"
        if pinned and ingress.annotations.get(f"{_NGINX}affinity-canary-behavior") != "legacy":
            yield failed(
                "an affinity cookie keeps users on the version they met first, so no weight of a canary would hold",
                f"add {_NGINX}affinity-canary-behavior: legacy, or take the affinity away",
                ingress.place,
                {"metadata": {"annotations": {f"{_NGINX}affinity-canary-behavior": "legacy"}}},
            )
        else:
            yield passed("no cookie outvotes weights", ingress.place)


def main_not_empty(facts: Facts) -> Iterable[Answer]:
    """T34: ingress-nginx answers everybody with 503 when the main Service behind a canary Ingress has no pods."""
    for canary in facts.of("Ingress"):
        if canary.annotations.get(f"{_NGINX}canary") != "true":
            continue
        mains = [one for one in facts.of("Ingress") if one is not canary and _spots(one) & _spots(canary)]
        if not mains:
            if facts.service in services_behind(canary):
                yield failed("it is a canary of no other Ingress", "add the main Ingress, or remove this", canary.place)
            continue
        for main in mains:
            if facts.service in services_behind(main) | services_behind(canary):
                yield _filled(facts, main)


def _filled(facts: Facts, main: Item) -> Answer:
    empty = [name for name in sorted(services_behind(main)) if _pods(facts, name) == 0]
    if not empty:
        return passed("its main Service has pods", main.place)
    return failed(
        f"main Service {empty[0]} has no pods: ingress-nginx answers 503, whatever the canary's weight",
        "never scale what stands behind the main Service to 0 while a canary Ingress exists",
        main.place,
    )


def _spots(ingress: Item) -> set[tuple[str, str]]:
    return {
        (str(rule.get("host", "")), str(path.get("path", "/")))
        for rule in listed(ingress.spec, "rules")
        for path in listed(rule, "http", "paths")
    }


def _pods(facts: Facts, service: str) -> int:
    """The fewest pods behind a Service; one when nothing is known of it."""
    found = next((item for item in facts.of("Service") if item.name == service), None)
    if found is None:
        return 1
    selector = mapping(found.spec, "selector")
    return sum(lowest(facts, one) for one in candidates(facts) if selector.items() <= dict(pod_labels(one)).items())


def load_balancer(facts: Facts) -> Iterable[Answer]:
    """An AWS load balancer that knows pods, not the Service: a switch of the selector reaches it much later."""
    service = service_of(facts)
    selector = mapping(service.spec, "selector") if service else {}
    for ingress in ways(facts, "Ingress"):
        kind = ingress.spec.get("ingressClassName") or ingress.annotations.get("kubernetes.io/ingress.class")
        if kind != "alb":
            continue
        by_pod = ingress.annotations.get(f"{_ALB}target-type") == "ip"
        coloured = [f"{key}={value}" for key, value in selector.items() if _COLOUR.fullmatch(str(value))]
        if by_pod and coloured:
            yield failed(
                f"target-type ip, and the Service switches by {coloured[0]}: after a switch the load balancer "
                "must register every pod anew, and answers with errors until it has",
                f"use weights ({_ALB}actions.…) instead of the selector, or target-type: instance",
                ingress.place,
            )
        else:
            yield passed("no switch by selector behind a load balancer that knows pods", ingress.place)


def self_heal(facts: Facts) -> Iterable[Answer]:
    """T22: a GitOps tool that puts back what a release changes, in the middle of it."""
    applications = [item for item in facts.of("Application") if _covers(item, facts)]
    for item in applications:
        yield _healing(item)
    for deployment in workloads(facts):
        found = marks(deployment)
        if not applications and any(mark in found for mark in _ARGO):
            yield unknown(
                "Argo CD runs it; whether it heals itself cannot be seen",
                "give the Application's manifest too, or attest it",
                deployment.place,
            )
        if any(mark in found for mark in _FLUX) and found.get("kustomize.toolkit.fluxcd.io/ssa") != "Merge":
            yield failed(
                "Flux runs it and puts back what a release changes",
                "annotate it with kustomize.toolkit.fluxcd.io/ssa: Merge, or let Flux set the image itself",
                deployment.place,
                {"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Merge"}}},
            )


def _covers(application: Item, facts: Facts) -> bool:
    where = str(mapping(application.spec, "destination").get("namespace", ""))
    return application.name == facts.service or (bool(facts.namespace) and where == facts.namespace)


def _healing(application: Item) -> Answer:
    if dig(application.spec, "syncPolicy", "automated", "selfHeal") is not True:
        return passed("the Application does not heal itself", application.place)
    ignored = {str(one.get("kind")) for one in listed(application.spec, "ignoreDifferences")}
    if ignored & {"Deployment", "*"}:
        return passed("it heals itself, and leaves fields of Deployments alone", application.place)
    return failed(
        "selfHeal puts back image, replicas and weights in the middle of a release",
        "add ignoreDifferences for what a release changes, with RespectIgnoreDifferences=true",
        application.place,
    )
