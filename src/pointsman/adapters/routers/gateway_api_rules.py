"""The weighted rules of an HTTPRoute or GRPCRoute: which they are, and what their weights mean.

Pure functions over plain JSON, for `gateway_api`; `gateway_api_changes` has the way back, from a weight to the patch.
Rules are found by name or by the Services they send requests to, never by a remembered place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.route_words import agreed, is_testers, key_of, named, percent_of_parts
from pointsman.model.errors import InputError
from pointsman.model.split import Split

Json = dict[str, Any]


@dataclass(frozen=True)
class Weighed:
    """One weighted rule: where it is in the route, where both refs are in it (no candidate: not written there yet)."""

    at: int
    rule: Json
    stable_at: int
    candidate_at: int | None

    @property
    def stable(self) -> Json:
        """The ref to stable's Service."""
        found: Json = self.rule["backendRefs"][self.stable_at]
        return found

    @property
    def candidate(self) -> Json | None:
        """The ref to the candidate's Service."""
        return None if self.candidate_at is None else self.rule["backendRefs"][self.candidate_at]

    @property
    def parts(self) -> tuple[int, int]:
        """The weights of stable and candidate."""
        return weight_of(self.stable), weight_of(self.candidate) if self.candidate else 0

    @property
    def alone(self) -> bool:
        """No backend beside ours has a share of this rule."""
        return len(self.rule["backendRefs"]) == (1 if self.candidate_at is None else 2)

    @property
    def where(self) -> str:
        """The rule in words."""
        return f"rule {self.rule['name']}" if self.rule.get("name") else f"rule {self.at}"

    def path(self, *more: str | int) -> str:
        """A JSON pointer below this rule."""
        return "/".join(["/spec/rules", str(self.at), *(str(part) for part in more)])


def split_of(route: Json, backends: Backends) -> Split:
    """The split that all weighted rules have. Raises InputError when they differ, or send nobody anywhere."""
    found = {one.where: percent_of(route, one) for one in weighed_rules(route, backends)}
    return Split(backends.stable, backends.candidate, agreed(route, backends.candidate, found))


def weighed_rules(route: Json, backends: Backends) -> list[Weighed]:
    """Every rule that splits between both versions. Raises InputError when there is none."""
    rules = [(at, rule) for at, rule in enumerate(route["spec"].get("rules") or []) if not is_testers(rule)]
    found = [_weighed(route, at, rule, backends) for at, rule in rules if backends.rule in ("", rule.get("name"))]
    weighed = [one for one in found if one is not None]
    if not weighed:
        raise _no_rule(route, [rule for _, rule in rules], backends)
    return weighed


def percent_of(route: Json, one: Weighed) -> int:
    """Percent for the candidate, of both versions' parts; 0 and 100 only when they are exactly that."""
    stable, candidate = one.parts
    if stable + candidate == 0:
        raise InputError(
            f"{one.where} of {named(route)} gives neither version any weight: its requests are refused",
            "give the stable Service a weight",
        )
    return percent_of_parts(stable, candidate)


def weight_of(ref: Json) -> int:
    """The weight of a ref; left out, Gateway API means 1."""
    return int(ref.get("weight", 1))


def rule_key(rule: Json) -> str:
    """What tells a rule from its neighbours when rules are added before it: its name, else its matches."""
    return key_of(rule, rule.get("matches"))


def refers_to(ref: Json, service: str, namespace: str) -> bool:
    """`ref` is to this Service, in the route's own namespace."""
    kind, group = ref.get("kind", "Service"), ref.get("group", "")
    return (kind, group, ref["name"]) == ("Service", "", service) and ref.get("namespace", namespace) == namespace


def _weighed(route: Json, at: int, rule: Json, backends: Backends) -> Weighed | None:
    namespace = str(route["metadata"].get("namespace", ""))
    refs = rule.get("backendRefs") or []
    stable = [n for n, ref in enumerate(refs) if refers_to(ref, backends.service_of_stable, namespace)]
    candidate = [n for n, ref in enumerate(refs) if refers_to(ref, backends.service_of_candidate, namespace)]
    if not stable:
        return None
    one = Weighed(at, rule, stable[0], candidate[0] if candidate else None)
    if len(stable) > 1 or len(candidate) > 1:
        raise InputError(
            f"{one.where} of {named(route)} names the Service of one version twice",
            "name each Service once in a rule, with one weight",
        )
    return one


def _no_rule(route: Json, rules: list[Json], backends: Backends) -> InputError:
    service = backends.service_of_stable
    if backends.rule:
        names = ", ".join(str(rule["name"]) for rule in rules if rule.get("name")) or "none has a name"
        return InputError(
            f"{named(route)} has no rule {backends.rule} with Service {service} among its backends",
            f"rules there: {names}",
        )
    names = ", ".join(sorted({ref["name"] for rule in rules for ref in rule.get("backendRefs") or []})) or "none"
    return InputError(f"no rule of {named(route)} has Service {service} among its backends", f"backends there: {names}")
