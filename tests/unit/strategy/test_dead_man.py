"""What a dead-man switch decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.strategy.dead_man import Over, Pulse, Seen, TakeOver, Wait, decide


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(Seen("r", "", Pulse.SILENT), Over, "no release", id="nothing in flight outranks silence"),
        pytest.param(Seen("r", "", Pulse.LIVE), Over, "no release", id="nothing in flight"),
        pytest.param(Seen("r", "s", Pulse.SILENT), Over, "another release is in flight: s", id="another release"),
        pytest.param(Seen("", "s", Pulse.SILENT), Over, "another release", id="nothing was in flight at the start"),
        pytest.param(Seen("r", "r", Pulse.LIVE), Wait, "live run", id="the run lives"),
        pytest.param(Seen("r", "r", Pulse.LIVE, True), Wait, "live run", id="the run lives and undoes it"),
        pytest.param(Seen("r", "r", Pulse.FREE), Wait, "on purpose", id="the lock was given back"),
        pytest.param(Seen("r", "r", Pulse.FREE, True), TakeOver, "being undone", id="half undone and given back"),
        pytest.param(Seen("r", "r", Pulse.SILENT), TakeOver, "not renewed", id="the run is gone"),
        pytest.param(Seen("r", "r", Pulse.SILENT, True), TakeOver, "not renewed", id="gone while it undid"),
    ],
)
def test_each_sight_has_its_decision(seen: Seen, expected: type, words: str) -> None:
    decision = decide(seen)
    assert type(decision) is expected
    assert words in decision.why


@given(st.builds(Seen, st.sampled_from("rs"), st.sampled_from(["", "r", "s"]), st.just(Pulse.LIVE), st.booleans()))
def test_nothing_is_ever_taken_from_a_live_run(seen: Seen) -> None:
    assert not isinstance(decide(seen), TakeOver)
