"""The route, the rules and the Role on the Gateway API page are those that the router reads, writes and needs."""

from __future__ import annotations

from typing import Any

import yaml

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api import HTTP_ROUTE
from pointsman.adapters.routers.gateway_api_changes import weight_operations, withdraw_operations
from pointsman.adapters.routers.gateway_api_route import needs
from pointsman.adapters.routers.gateway_api_testers import operations_for_testers
from pointsman.model.split import Match
from tests.docs.pages import ROOT, blocks
from tests.fakes.kube_objects import patched

Json = dict[str, Any]
BACKENDS = Backends("blue", "green", {"blue": "shop-blue", "green": "shop-green"})
ROUTE, RULES, IGNORED, ROLE = (
    yaml.safe_load(block.text) for block in blocks("yaml") if block.page == ROOT / "docs/routers/gateway-api.md"
)


def as_written(route: Json) -> Json:
    """The page's route in the middle of a release; annotations are where the guard of every patch puts them."""
    route = patched(route, [{"op": "add", "path": "/metadata/annotations", "value": {}}])
    route = patched(route, operations_for_testers(route, BACKENDS, Match("always", header="X-Canary")))
    for _ in ("the candidate is named", "it has its share"):
        route = patched(route, weight_operations(route, BACKENDS, 10))
    return route


def test_the_rules_shown_are_those_that_are_written() -> None:
    assert as_written(ROUTE)["spec"]["rules"] == RULES


def test_the_route_shown_is_what_is_left() -> None:
    moved = as_written(ROUTE)
    back = patched(moved, weight_operations(moved, BACKENDS, 0))
    left = patched(back, withdraw_operations(back, BACKENDS))
    left["spec"]["rules"][0]["backendRefs"][0].pop("weight")  # an API server writes the default, 1, by itself
    assert left["spec"] == ROUTE["spec"]
    assert left["metadata"]["annotations"] == {}


def test_the_role_shown_is_the_one_that_is_needed() -> None:
    wanted = needs(HTTP_ROUTE)
    assert ROLE["rules"] == [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in wanted
    ]


def test_what_argo_cd_is_told_to_ignore_is_what_is_written() -> None:
    (told,) = IGNORED["spec"]["ignoreDifferences"]
    assert (told["kind"], told["name"]) == (ROUTE["kind"], ROUTE["metadata"]["name"])
    assert told["jsonPointers"] == ["/spec/rules"]
