"""The VirtualService, the http routes and the Role on the Istio page are those that the router reads, writes and
needs."""

from __future__ import annotations

from typing import Any

import yaml

from pointsman.adapters.routers.istio_changes import weight_operations, withdraw_operations
from pointsman.adapters.routers.istio_route import destinations_in, needs, refuse_missing_subsets
from pointsman.adapters.routers.istio_rules import Destination
from pointsman.adapters.routers.istio_testers import operations_for_testers
from pointsman.model.split import Match
from tests.docs.pages import ROOT, blocks
from tests.fakes.kube_objects import patched

Json = dict[str, Any]
PAGE = ROOT / "docs/routers/istio.md"
DIVIDED, ROUTE, RULES, IGNORED, ROLE = (yaml.safe_load(one.text) for one in blocks("yaml") if one.page == PAGE)
WANTED = destinations_in(ROUTE, "shop", "shop-canary", "shop", Destination("shop", "canary"))


def as_written(route: Json) -> Json:
    """The page's VirtualService in the middle of a release; annotations are where the guard of a patch puts them."""
    route = patched(route, [{"op": "add", "path": "/metadata/annotations", "value": {}}])
    route = patched(route, operations_for_testers(route, WANTED, Match("always", header="X-Canary")))
    return patched(route, weight_operations(route, WANTED, 10))


def test_the_http_routes_shown_are_those_that_are_written() -> None:
    assert as_written(ROUTE)["spec"]["http"] == RULES


def test_the_virtual_service_shown_is_what_is_left() -> None:
    moved = as_written(ROUTE)
    back = patched(moved, weight_operations(moved, WANTED, 0))
    left = patched(back, withdraw_operations(back, WANTED))
    assert left["spec"] == ROUTE["spec"]
    assert left["metadata"]["annotations"] == {}


def test_the_subsets_shown_are_all_that_is_wanted() -> None:
    assert WANTED.of_stable == Destination("shop", "stable")
    refuse_missing_subsets(WANTED, [DIVIDED])


def test_the_role_shown_is_the_one_that_is_needed() -> None:
    assert ROLE["rules"] == [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in needs()
    ]


def test_what_argo_cd_is_told_to_ignore_is_what_is_written() -> None:
    (told,) = IGNORED["spec"]["ignoreDifferences"]
    assert (told["kind"], told["name"]) == (ROUTE["kind"], ROUTE["metadata"]["name"])
    assert told["jsonPointers"] == ["/spec/http"]
