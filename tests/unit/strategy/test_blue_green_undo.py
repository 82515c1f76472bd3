"""The way back to stable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from pointsman.strategy.blue_green import Seen, decide_undo
from pointsman.strategy.decision import Await, Confirm, Done, GiveUp, Prepare, Restore, Shift
from tests.unit.strategy.sights import CRASH, NOT_YET, THERE, V2, blue, green, sights

AWAY = Seen(stable=blue(), candidate=green(), wanted=V2, needed=3, weight=100)
BACK = replace(AWAY, weight=0, effect=THERE)
ONE_READY = blue(1, 3)


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(replace(AWAY, stable=None), GiveUp, "the stable version is gone", id="no way back"),
        pytest.param(replace(AWAY, stable=blue(0, 0)), Prepare, "needs 3 instance(s)", id="capacity comes first"),
        pytest.param(replace(AWAY, stable=ONE_READY), Await, "1 of 3 ready", id="coming up"),
        pytest.param(AWAY, Shift, "has the capacity", id="ready"),
        pytest.param(
            replace(AWAY, stable_differs=True), Prepare, "gets the images back",
            id="stable was updated to the new image already",
        ),
        pytest.param(
            replace(AWAY, stable_differs=True, late=True), GiveUp, "would help nobody",
            id="late, and stable still runs the new image",
        ),
        pytest.param(
            replace(AWAY, stable=ONE_READY, late=True), GiveUp, "cannot take the users back",
            id="late, and the candidate has more ready",
        ),
        pytest.param(
            replace(AWAY, stable=ONE_READY, candidate=green(0), late=True), Shift, "still more than the candidate",
            id="late, and stable has more ready than the candidate",
        ),
        pytest.param(
            replace(AWAY, stable=ONE_READY, candidate=None, late=True), Shift, "still more",
            id="late, and the candidate is gone",
        ),
        pytest.param(
            replace(AWAY, stable=blue(0), candidate=green(0), late=True), GiveUp, "0 of 3",
            id="late, and neither has any",
        ),
        pytest.param(
            replace(AWAY, stable=blue(1, 3, CRASH)), GiveUp, "CrashLoopBackOff",
            id="a stable that will not heal is not waited for",
        ),
        pytest.param(
            replace(AWAY, stable=blue(1, 3, CRASH), candidate=green(0)), Shift, "only 1 of 3",
            id="a stable that will not heal still beats nothing",
        ),
        pytest.param(replace(BACK, effect=None), Confirm, "reading the effect back", id="return not looked at"),
        pytest.param(replace(BACK, effect=NOT_YET), Confirm, NOT_YET.detail, id="return not there yet"),
        pytest.param(replace(BACK, effect=NOT_YET, late=True), GiveUp, "not seen to take effect", id="never seen"),
        pytest.param(BACK, Restore, "goes back to what it was", id="the candidate is put back"),
        pytest.param(replace(BACK, restored=True), Done, "nothing of the release is left", id="all undone"),
        pytest.param(
            replace(BACK, stable=None, restored=True), Done, "users are on stable",
            id="where users are is the router's to say",
        ),
    ],
)  # fmt: skip
def test_the_way_back(seen: Seen, expected: type, words: str) -> None:
    decision = decide_undo(seen)
    assert isinstance(decision, expected)
    assert words in decision.why


@given(sights)
@settings(max_examples=150)
def test_users_return_to_enough_capacity_or_to_what_is_better_than_where_they_are(seen: Seen) -> None:
    decision = decide_undo(seen)
    if isinstance(decision, Shift):
        assert decision.weight == 0
        assert seen.stable is not None
        candidate_ready = seen.candidate.ready if seen.candidate and seen.candidate.desired else 0  # it is going
        assert seen.stable.ready >= seen.needed or seen.stable.ready > candidate_ready
        assert seen.stable.ready > 0


@given(sights)
def test_users_never_return_in_time_to_a_stable_that_is_not_what_it_was(seen: Seen) -> None:
    decision = decide_undo(replace(seen, stable_differs=True, late=False))
    assert not isinstance(decision, Shift)


@given(sights)
@settings(max_examples=150)
def test_the_candidate_is_put_back_only_after_users_were_seen_to_have_left_it(seen: Seen) -> None:
    if isinstance(decide_undo(seen), Restore | Done):
        assert seen.weight == 0
        assert seen.effect is not None
        assert seen.effect.reached


@given(sights)
@settings(max_examples=150)
def test_time_that_is_over_ends_every_wait(seen: Seen) -> None:
    assert not isinstance(decide_undo(replace(seen, late=True)), Await | Confirm)
