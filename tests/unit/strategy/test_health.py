"""When a version is healthy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.evidence import Probe
from pointsman.strategy.decision import Abort, Await, CheckHealth, Done, Hold
from pointsman.strategy.health import HealthSeen, decide
from tests.unit.strategy.sights import CRASH, blue, green, states

GOOD = Probe("http://shop", True, 200, "answered 200", 0.01)
BAD = Probe("http://shop", False, 500, "answered 500 instead of 200", 0.01)
UNREACHED = Probe("http://shop", False, 0, "no route", 0.01, reached=False)
HEALTHY = HealthSeen((green(),), strangers=0, endpoints=3, streak=3, successes=3, last=GOOD, late=False)


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(HEALTHY, Done, "3 probes passed in a row", id="all there"),
        pytest.param(replace(HEALTHY, late=True), Done, "rolled out", id="healthy at the last moment"),
        pytest.param(replace(HEALTHY, successes=0, streak=0, last=None), Done, "3 endpoint(s)", id="no probe wanted"),
        pytest.param(replace(HEALTHY, strangers=None, endpoints=0), Done, "rolled out", id="no service asked about"),
        pytest.param(replace(HEALTHY, versions=(), strangers=None), Done, "3 probes", id="only an address"),
        pytest.param(replace(HEALTHY, versions=(green(1, 3, CRASH),)), Abort, "green: CrashLoop", id="will not heal"),
        pytest.param(
            replace(HEALTHY, versions=(blue(), green(0, 3, CRASH))),
            Abort,
            "green: Crash",
            id="the second will not heal",
        ),
        pytest.param(replace(HEALTHY, versions=(green(2, 3),)), Await, "2 of 3 ready", id="not rolled out"),
        pytest.param(replace(HEALTHY, versions=(green(0, 0),)), Await, "scaled to 0", id="nothing runs"),
        pytest.param(replace(HEALTHY, unsteady="green has restarted"), Await, "restarted", id="restarted just now"),
        pytest.param(replace(HEALTHY, strangers=2), Await, "2 endpoint(s) of an older version", id="old endpoints"),
        pytest.param(replace(HEALTHY, endpoints=0), Await, "no ready endpoint", id="no endpoint"),
        pytest.param(replace(HEALTHY, endpoints=0, late=True), Abort, "not healthy in time", id="late, no endpoint"),
        pytest.param(replace(HEALTHY, streak=1), CheckHealth, "1 of 3 probes passed", id="more probes wanted"),
        pytest.param(replace(HEALTHY, streak=0, last=BAD), CheckHealth, "500 instead of 200", id="a failing probe"),
        pytest.param(replace(HEALTHY, streak=0, last=BAD, late=True), Abort, "0 of 3 probes", id="late, failing"),
        pytest.param(replace(HEALTHY, streak=0, last=UNREACHED, late=True), Hold, "no route", id="late, not reached"),
        pytest.param(replace(HEALTHY, streak=0, last=None, late=True), Abort, "no probe was sent", id="late, unasked"),
    ],
)
def test_health(seen: HealthSeen, expected: type, words: str) -> None:
    decision = decide(seen)
    assert isinstance(decision, expected)
    assert words in decision.why


sights = st.builds(
    HealthSeen,
    versions=st.lists(states, max_size=2).map(tuple),
    strangers=st.one_of(st.none(), st.integers(0, 2)),
    endpoints=st.integers(0, 3),
    streak=st.integers(0, 4),
    successes=st.integers(0, 3),
    last=st.sampled_from([None, GOOD, BAD, UNREACHED]),
    late=st.booleans(),
)


@given(sights)
def test_healthy_needs_every_piece_of_evidence(seen: HealthSeen) -> None:
    if isinstance(decide(seen), Done):
        assert all(one.rolled_out and one.ready > 0 and one.problem is None for one in seen.versions)
        assert seen.streak >= seen.successes
        assert seen.strangers is None or (seen.strangers == 0 and seen.endpoints > 0)


@given(sights)
def test_time_that_is_over_ends_every_wait(seen: HealthSeen) -> None:
    assert not isinstance(decide(replace(seen, late=True)), Await | CheckHealth)
