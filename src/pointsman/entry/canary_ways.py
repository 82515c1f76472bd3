"""How the requests of a canary are split, as the inputs name it and as the record keeps it for whoever undoes it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from pointsman.adapters.kube.access import Permission
from pointsman.entry import needs
from pointsman.entry.canary_refusals import router_of
from pointsman.entry.wiring import Values

GATEWAY_API, ISTIO, INGRESS_NGINX, BY_PODS = "gateway-api", "istio", "ingress-nginx", "service"
_ROUTED = (GATEWAY_API, ISTIO, INGRESS_NGINX)


@dataclass(frozen=True)
class Way:
    """By a route, of which `rule` may be the one rule that splits, and a Service or a subset of the candidate's own; or
    (no route) by numbers of pods. `url` is where users reach the service, when whoever undoes it is to see the split by
    requests, too."""

    router: str = BY_PODS
    route: str = ""
    rule: str = ""
    candidate_service: str = ""
    subset: str = ""
    url: str = ""

    @property
    def text(self) -> str:
        """As the record keeps it: words that `way_of` reads."""
        if not self.route:
            return self.router
        route = f"{self.route}/{quote(self.rule, safe='')}" if self.rule else self.route
        candidate = self.candidate_service or f":{self.subset}"
        return " ".join(part for part in (self.router, route, candidate, quote(self.url, safe=":/")) if part)

    @property
    def needs(self) -> tuple[Permission, ...]:
        """What it takes of RBAC beside what every canary needs."""
        if self.router == ISTIO:
            return (*needs.SPLIT_VIRTUAL_SERVICE, *(needs.SPLIT_SUBSETS if self.subset else ()))
        if self.router == INGRESS_NGINX:
            return needs.CANARY_INGRESS
        return needs.SPLIT_ROUTE if self.router == GATEWAY_API else ()


def way_of(text: str) -> Way:
    """What `Way.text` was made of."""
    router, *words = text.split() or (BY_PODS,)
    if router not in _ROUTED or len(words) < 2:
        return Way()
    name, _, rule = words[0].partition("/")
    service, _, subset = words[1].partition(":")
    return Way(router, name, unquote(rule), service, subset, unquote("".join(words[2:3])))


def way_asked(values: Values) -> Way:
    """The way that the inputs name."""
    router = router_of(values)
    if router not in _ROUTED:
        return Way()
    route, _, rule = values["route"].partition("/")
    subset = values["candidate-subset"] or ""
    service = "" if subset else values["candidate-service"] or f"{values['service']}-canary"
    url = values["url"] or "" if router == ISTIO else ""
    return Way(router, route, rule, service, subset, url)
