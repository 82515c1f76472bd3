"""The http routes for testers in a VirtualService: requests with one header, or one cookie, reach the candidate.

Pure functions over plain JSON, for `istio`. The first http route that matches counts, so right before each weighted one
stands a copy of it, with the header added to each of its matches and the candidate as its only destination: whatever
stands before that goes before it still. Ours are known by their names, `pointsman-testers-…`: they are replaced as a
whole, so two quick runs can neither double one nor leave one behind.
"""

from __future__ import annotations

from typing import Any

from pointsman.adapters.routers.istio_changes import candidate_like, removed_rule
from pointsman.adapters.routers.istio_rules import Destinations, Weighed, weighed_rules
from pointsman.adapters.routers.route_words import is_testers, named, testers_name
from pointsman.adapters.routers.tester_headers import cookie_of, cookie_pattern, refuse_unspeakable
from pointsman.model.errors import InputError
from pointsman.model.split import Match

Json = dict[str, Any]


def matched_by(route: Json) -> Match | None:
    """The rule for testers that a VirtualService has; None when it has none."""
    rule = next((rule for rule in route["spec"].get("http") or [] if is_testers(rule)), None)
    headers = rule["match"][0].get("headers") if rule and rule.get("match") else None
    return match_of(*list(headers.items())[-1]) if headers else None


def operations_for_testers(route: Json, wanted: Destinations, match: Match | None) -> list[Json]:
    """Let exactly these http routes for testers stand; none for None."""
    rules = route["spec"].get("http") or []
    after = with_testers(route, wanted, match)
    if after == rules:
        return []
    operations = [
        operation
        for at, rule in reversed(list(enumerate(rules)))
        if is_testers(rule)
        for operation in removed_rule(at, rule)
    ]
    return operations + [
        {"op": "add", "path": f"/spec/http/{at}", "value": rule} for at, rule in enumerate(after) if is_testers(rule)
    ]


def with_testers(route: Json, wanted: Destinations, match: Match | None) -> list[Json]:
    """The http routes as they should be. Raises InputError when Istio has no words for them."""
    weighed = {one.at: one for one in weighed_rules(route, wanted)} if match else {}
    header = header_of(match) if match else ("", {})
    rules: list[Json] = []
    for at, rule in enumerate(route["spec"].get("http") or []):
        if at in weighed:
            rules.append(_testers_rule(route, weighed[at], wanted, header, len(rules)))
        if not is_testers(rule):
            rules.append(rule)
    return rules


def header_of(match: Match) -> tuple[str, Json]:
    """The name and the match of a header. Raises InputError for what no header or cookie can be."""
    refuse_unspeakable(match)
    return (match.header, {"exact": match.value}) if match.header else ("cookie", {"regex": cookie_pattern(match)})


def match_of(name: str, match: Json) -> Match | None:
    """The rule for testers that a header match is; the way back from `header_of`."""
    if "exact" in match:
        return Match(match["exact"], header=name)
    return cookie_of(match.get("regex", ""))


def _testers_rule(route: Json, one: Weighed, wanted: Destinations, header: tuple[str, Json], place: int) -> Json:
    return {
        **one.rule,
        "name": testers_name(one.rule, place),
        "match": [_narrowed(route, one, each, header) for each in one.rule.get("match") or [{}]],
        "route": [{**candidate_like(one, wanted), "weight": 100}],
    }


def _narrowed(route: Json, one: Weighed, match: Json, header: tuple[str, Json]) -> Json:
    name, value = header
    looked_at = {*(match.get("headers") or {}), *(match.get("withoutHeaders") or {})}
    if name.lower() in {each.lower() for each in looked_at}:
        raise InputError(
            f"{one.where} of {named(route)} matches header {name} itself",
            "choose another header, or a cookie, for testers",
        )
    return {**match, "headers": {**(match.get("headers") or {}), name: value}}
