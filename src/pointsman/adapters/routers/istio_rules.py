"""The weighted http routes of a VirtualService: which they are, and what their weights mean.

Pure functions over plain JSON, for `istio`; `istio_changes` has the way back, from a weight to the patch. A version is
one destination: a Service of its own, or one subset of a Service that both versions share. Routes are found by name or
by their destinations, never by a remembered place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pointsman.adapters.routers.route_words import agreed, is_testers, key_of, named, percent_of_parts
from pointsman.model.errors import InputError
from pointsman.model.split import Split

Json = dict[str, Any]


class Destination(NamedTuple):
    """Where requests of a version go: a Service of the VirtualService's own namespace, or one subset of it."""

    service: str
    subset: str = ""

    def __str__(self) -> str:
        return f"subset {self.subset} of {self.service}" if self.subset else f"Service {self.service}"


@dataclass(frozen=True)
class Destinations:
    """Both versions and the destination of each. `rule` names the one http route that splits; left out, each that
    sends requests to stable does."""

    stable: str
    candidate: str
    of: Mapping[str, Destination]
    rule: str = ""

    def __post_init__(self) -> None:
        if self.of_stable == self.of_candidate:
            raise InputError(
                f"{self.stable} and {self.candidate} both have {self.of_stable}",
                "give each version a Service, or a subset, of its own: a route tells versions apart by them",
            )

    @property
    def of_stable(self) -> Destination:
        """Where stable's requests go."""
        return self.of[self.stable]

    @property
    def of_candidate(self) -> Destination:
        """Where the candidate's requests go."""
        return self.of[self.candidate]


@dataclass(frozen=True)
class Weighed:
    """One weighted http route: where it is in the VirtualService, where both destinations are in it (no candidate:
    not written there yet)."""

    at: int
    rule: Json
    stable_at: int
    candidate_at: int | None

    @property
    def stable(self) -> Json:
        """Stable's destination with its weight."""
        found: Json = self.rule["route"][self.stable_at]
        return found

    @property
    def candidate(self) -> Json | None:
        """The candidate's destination with its weight."""
        return None if self.candidate_at is None else self.rule["route"][self.candidate_at]

    @property
    def weights(self) -> tuple[int, int]:
        """The weights of stable and candidate; left out, Istio means all for a lone destination and else nothing."""
        if self.candidate is None:
            return 100, 0
        return int(self.stable.get("weight", 0)), int(self.candidate.get("weight", 0))

    @property
    def where(self) -> str:
        """The http route in words."""
        return f"http route {self.rule['name']}" if self.rule.get("name") else f"http route {self.at}"

    def path(self, *more: str | int) -> str:
        """A JSON pointer below this http route."""
        return "/".join(["/spec/http", str(self.at), *(str(part) for part in more)])


def split_of(route: Json, wanted: Destinations) -> Split:
    """The split that all weighted http routes have. Raises InputError when they differ, or send nobody anywhere."""
    found = {one.where: percent_of(route, one) for one in weighed_rules(route, wanted)}
    return Split(wanted.stable, wanted.candidate, agreed(route, wanted.candidate, found))


def weighed_rules(route: Json, wanted: Destinations) -> list[Weighed]:
    """Every http route that splits between both versions. Raises InputError when there is none, or one with more
    than both."""
    rules = [(at, rule) for at, rule in enumerate(route["spec"].get("http") or []) if not is_testers(rule)]
    found = [_weighed(route, at, rule, wanted) for at, rule in rules if wanted.rule in ("", rule.get("name"))]
    weighed = [one for one in found if one is not None]
    if not weighed:
        raise _no_rule(route, [rule for _, rule in rules], wanted)
    return weighed


def percent_of(route: Json, one: Weighed) -> int:
    """Percent for the candidate. Raises InputError for weights that Envoy refuses, so that older ones go on."""
    stable, candidate = one.weights
    if min(stable, candidate) < 0 or stable + candidate == 0:
        raise InputError(
            f"{one.where} of {named(route)} has the weights {stable} and {candidate}, which Envoy refuses: whatever "
            "it had before goes on",
            "give stable 100 and the candidate 0",
        )
    return percent_of_parts(stable, candidate)


def rule_key(rule: Json) -> str:
    """What tells an http route from its neighbours when others are added before it."""
    return key_of(rule, rule.get("match"))


def goes_to(destination: Json, wanted: Destination, namespace: str) -> bool:
    """`destination` is this one. A host without a dot is of the VirtualService's own namespace."""
    same_subset = destination.get("subset", "") == wanted.subset
    return same_subset and service_of_host(destination.get("host", ""), namespace) == wanted.service


def service_of_host(host: str, namespace: str) -> str:
    """The Service of this namespace that a host names, short or in full; empty for every other host."""
    name, _, rest = host.partition(".")
    own = rest in ("", namespace, f"{namespace}.svc") or rest.startswith(f"{namespace}.svc.")
    return name if own else ""


def in_words(destination: Json) -> str:
    """A destination as people name it."""
    subset = f" subset {destination['subset']}" if destination.get("subset") else ""
    return f"{destination.get('host', '')}{subset}"


def namespace_of(route: Json) -> str:
    """Where the VirtualService is."""
    return str(route["metadata"].get("namespace", ""))


def _weighed(route: Json, at: int, rule: Json, wanted: Destinations) -> Weighed | None:
    namespace, targets = namespace_of(route), [one.get("destination") or {} for one in rule.get("route") or []]
    stable = [n for n, one in enumerate(targets) if goes_to(one, wanted.of_stable, namespace)]
    candidate = [n for n, one in enumerate(targets) if goes_to(one, wanted.of_candidate, namespace)]
    if not stable:
        return None
    one = Weighed(at, rule, stable[0], candidate[0] if candidate else None)
    if len(stable) > 1 or len(candidate) > 1:
        raise InputError(
            f"{one.where} of {named(route)} names the destination of one version twice",
            "name each destination once in an http route, with one weight",
        )
    others = [in_words(each) for n, each in enumerate(targets) if n not in (*stable, *candidate)]
    if others:
        raise InputError(
            f"{one.where} of {named(route)} has more destinations than {wanted.of_stable} and {wanted.of_candidate}: "
            f"{', '.join(others)}",
            "give the others an http route of their own, or name another one with --route NAME/HTTP-ROUTE",
        )
    return one


def _no_rule(route: Json, rules: list[Json], wanted: Destinations) -> InputError:
    if wanted.rule:
        names = ", ".join(str(rule["name"]) for rule in rules if rule.get("name")) or "none has a name"
        return InputError(
            f"{named(route)} has no http route {wanted.rule} to {wanted.of_stable}", f"http routes there: {names}"
        )
    targets = {in_words(one.get("destination") or {}) for rule in rules for one in rule.get("route") or []}
    delegates = {f"VirtualService {rule['delegate'].get('name', '')}" for rule in rules if rule.get("delegate")}
    told = f"; it delegates to {', '.join(sorted(delegates))}" if delegates else ""
    return InputError(
        f"no http route of {named(route)} sends requests to {wanted.of_stable}{told}",
        f"destinations there: {', '.join(sorted(targets)) or 'none'}; --candidate-subset is for two subsets of one "
        "host",
    )
