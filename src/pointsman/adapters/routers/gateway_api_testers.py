"""The rules for testers in an HTTPRoute or GRPCRoute: requests with one header, or one cookie, reach the candidate.

Pure functions over plain JSON, for `gateway_api`. Before each weighted rule stands a copy of it, with the header added
to each of its matches and the candidate as its only backend: a match with one header more takes precedence over the
same match without, and a copy keeps filters and timeouts. Our rules are known by their names, `pointsman-testers-…`:
they are replaced as a whole, so two quick runs can neither double one nor leave one behind.
"""

from __future__ import annotations

from typing import Any

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api_changes import removed_rule
from pointsman.adapters.routers.gateway_api_rules import Weighed, weighed_rules
from pointsman.adapters.routers.route_words import is_testers, named, testers_name
from pointsman.adapters.routers.tester_headers import cookie_of, cookie_pattern, refuse_unspeakable
from pointsman.model.errors import InputError
from pointsman.model.split import Match

Json = dict[str, Any]
_MOST_RULES, _MOST_MATCHES = 16, 128


def matched_by(route: Json) -> Match | None:
    """The rule for testers that a route has; None when it has none."""
    rule = next((rule for rule in route["spec"].get("rules") or [] if is_testers(rule)), None)
    headers = rule["matches"][0].get("headers") if rule and rule.get("matches") else None
    return match_of(headers[-1]) if headers else None


def operations_for_testers(route: Json, backends: Backends, match: Match | None) -> list[Json]:
    """Let exactly these testers' rules stand in the route; none for None."""
    rules = route["spec"].get("rules") or []
    wanted = with_testers(route, backends, match)
    if wanted == rules:
        return []
    operations = [
        operation
        for at, rule in reversed(list(enumerate(rules)))
        if is_testers(rule)
        for operation in removed_rule(at, rule)
    ]
    return operations + [
        {"op": "add", "path": f"/spec/rules/{at}", "value": rule} for at, rule in enumerate(wanted) if is_testers(rule)
    ]


def with_testers(route: Json, backends: Backends, match: Match | None) -> list[Json]:
    """The rules as they should be. Raises InputError when Gateway API has no room or no words for them."""
    weighed = {one.at: one for one in weighed_rules(route, backends)} if match else {}
    header: Json = header_of(match) if match else {}
    wanted: list[Json] = []
    for at, rule in enumerate(route["spec"].get("rules") or []):
        if at in weighed:
            wanted.append(_testers_rule(route, weighed[at], backends, header, len(wanted)))
        if not is_testers(rule):
            wanted.append(rule)
    _refuse_too_many(route, wanted)
    return wanted


def header_of(match: Match) -> Json:
    """The header match of a rule. Raises InputError for what no header or cookie can be."""
    refuse_unspeakable(match)
    if match.header:
        return {"type": "Exact", "name": match.header, "value": match.value}
    return {"type": "RegularExpression", "name": "Cookie", "value": cookie_pattern(match)}


def match_of(header: Json) -> Match | None:
    """The rule for testers that a header match is; the way back from `header_of`."""
    if header.get("type", "Exact") == "Exact":
        return Match(header["value"], header=header["name"])
    return cookie_of(header["value"])


def _testers_rule(route: Json, one: Weighed, backends: Backends, header: Json, place: int) -> Json:
    candidate = one.candidate or {**one.stable, "name": backends.service_of_candidate}
    return {
        **one.rule,
        "name": testers_name(one.rule, place),
        "matches": [_narrowed(route, one, each, header) for each in one.rule.get("matches") or [{}]],
        "backendRefs": [{**candidate, "weight": 1}],
    }


def _narrowed(route: Json, one: Weighed, match: Json, header: Json) -> Json:
    headers = match.get("headers") or []
    if any(each["name"].lower() == header["name"].lower() for each in headers):
        raise InputError(
            f"{one.where} of {named(route)} matches header {header['name']} itself",
            "choose another header, or a cookie, for testers",
        )
    return {**match, "headers": [*headers, header]}


def _refuse_too_many(route: Json, rules: list[Json]) -> None:
    matches = sum(len(rule.get("matches") or []) for rule in rules)
    if len(rules) > _MOST_RULES or matches > _MOST_MATCHES:
        raise InputError(
            f"{named(route)} would have {len(rules)} rules with {matches} matches: Gateway API allows "
            f"{_MOST_RULES} and {_MOST_MATCHES}",
            "name the one rule that is released, or divide the route",
        )
