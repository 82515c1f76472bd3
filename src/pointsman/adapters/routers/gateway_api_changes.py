"""What to patch so that an HTTPRoute or GRPCRoute has a weight, and so that only the user's own object is left.

Pure functions over plain JSON, for `gateway_api`. `rules` and `backendRefs` are atomic lists to Kubernetes: a merge
patch or server-side apply would replace them whole. So these are JSON Patch operations on single weights, each behind
a test of what is written there now.

Weights are parts, not percent. Where a rule has other backends beside ours, the parts of both versions keep their
sum, so that the share of the others stays what a user gave them.

The candidate's ref is added where a user has only stable's, at first without a share: a proxy may hear of a route
before it hears of the Service behind it, and answers 503 in between (Contour's Envoy does). An annotation then keeps
the weight that stable had, by rule, so that the end of the release leaves the rule as it was.
"""

from __future__ import annotations

from typing import Any

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api_rules import Weighed, rule_key, weighed_rules, weight_of
from pointsman.adapters.routers.route_words import forgotten, found_before, is_testers, named, remembered
from pointsman.model.errors import InputError

Json = dict[str, Any]


def weight_operations(route: Json, backends: Backends, percent: int) -> list[Json]:
    """Send `percent` to the candidate in every weighted rule. Where its ref is missing these only add that, and what
    they make of the route has operations of its own."""
    turned = [operation for one in weighed_rules(route, backends) for operation in _turned(route, one, percent)]
    return (naming_operations(route, backends) if percent else []) or turned


def naming_operations(route: Json, backends: Backends) -> list[Json]:
    """Name the candidate, without a share, in every weighted rule; empty when all of them do."""
    missing = [one for one in weighed_rules(route, backends) if one.candidate is None]
    if not missing:
        return []
    before = {rule_key(one.rule): weight_of(one.stable) for one in missing}
    return [*(_added(one, backends) for one in missing), remembered(route, before)]


def withdraw_operations(route: Json, backends: Backends) -> list[Json]:
    """Take away what a release has added: the testers' rules and the candidate's refs. Raises InputError while the
    candidate has a share."""
    found, operations = found_before(route), []
    weighed = {one.at: one for one in weighed_rules(route, backends)}
    for at, rule in reversed(list(enumerate(route["spec"]["rules"]))):  # from the last, so that no place moves
        if is_testers(rule):
            operations += removed_rule(at, rule)
        elif at in weighed and rule_key(rule) in found:
            operations += _taken_away(route, weighed[at], found[rule_key(rule)])
    return operations + forgotten(route)


def removed_rule(at: int, rule: Json) -> list[Json]:
    """Remove a rule that has a name, testing that it is this one."""
    same = {"op": "test", "path": f"/spec/rules/{at}/name", "value": rule["name"]}
    return [same, {"op": "remove", "path": f"/spec/rules/{at}"}]


def _turned(route: Json, one: Weighed, percent: int) -> list[Json]:
    """The operations on refs that are there; none when they have that share already."""
    stable, candidate = one.parts
    if stable + candidate > 0 and stable * percent == candidate * (100 - percent):
        return []
    wanted = _parts(route, one, percent)
    operations = _weigh(one, one.stable_at, wanted[0])
    return operations if one.candidate_at is None else operations + _weigh(one, one.candidate_at, wanted[1])


def _weigh(one: Weighed, at: int, weight: int) -> list[Json]:
    ref: Json = one.rule["backendRefs"][at]
    tests = [{"op": "test", "path": one.path("backendRefs", at, "name"), "value": ref["name"]}]
    path = one.path("backendRefs", at, "weight")
    if "weight" in ref:
        tests.append({"op": "test", "path": path, "value": ref["weight"]})
    return [*tests, {"op": "add", "path": path, "value": weight}]


def _added(one: Weighed, backends: Backends) -> Json:
    """The candidate is reached just as stable is: the same port, the same filters."""
    ref = {**one.stable, "name": backends.service_of_candidate, "weight": 0}
    return {"op": "add", "path": one.path("backendRefs", one.stable_at + 1), "value": ref}


def _taken_away(route: Json, one: Weighed, before: int | None) -> list[Json]:
    if one.candidate is None or one.candidate_at is None or before is None:
        return []  # somebody wrote the rule anew, without it
    if weight_of(one.candidate) > 0:
        raise InputError(
            f"{one.where} of {named(route)} still sends requests to {one.candidate['name']}",
            "write weight 0 and wait until it is served, then take the candidate away",
        )
    same = {"op": "test", "path": one.path("backendRefs", one.candidate_at, "name"), "value": one.candidate["name"]}
    removed = {"op": "remove", "path": one.path("backendRefs", one.candidate_at)}
    return [*_weigh(one, one.stable_at, before), same, removed]


def _parts(route: Json, one: Weighed, percent: int) -> tuple[int, int]:
    if one.alone:
        return 100 - percent, percent
    total = sum(one.parts)
    if total == 0 or total * percent % 100:
        raise InputError(
            f"{one.where} of {named(route)} has other backends beside both versions, which share {total} parts of it: "
            f"{percent} % of those are no whole parts",
            "give the stable Service a weight that is a multiple of 100, and the others theirs in proportion",
        )
    return total - total * percent // 100, total * percent // 100
