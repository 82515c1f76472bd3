"""Which canary a rollback is about is read from the record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.entry.canary_versions import canary_pair
from pointsman.entry.canary_ways import Way, way_of
from pointsman.model.record import Finished, Flight, GoodVersion, Record
from pointsman.model.version import Snapshot

FLIGHT = Flight("r", "canary", "shop", "shop-next", {}, Snapshot(False), 1, "t", strategy="canary")
GOOD = GoodVersion(2, "shop", {}, {}, "t", "t")
PROMOTED = Record("shop", serving=GOOD, last=Finished("r", "promoted", 1, "t"))


def pair(record: Record | None) -> tuple[str, str] | None:
    return canary_pair(record, lambda stable: f"{stable}-canary")


def test_a_canary_in_flight_names_its_own_versions() -> None:
    assert pair(Record("shop", flight=FLIGHT)) == ("shop", "shop-next")


def test_a_promoted_one_left_its_version_on_stable() -> None:
    assert pair(PROMOTED) == ("shop", "shop-canary")


def test_a_switch_or_no_release_at_all_is_no_canary() -> None:
    assert pair(None) is None
    assert pair(Record("shop")) is None
    assert pair(Record("shop", flight=replace(FLIGHT, strategy=""))) is None
    assert pair(replace(PROMOTED, last=Finished("r", "switched", 1, "t"))) is None
    assert pair(replace(PROMOTED, flight=replace(FLIGHT, strategy=""))) is None


@pytest.mark.parametrize(
    "way",
    [
        Way(),
        Way("gateway-api", "shop", "", "shop-canary"),
        Way("gateway-api", "shop", "main", "shop-canary"),
        Way("istio", "shop", "", "shop-canary", "", "https://shop.example.com/a b?x=1%20&y=2"),
        Way("istio", "shop", "the main/one", "", "canary"),
    ],
)
def test_the_way_of_the_requests_is_found_again_in_the_record(way: Way) -> None:
    assert way_of(way.text) == way


def test_a_record_of_an_earlier_version_names_its_route() -> None:
    assert way_of("gateway-api shop shop-canary") == Way("gateway-api", "shop", "", "shop-canary")
