"""The Service selector as a router, and the effect that is read back from EndpointSlices and real answers."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.routers.observed import REQUESTS, ObservedRouter
from pointsman.adapters.routers.service_selector import (
    Colours,
    effect_of,
    ready_targets,
    selector_operations,
    split_of,
)
from pointsman.model.errors import InputError
from pointsman.model.evidence import Probe
from pointsman.model.split import Split
from pointsman.testing import FakeClock, FakeRouter
from tests.unit.adapters.deployments import service

COLOURS = Colours("version", {"shop-blue": "blue", "shop-green": "green"})
GREEN = Split("shop-blue", "shop-green", 100)


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


class Asked:
    """Answers with the markers given, the last one for good; counts the requests."""

    def __init__(self, *markers: str, status: int = 200) -> None:
        self.markers, self.status, self.count = list(markers), status, 0

    def __call__(self) -> Probe:
        self.count += 1
        marker = self.markers.pop(0) if len(self.markers) > 1 else self.markers[0]
        return Probe("http://shop", True, self.status, "answered", 0.01, marker=marker)


def observed(ask: Asked, markers: dict[str, str] | None = None) -> tuple[ObservedRouter, FakeClock]:
    clock = FakeClock()
    known = {"shop-blue": "v1", "shop-green": "v2"} if markers is None else markers
    router = ObservedRouter(FakeRouter("shop-blue", "shop-green"), ask, lambda name: known.get(name, ""), clock)
    router.write(GREEN)
    return router, clock


def test_sixty_fresh_requests_prove_the_switch_once() -> None:
    ask = Asked("v2")
    router, _ = observed(ask)
    effect = router.settled(GREEN)
    assert (effect.reached, effect.level) == (True, 3)
    router.settled(GREEN)
    assert ask.count == REQUESTS
    router.stamp()
    assert router.read().serving == "shop-green"


def test_one_request_that_goes_astray_disproves_it() -> None:
    router, _ = observed(Asked(*["v2"] * (REQUESTS - 1), "v1"))
    effect = router.settled(GREEN)
    assert not effect.reached
    assert f"request {REQUESTS} was answered by v1" in effect.detail


def test_an_address_that_does_not_answer_proves_nothing() -> None:
    router, _ = observed(Asked("", status=0))
    assert not router.settled(GREEN).reached


def test_the_way_back_is_proven_anew() -> None:
    ask = Asked("v2")
    router, _ = observed(ask)
    router.settled(GREEN)
    back = Split("shop-blue", "shop-green", 0)
    router.write(back)
    ask.markers = ["v1"]
    assert router.settled(back).reached
    assert ask.count == 2 * REQUESTS


@pytest.mark.parametrize("markers", [{}, {"shop-blue": "v2", "shop-green": "v2"}], ids=["unmarked", "alike"])
def test_versions_that_cannot_be_told_apart_get_a_settle_delay_and_say_so(markers: dict[str, str]) -> None:
    ask = Asked("v2")
    router, clock = observed(ask, markers)
    assert not router.settled(GREEN).reached
    clock.sleep(3.0)
    effect = router.settled(GREEN)
    assert (effect.reached, effect.level, ask.count) == (True, 1, 0)
    assert "cannot be told apart" in effect.detail
