"""The way back of a canary."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from pointsman.model.split import Match
from pointsman.strategy.canary_decision import Dismiss
from pointsman.strategy.canary_seen import Phase, Plan, Seen
from pointsman.strategy.canary_undo import decide_undo
from pointsman.strategy.decision import Await, Confirm, Done, GiveUp, Prepare, Restore, Shift
from tests.unit.strategy.canary_sights import CRASH, PLAN, V2, canary, plans, sights, stable
from tests.unit.strategy.sights import NOT_YET, THERE

AWAY = Seen(stable=stable(), candidate=canary(3, 3), wanted=V2, whole=10, weight=30, phase=Phase.WALKING)
ALL_AWAY = replace(AWAY, weight=100, candidate=canary(10, 10))
BACK = replace(AWAY, weight=0, effect=THERE, drained=10.0)
FEW = stable(4)


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(AWAY, Shift, "has the capacity", id="stable is ready"),
        pytest.param(replace(AWAY, stable=stable(4, 4)), Prepare, "needs 10", id="T08 stable gets its capacity first"),
        pytest.param(replace(AWAY, stable=stable(0, 0)), Prepare, "needs 10", id="T34 a stable scaled to nothing"),
        pytest.param(
            replace(AWAY, stable=stable(4, 4), late=True), Shift, "only 4 of 10", id="late, and it is held down"
        ),
        pytest.param(replace(AWAY, stable=FEW), Await, "4 of 10 ready", id="T08 stable is coming up"),
        pytest.param(replace(AWAY, stable=FEW, late=True), Shift, "only 4 of 10", id="late, and stable serves anyway"),
        pytest.param(replace(ALL_AWAY, stable=FEW, late=True), GiveUp, "cannot take", id="late, and better off away"),
        pytest.param(
            replace(ALL_AWAY, stable=FEW, candidate=canary(2, 10), late=True), Shift, "only 4 of 10",
            id="late, and stable has more ready",
        ),
        pytest.param(
            replace(ALL_AWAY, stable=stable(4, problem=CRASH)), GiveUp, "CrashLoopBackOff", id="stable will not heal"
        ),
        pytest.param(
            replace(AWAY, stable=FEW, candidate=canary(0, 3)), Shift, "nobody serves", id="nobody is ready there"
        ),
        pytest.param(replace(AWAY, stable=FEW, candidate=None), Shift, "nobody serves", id="nobody is there"),
        pytest.param(replace(AWAY, stable=FEW, candidate=canary(3, 0)), Shift, "nobody serves", id="nobody will be"),
        pytest.param(replace(BACK, astray=True), Shift, "nobody serves", id="users are sent to neither"),
        pytest.param(replace(AWAY, stable=None), Prepare, "gets back what it ran", id="stable is gone"),
        pytest.param(replace(AWAY, stable=None, candidate=None), GiveUp, "both versions are gone", id="both are gone"),
        pytest.param(replace(AWAY, stable_differs=True), Prepare, "gets back", id="stable was promoted already"),
        pytest.param(replace(AWAY, stable_differs=True, late=True), GiveUp, "would help nobody", id="and stays so"),
        pytest.param(replace(BACK, effect=None), Confirm, "reading", id="the return is not looked at"),
        pytest.param(replace(BACK, effect=NOT_YET, late=True), GiveUp, "not seen", id="the return is never seen"),
        pytest.param(replace(BACK, stable_differs=True), Prepare, "gets back", id="users are on a promoted stable"),
        pytest.param(replace(BACK, stable=stable(0, 0)), Prepare, "gets back", id="T34 never to nothing"),
        pytest.param(replace(BACK, drained=9.0), Await, "drains", id="C16 the candidate drains on the way back too"),
        pytest.param(replace(BACK, stable=FEW), Restore, "goes back", id="what stable lacked before is not ours"),
        pytest.param(replace(BACK, stable=FEW, touched=True), Await, "4 of 10", id="what we did to stable is awaited"),
        pytest.param(replace(BACK, stable=FEW, touched=True, late=True), Restore, "goes back", id="but not for ever"),
        pytest.param(
            replace(BACK, stable=stable(0), touched=True, late=True), GiveUp, "users are on stable, but",
            id="stable does not come back",
        ),
        pytest.param(replace(BACK, testers=Match("yes", header="x")), Dismiss, "testers", id="T11 testers leave"),
        pytest.param(BACK, Restore, "goes back to what it was", id="the candidate goes"),
        pytest.param(replace(BACK, clearing=True), Await, "is going", id="it is going"),
        pytest.param(replace(BACK, clearing=True, late=True), GiveUp, "still there", id="T39 it does not go"),
        pytest.param(replace(BACK, cleared=True), Done, "nothing of the release is left", id="T11 all undone"),
    ],
)  # fmt: skip
def test_the_way_back(seen: Seen, expected: type, words: str) -> None:
    decision = decide_undo(seen, PLAN)
    assert isinstance(decision, expected)
    assert words in decision.why


@given(sights, plans)
@settings(max_examples=300)
def test_users_only_ever_go_to_a_stable_that_is_ready(seen: Seen, plan: Plan) -> None:
    decision = decide_undo(seen, plan)
    if isinstance(decision, Shift):
        assert decision.weight == 0
        assert seen.stable is not None
        assert seen.stable.ready > 0


@given(sights, plans)
@settings(max_examples=300)
def test_T11_nothing_is_over_before_users_were_seen_on_stable_and_the_candidate_seen_gone(
    seen: Seen, plan: Plan
) -> None:
    decision = decide_undo(seen, plan)
    if isinstance(decision, Restore | Done):
        assert seen.weight == 0
        assert not seen.astray
        assert seen.in_effect
        assert not seen.stable_differs
        assert seen.drained >= plan.drain
        assert seen.cleared or isinstance(decision, Restore)


@given(sights, plans)
@settings(max_examples=300)
def test_T26_time_that_is_over_ends_every_wait(seen: Seen, plan: Plan) -> None:
    assert not isinstance(decide_undo(replace(seen, late=True, drained=60.0), plan), Await | Confirm)
