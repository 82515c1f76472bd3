"""What is drift, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.model.drift import Drift, Field, OnDrift
from pointsman.model.record import Flight, Intent
from pointsman.model.version import Snapshot
from pointsman.strategy.blue_green import Seen
from pointsman.strategy.drift import (
    REASSERTED_AT_MOST,
    Expected,
    Reassert,
    ReturnUsers,
    Stop,
    Undo,
    drift_of,
    drifts_of,
    expected_of,
    handling_of,
    stranded,
)
from tests.unit.strategy.sights import V1, V2, blue, green

V3 = {"app": "shop:3"}
SERVING = Seen(stable=blue(), candidate=green(), wanted=V2, needed=3, weight=100)
EXPECTED = Expected("blue", "green", 100, V2, 3, V1, 3)
TO_STABLE = Drift(Field.ROUTE, "", "green", "blue")
NOWHERE = Drift(Field.ROUTE, "", "green", "neither version")
GONE = Drift(Field.EXISTENCE, "green", "shop:2", "gone")
FEWER = Drift(Field.INSTANCES, "green", "3", "1")


@pytest.mark.parametrize(
    ("expected", "seen", "drift"),
    [
        pytest.param(EXPECTED, SERVING, None, id="all as written"),
        pytest.param(EXPECTED, replace(SERVING, weight=0), TO_STABLE, id="users sent back"),
        pytest.param(
            replace(EXPECTED, weight=0), SERVING, Drift(Field.ROUTE, "", "blue", "green"), id="users sent early",
        ),
        pytest.param(EXPECTED, replace(SERVING, weight=0, astray=True), NOWHERE, id="users sent nowhere"),
        pytest.param(replace(EXPECTED, weight=None), replace(SERVING, weight=0), None, id="an open shift says nothing"),
        pytest.param(
            replace(EXPECTED, weight=None), replace(SERVING, weight=0, astray=True),
            Drift(Field.ROUTE, "", "blue", "neither version"), id="no shift leads nowhere",
        ),
        pytest.param(EXPECTED, replace(SERVING, candidate=None), GONE, id="candidate deleted"),
        pytest.param(
            EXPECTED, replace(SERVING, candidate=replace(green(), images=V3)),
            Drift(Field.IMAGE, "green", "shop:2", "shop:3"), id="candidate's image set",
        ),
        pytest.param(EXPECTED, replace(SERVING, candidate=green(1, 1)), FEWER, id="candidate scaled down"),
        pytest.param(EXPECTED, replace(SERVING, candidate=green(5, 5)), None, id="candidate scaled up"),
        pytest.param(EXPECTED, replace(SERVING, candidate=green(1, 3)), None, id="candidate's pods died"),
        pytest.param(
            replace(EXPECTED, candidate_images={}, candidate_instances=0), replace(SERVING, candidate=None), None,
            id="an open prepare says nothing",
        ),
        pytest.param(
            EXPECTED, replace(SERVING, stable=None), Drift(Field.EXISTENCE, "blue", "shop:1", "gone"),
            id="stable deleted",
        ),
        pytest.param(
            EXPECTED, replace(SERVING, stable=replace(blue(), images=V3)),
            Drift(Field.IMAGE, "blue", "shop:1", "shop:3"), id="stable's image set",
        ),
        pytest.param(
            EXPECTED, replace(SERVING, stable=blue(0, 0)), Drift(Field.INSTANCES, "blue", "3", "0"),
            id="stable scaled to zero",
        ),
        pytest.param(EXPECTED, replace(SERVING, stable=blue(9, 9)), None, id="stable scaled up"),
        pytest.param(
            replace(EXPECTED, stable_images={}, stable_instances=0), replace(SERVING, stable=None), None,
            id="stable retired",
        ),
    ],
)  # fmt: skip
def test_what_is_drift(expected: Expected, seen: Seen, drift: Drift | None) -> None:
    assert drift_of(expected, seen) == drift


@pytest.mark.parametrize("name", ["blue", "green"])
def test_what_an_autoscaler_sets_is_none_and_an_image_still_is(name: str) -> None:
    fewer = replace(SERVING, stable=blue(1, 1), candidate=green(1, 1))
    assert {drift.what for drift in drifts_of(EXPECTED, fewer, {name})} == {"blue", "green"} - {name}
    other = replace(SERVING, stable=replace(blue(), images=V3))
    assert drift_of(EXPECTED, other, {name}) is not None


def test_everything_is_named_and_what_users_feel_comes_first() -> None:
    seen = replace(SERVING, weight=0, candidate=replace(green(1, 1), images=V3), stable=blue(0, 0))
    assert [(drift.field, drift.what) for drift in drifts_of(EXPECTED, seen)] == [
        (Field.ROUTE, ""),
        (Field.IMAGE, "green"),
        (Field.INSTANCES, "green"),
        (Field.INSTANCES, "blue"),
    ]


@pytest.mark.parametrize(
    ("seen", "nobody"),
    [
        pytest.param(SERVING, False, id="served"),
        pytest.param(replace(SERVING, candidate=None), True, id="gone"),
        pytest.param(replace(SERVING, candidate=green(3, 0)), True, id="about to go"),
        pytest.param(replace(SERVING, candidate=green(0, 3)), True, id="none ready"),
        pytest.param(replace(SERVING, candidate=green(0, 3, surplus=3)), False, id="older pods still serve"),
        pytest.param(replace(SERVING, candidate=replace(green(0), observed=False)), False, id="not looked at yet"),
        pytest.param(replace(SERVING, weight=0, astray=True), True, id="nowhere"),
        pytest.param(replace(SERVING, weight=0, candidate=None), False, id="on stable"),
        pytest.param(replace(SERVING, weight=0, stable=blue(0, 0)), True, id="stable scaled to zero"),
    ],
)
def test_who_has_nobody(seen: Seen, nobody: bool) -> None:
    assert stranded(seen) is nobody


LOST = replace(SERVING, candidate=None)
ASTRAY = replace(SERVING, weight=0, astray=True)
NOT_READY = replace(ASTRAY, candidate=green(0))
FAIL, REASSERT, ABORT = OnDrift.FAIL, OnDrift.REASSERT, OnDrift.ABORT


@pytest.mark.parametrize(
    ("drift", "seen", "policy", "times", "handling"),
    [
        pytest.param(FEWER, SERVING, FAIL, 0, Stop(), id="fail"),
        pytest.param(FEWER, SERVING, REASSERT, 0, Reassert(FEWER), id="reassert"),
        pytest.param(FEWER, SERVING, REASSERT, REASSERTED_AT_MOST, Stop(fought=True), id="two writers"),
        pytest.param(FEWER, SERVING, ABORT, 0, Undo(), id="abort"),
        pytest.param(FEWER, replace(SERVING, stable=None), ABORT, 0, Stop(), id="abort, with nowhere to go"),
        pytest.param(NOWHERE, ASTRAY, REASSERT, 0, Reassert(NOWHERE), id="the route, and the candidate is ready"),
        pytest.param(GONE, replace(LOST, stable=None), FAIL, 0, Stop(), id="users are lost, and stable too"),
        pytest.param(GONE, replace(LOST, stable=blue(0)), FAIL, 0, Stop(), id="users are lost, stable is not ready"),
        pytest.param(GONE, replace(LOST, stable_differs=True), FAIL, 0, Stop(), id="stable is another version now"),
        pytest.param(GONE, replace(SERVING, weight=0, candidate=None), FAIL, 0, Stop(), id="users were never on it"),
        pytest.param(GONE, LOST, ABORT, 0, Undo(), id="undoing returns users by itself"),
        pytest.param(GONE, LOST, REASSERT, REASSERTED_AT_MOST + 1, Stop(fought=True), id="users fought over"),
    ],
)
def test_what_follows(drift: Drift, seen: Seen, policy: OnDrift, times: int, handling: object) -> None:
    assert handling_of(drift, seen, policy, times) == handling


@pytest.mark.parametrize(
    ("drift", "seen", "policy", "times"),
    [
        pytest.param(GONE, LOST, FAIL, 0, id="gone"),
        pytest.param(GONE, LOST, REASSERT, 0, id="gone, before it is made again"),
        pytest.param(GONE, LOST, REASSERT, REASSERTED_AT_MOST, id="gone once more"),
        pytest.param(NOWHERE, ASTRAY, FAIL, 0, id="nowhere"),
        pytest.param(NOWHERE, NOT_READY, REASSERT, 0, id="nowhere, and the candidate is not ready"),
    ],
)
def test_users_come_before_policy(drift: Drift, seen: Seen, policy: OnDrift, times: int) -> None:
    assert isinstance(handling_of(drift, seen, policy, times), ReturnUsers)


FLIGHT = Flight(
    "r", "switch", "blue", "green", V2, Snapshot(False), 3, "2026-01-01T00:00:00Z",
    stable_images=V1, stable_instances=3,
)  # fmt: skip
NOTHING_OF_GREEN = {"candidate_images": {}, "candidate_instances": 0}
NOTHING_OF_BLUE = {"stable_images": {}, "stable_instances": 0}


@pytest.mark.parametrize(
    ("phase", "act", "begun", "expected"),
    [
        pytest.param("preparing", "", False, replace(EXPECTED, weight=0, **NOTHING_OF_GREEN), id="not begun"),
        pytest.param("preparing", "prepare", True, replace(EXPECTED, weight=0, **NOTHING_OF_GREEN), id="preparing"),
        pytest.param("shifted", "shift", True, replace(EXPECTED, weight=None), id="shifting"),
        pytest.param("shifted", "", True, EXPECTED, id="shifted"),
        pytest.param("shifted", "prepare", True, replace(EXPECTED, **NOTHING_OF_GREEN), id="writing it again"),
        pytest.param("retiring", "retire", True, replace(EXPECTED, **NOTHING_OF_BLUE), id="retiring"),
        pytest.param(
            "undoing", "restore", True, Expected("blue", "green", None), id="undoing expects nothing of anybody"
        ),
    ],
)
def test_what_a_resumed_release_expects(phase: str, act: str, begun: bool, expected: Expected) -> None:
    intent = Intent(act, "", "") if act else None
    assert expected_of(replace(FLIGHT, phase=phase), intent, begun) == expected
