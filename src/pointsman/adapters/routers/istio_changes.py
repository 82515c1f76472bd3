"""What to patch so that a VirtualService has a weight, and so that only the user's own object is left.

Pure functions over plain JSON, for `istio`. `http` and `route` are plain lists: a merge patch would replace them whole.
So these are JSON Patch operations on single weights, each behind a test of the destination and weight written there.
Both weights are always written, and are 100 together: left out, Istio takes one for 0, and what it makes of two zeros
Envoy refuses, while what it had before goes on.

Answers of the candidate carry the header `x-pointsman-candidate`, which Envoy adds: requests of our own can then tell
where they were sent, also when both versions run the same image, as they do at the end of a promotion.

The candidate's destination is added where a user has only stable's. An annotation then keeps the weight that stable
had, by http route, so that the end of the release leaves the object as it was.
"""

from __future__ import annotations

from typing import Any

from pointsman.adapters.routers.istio_rules import (
    Destinations,
    Weighed,
    in_words,
    rule_key,
    weighed_rules,
)
from pointsman.adapters.routers.route_words import forgotten, found_before, is_testers, named, remembered
from pointsman.model.errors import InputError

Json = dict[str, Any]
MARK = "x-pointsman-candidate"
_MARKED = ("headers", "response", "set", MARK)


def weight_operations(route: Json, wanted: Destinations, percent: int) -> list[Json]:
    """Send `percent` to the candidate in every weighted http route, adding its destination where it is missing."""
    rules = weighed_rules(route, wanted)
    missing = [one for one in rules if one.candidate is None and percent > 0]
    operations = [operation for one in rules for operation in _turned(one, wanted, percent)]
    operations += [_added(one, wanted, percent) for one in missing]
    before = {rule_key(one.rule): one.stable.get("weight") for one in missing}
    return [*operations, remembered(route, before)] if missing else operations


def withdraw_operations(route: Json, wanted: Destinations) -> list[Json]:
    """Take away what a release has added: http routes for testers and the candidate's destination. Raises InputError
    while the candidate has a share."""
    found, operations = found_before(route), []
    weighed = {one.at: one for one in weighed_rules(route, wanted)}
    for at, rule in reversed(list(enumerate(route["spec"]["http"]))):  # from the last, so that no place moves
        if is_testers(rule):
            operations += removed_rule(at, rule)
        elif at in weighed and rule_key(rule) in found:
            operations += _taken_away(route, weighed[at], found[rule_key(rule)])
        elif at in weighed:
            operations += _unmarked(weighed[at])
    return operations + forgotten(route)


def removed_rule(at: int, rule: Json) -> list[Json]:
    """Remove an http route that has a name, testing that it is this one."""
    same = {"op": "test", "path": f"/spec/http/{at}/name", "value": rule["name"]}
    return [same, {"op": "remove", "path": f"/spec/http/{at}"}]


def candidate_like(one: Weighed, wanted: Destinations) -> Json:
    """The candidate's destination as a user wrote it, else reached just as stable's is (the same port, the same
    headers); marked, without a weight."""
    item = one.candidate or {**one.stable, "destination": _in_place_of(one.stable["destination"], wanted)}
    kept = {key: value for key, value in item.items() if key != "weight"}
    return {**kept, "headers": _with(kept.get("headers") or {}, _MARKED[1:], wanted.candidate)}


def _in_place_of(stable: Json, wanted: Destinations) -> Json:
    service, subset = wanted.of_candidate
    _, dot, rest = str(stable["host"]).partition(".")
    kept = {key: value for key, value in stable.items() if key != "subset"}
    return {**kept, "host": f"{service}{dot}{rest}", **({"subset": subset} if subset else {})}


def _turned(one: Weighed, wanted: Destinations, percent: int) -> list[Json]:
    """The operations on destinations that are there; none when both have exactly these weights already."""
    if one.candidate is None or one.candidate_at is None:
        return _weigh(one, one.stable_at, 100 - percent) if percent else []
    marked = _marked(one, wanted) if percent else []
    if (one.stable.get("weight"), one.candidate.get("weight")) == (100 - percent, percent):
        return marked
    return _weigh(one, one.stable_at, 100 - percent) + _weigh(one, one.candidate_at, percent) + marked


def _marked(one: Weighed, wanted: Destinations) -> list[Json]:
    """Let the candidate's answers carry the mark, where a user wrote its destination; whatever else a user has its
    headers do stays."""
    if one.candidate is None or one.candidate_at is None or _at(one.candidate, _MARKED) == wanted.candidate:
        return []
    headers = _with(one.candidate.get("headers") or {}, _MARKED[1:], wanted.candidate)
    return [{"op": "add", "path": one.path("route", one.candidate_at, "headers"), "value": headers}]


def _unmarked(one: Weighed) -> list[Json]:
    """Take the mark away again, and what would be empty without it."""
    if one.candidate is None or one.candidate_at is None or _at(one.candidate, _MARKED) is None:
        return []
    depth = len(_MARKED)
    while depth > 1 and len(_at(one.candidate, _MARKED[: depth - 1])) == 1:
        depth -= 1
    return [{"op": "remove", "path": one.path("route", one.candidate_at, *_MARKED[:depth])}]


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _with(item: Json, path: tuple[str, ...], value: str) -> Json:
    """`item` with `value` at a path below it; nothing else changes."""
    first, rest = path[0], path[1:]
    return {**item, first: _with(item.get(first) or {}, rest, value) if rest else value}


def _weigh(one: Weighed, at: int, weight: int | None) -> list[Json]:
    """Write a weight, or (None) leave it out."""
    ref: Json = one.rule["route"][at]
    path = one.path("route", at, "weight")
    tests = [{"op": "test", "path": one.path("route", at, "destination"), "value": ref["destination"]}]
    if "weight" in ref:
        tests.append({"op": "test", "path": path, "value": ref["weight"]})
    if weight is None:
        return [*tests, {"op": "remove", "path": path}] if "weight" in ref else []
    return [*tests, {"op": "add", "path": path, "value": weight}]


def _added(one: Weighed, wanted: Destinations, percent: int) -> Json:
    ref = {**candidate_like(one, wanted), "weight": percent}
    return {"op": "add", "path": one.path("route", one.stable_at + 1), "value": ref}


def _taken_away(route: Json, one: Weighed, before: int | None) -> list[Json]:
    if one.candidate is None or one.candidate_at is None:
        return []  # somebody wrote the http route anew, without it
    target = one.candidate["destination"]
    if one.weights[1] > 0:
        raise InputError(
            f"{one.where} of {named(route)} still sends requests to {in_words(target)}",
            "write weight 0 and wait until it is served, then take the candidate away",
        )
    same = {"op": "test", "path": one.path("route", one.candidate_at, "destination"), "value": target}
    removed = {"op": "remove", "path": one.path("route", one.candidate_at)}
    return [*_weigh(one, one.stable_at, before), same, removed]
