"""The Service selector as a router, and the effect that is read back from EndpointSlices."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.routers.service_selector import (
    Colours,
    effect_of,
    ready_targets,
    selector_operations,
    split_of,
)
from pointsman.model.errors import InputError
from pointsman.model.split import Split
from tests.unit.adapters.deployments import service

COLOURS = Colours("version", {"shop-blue": "blue", "shop-green": "green"})


def test_whoever_the_selector_names_has_all_requests() -> None:
    assert split_of(service(), COLOURS) == Split("shop-blue", "shop-green", 0)
    assert split_of(service({"version": "green"}), COLOURS).share("shop-green") == 100


@pytest.mark.parametrize("selector", [{}, {"version": "red"}, {"app": "shop"}])
def test_a_selector_that_names_neither_is_refused(selector: dict[str, str]) -> None:
    with pytest.raises(InputError, match="neither of shop-blue"):
        split_of(service(selector), COLOURS)


@pytest.mark.parametrize(
    ("selector", "ops"),
    [
        pytest.param({"version": "green"}, [], id="so already"),
        pytest.param({"version": "blue"}, ["test", "replace"], id="what it was is tested"),
        pytest.param({"app": "shop"}, ["add"], id="the key is new"),
    ],
)
def test_one_key_of_the_selector_is_written(selector: dict[str, str], ops: list[str]) -> None:
    operations = selector_operations(service(selector), "version", "green")
    assert [one["op"] for one in operations] == ops
    assert {one["path"] for one in operations} <= {"/spec/selector/version"}


def test_a_key_with_a_slash_is_escaped() -> None:
    (operation,) = selector_operations(service(), "example.com/colour", "green")
    assert operation["path"] == "/spec/selector/example.com~1colour"


def endpoint(name: str, **conditions: bool) -> dict[str, Any]:
    return {"addresses": ["10.0.0.1"], "targetRef": {"name": name}, "conditions": conditions}


def test_ready_endpoints_of_all_slices_count() -> None:
    slices = [
        {"endpoints": [endpoint("a", ready=True), endpoint("b", ready=False)]},
        {"endpoints": [endpoint("c"), endpoint("d", ready=True, terminating=True)]},
        {"endpoints": [{"addresses": ["10.9.9.9"], "conditions": {"ready": True}}]},
        {"endpoints": None},
    ]
    assert ready_targets(slices) == {"a", "c", "10.9.9.9"}


@pytest.mark.parametrize(
    ("seen", "wanted", "reached", "words"),
    [
        pytest.param({"a", "b"}, {"a", "b"}, True, "exactly the 2 ready pods", id="all and no others"),
        pytest.param({"a", "old"}, {"a"}, False, "1 endpoint(s) of another version", id="a stranger"),
        pytest.param({"a"}, {"a", "b"}, False, "1 of 2 ready pods", id="one is missing"),
        pytest.param(set(), set(), False, "0 of 0", id="nothing is not an effect"),
    ],
)
def test_the_effect_is_the_very_set_of_pods(seen: set[str], wanted: set[str], reached: bool, words: str) -> None:
    effect = effect_of(seen, wanted, "shop-green")
    assert (effect.reached, effect.level) == (reached, 1)
    assert words in effect.detail
