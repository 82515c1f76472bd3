"""The file that tells Envoy where requests go: a rule for testers, if there is one, then the weighted rest.

Pure functions from plain values to JSON text, and back. Neighbours: `envoy` (the rest of the configuration).
https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.adapters.local.envoy import ROUTES, SERVED_BY, TYPE, discovery
from pointsman.model.split import Match

_OURS = "pointsman"


@dataclass(frozen=True)
class Written:
    """What stands in the routes file: its number, the weight by version, and who gets the requests that fit `rule`
    whatever the weights (`testers_reach`, a version; empty when there is no rule)."""

    number: int
    weights: Mapping[str, int]
    rule: Match | None = None
    testers_reach: str = ""


def routes(written: Written) -> str:
    """The routes as Envoy reads them; a weight of 0 is written too, for a left-out one means 1."""
    testers = [_testers(written.rule, written.testers_reach)] if written.rule else []
    resource = {
        "@type": f"{TYPE}config.route.v3.RouteConfiguration",
        "name": ROUTES,
        "validate_clusters": True,
        "virtual_hosts": [{"name": ROUTES, "domains": ["*"], "routes": [*testers, _weighted(written)]}],
    }
    return discovery(str(written.number), [resource])


def written_in(text: str) -> Written:
    """What `routes` wrote. Raises ValueError when somebody else wrote it."""
    try:
        document = json.loads(text)
        *testers, weighted = document["resources"][0]["virtual_hosts"][0]["routes"]
        shares = {each["name"]: int(each["weight"]) for each in weighted["route"]["weighted_clusters"]["clusters"]}
        return Written(int(document["version_info"]), shares, *_rule_of(testers))
    except (KeyError, IndexError, TypeError, ValueError) as reason:
        raise ValueError(f"not a split that Pointsman wrote: {reason!r}") from reason


def cookie_pattern(name: str, value: str) -> str:
    """A regular expression for the whole Cookie header (RFC 6265): it has a cookie `name` with exactly this value."""
    return rf"(.*;\s*)?{re.escape(name)}={re.escape(value)}\s*(;.*)?"


def _weighted(written: Written) -> dict[str, Any]:
    """The route carries the number too: Envoy keeps its old `version_info` when nothing else has changed."""
    return {
        "name": f"split-{written.number}",
        "match": {"prefix": "/"},
        "route": {
            "weighted_clusters": {"clusters": [_share(name, weight) for name, weight in written.weights.items()]},
            "retry_policy": _RETRY,
        },
    }


# Only what never reached an instance is tried again: no request is served twice and no bad answer is hidden.
_RETRY = {
    "retry_on": "connect-failure,refused-stream,reset-before-request",
    "num_retries": 2,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {"@type": f"{TYPE}extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"},
        }
    ],
}


def _share(name: str, weight: int) -> dict[str, Any]:
    return {"name": name, "weight": weight, "response_headers_to_add": [_served_by(name)]}


def _testers(rule: Match, version: str) -> dict[str, Any]:
    """The rule stands in the metadata as well, where it can be read back without taking a pattern apart."""
    words = {"header": rule.header, "cookie": rule.cookie, "value": rule.value}
    return {
        "name": "testers",
        "metadata": {"filter_metadata": {_OURS: words}},
        "match": {"prefix": "/", "headers": [_fits(rule)]},
        "route": {"cluster": version, "retry_policy": _RETRY},
        "response_headers_to_add": [_served_by(version)],
    }


def _fits(rule: Match) -> dict[str, Any]:
    if rule.header:
        return {"name": rule.header, "string_match": {"exact": rule.value}}
    pattern = cookie_pattern(rule.cookie, rule.value)
    return {"name": "cookie", "string_match": {"safe_regex": {"regex": pattern}}}


def _served_by(version: str) -> dict[str, Any]:
    return {"header": {"key": SERVED_BY, "value": version}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _rule_of(testers: list[dict[str, Any]]) -> tuple[Match | None, str]:
    if not testers:
        return None, ""
    (one,) = testers
    return Match(**one["metadata"]["filter_metadata"][_OURS]), str(one["route"]["cluster"])
