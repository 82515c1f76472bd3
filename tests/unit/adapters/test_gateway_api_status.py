"""Whether a route's parents have accepted what is written; what nobody alive says does not count."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.routers.gateway_api_status import accepted
from tests.unit.adapters.routes import both, route, words

Json = dict[str, Any]
SERVICE = {"group": "", "kind": "Service", "name": "shop", "port": 80}


def effect(*said: Json, **more: Any) -> tuple[bool, int, str]:
    found = accepted(route(both(90, 10), status=list(said), **more))
    return found.reached, found.level, found.detail


def test_a_generation_that_its_gateway_accepted_is_level_one() -> None:
    assert effect(words()) == (True, 1, "Gateway public accepted generation 4 of the route")


def test_defaults_left_out_on_one_side_are_the_same_parent() -> None:
    full = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "shop", "name": "public"}
    assert effect(words(parent=full))[0]
    assert effect(words(), parents=[full])[0]


def test_a_service_of_a_mesh_is_a_parent_like_any_other() -> None:
    assert effect(words(parent=SERVICE), parents=[SERVICE])[2].startswith("Service shop accepted")


def test_every_parent_counts() -> None:
    parents = [{"name": "public"}, {"name": "inside", "sectionName": "web"}]
    assert effect(words(), parents=parents)[2] == (
        "Gateway inside (web) has not seen generation 4 of the route yet: no controller has said anything about it"
    )
    assert effect(words(), words(parent=parents[1]), parents=parents)[2] == (
        "Gateway public and Gateway inside (web) accepted generation 4 of the route"
    )


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        pytest.param([], "no controller has said anything", id="nobody has looked"),
        pytest.param([words(3)], "has not seen generation 4 of the route yet: it has seen 3", id="it lags"),
        pytest.param([words(Accepted="False")], "Accepted=False: AcceptedReason", id="refused"),
        pytest.param([words(ResolvedRefs="False")], "ResolvedRefs=False", id="a Service is missing"),
        pytest.param([words(ResolvedRefs="")], "nothing about ResolvedRefs", id="half an answer"),
        pytest.param([words(PartiallyInvalid="True")], "PartiallyInvalid=True", id="some rules were dropped"),
        pytest.param([{"parentRef": {"name": "public"}}], "no controller has said", id="no conditions"),
    ],
)
def test_everything_else_is_not_yet_accepted(said: list[Json], detail: str) -> None:
    reached, level, text = effect(*said)
    assert (reached, level) == (False, 0)
    assert detail in text


def test_one_condition_of_an_older_generation_is_an_older_answer() -> None:
    mixed = words()
    mixed["conditions"][1]["observedGeneration"] = 3
    assert not effect(mixed)[0]


def test_what_a_dead_controller_said_of_a_parent_we_had_is_ignored() -> None:
    orphan = words(2, "example.com/dead", {"name": "old"}, Accepted="False")
    assert effect(orphan, words())[0]
    assert not effect(orphan)[0]


def test_what_a_dead_controller_said_of_our_parent_is_ignored_once_a_live_one_speaks() -> None:
    assert effect(words(3, "example.com/dead", Accepted="False"), words())[0]
    assert not effect(words(by="example.com/live", Accepted="False"), words(3, "example.com/dead"))[0]


def test_a_route_without_a_parent_is_served_by_nobody() -> None:
    assert effect(parents=[])[2] == "the route has no parent, so nothing serves it"
