"""Stable takes over the proven version: users return only to what is ready, and the candidate goes last."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from pointsman.model.evidence import Verdict
from pointsman.model.split import Match
from pointsman.strategy.canary import decide
from pointsman.strategy.canary_decision import CheckStable, Dismiss, Promote, Remove, ReturnToStable, ScaleFor
from pointsman.strategy.canary_promotion import decide_promotion
from pointsman.strategy.canary_seen import Phase, Plan, Seen
from pointsman.strategy.decision import Abort, Await, Confirm, Done, GiveUp, Hold, Shift
from tests.unit.strategy.canary_sights import CRASH, D2, D3, PLAN, V2, canary, plans, sights, stable
from tests.unit.strategy.sights import NOT_YET, THERE

NEW_STABLE = stable(images=V2, digests=D2)
PROVEN = Seen(
    stable=stable(), candidate=canary(10, 10), wanted=V2, whole=10, weight=100, phase=Phase.PROMOTING, effect=THERE,
    soaked=5.0, verdict=Verdict.PASS, accepted=True,
)  # fmt: skip
TAKEN_OVER = replace(PROVEN, stable=NEW_STABLE, stable_soaked=5.0, stable_differs=True)
AUTOSCALED = replace(
    TAKEN_OVER, stable=stable(4, 4, V2, digests=D2), stable_health=Verdict.PASS, weight=60, autoscaled=True
)
RETURNED = replace(
    TAKEN_OVER, weight=0, phase=Phase.RETURNING, drained=10.0, candidate=canary(10, 10), stable_health=Verdict.PASS
)
AT_30 = replace(PROVEN, weight=30, candidate=canary(3, 3))


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(AT_30, ScaleFor, "need 10 instance(s)", id="capacity for everybody"),
        pytest.param(replace(AT_30, candidate=canary(3, 10)), Await, "3 of 10 ready", id="it is coming up"),
        pytest.param(replace(AT_30, candidate=canary(3, 10), late=True), Hold, "no capacity", id="it does not come up"),
        pytest.param(replace(AT_30, candidate=canary(10, 10)), Shift, "carries everybody", id="everybody"),
        pytest.param(replace(PROVEN, effect=None), Confirm, "reading", id="not looked at"),
        pytest.param(replace(PROVEN, effect=NOT_YET, late=True), Abort, "did not take effect", id="never in effect"),
        pytest.param(
            replace(TAKEN_OVER, effect=NOT_YET, late=True), GiveUp, "not seen to follow", id="no longer in effect"
        ),
        pytest.param(PROVEN, Promote, "stable takes over", id="stable has the old image"),
        pytest.param(replace(PROVEN, stable=None), Promote, "stable takes over", id="stable is gone"),
        pytest.param(
            replace(TAKEN_OVER, stable=stable(9, images=V2)), Await, "9 of 10 ready", id="stable is coming up"
        ),
        pytest.param(
            replace(TAKEN_OVER, stable=stable(0, images=V2, problem=CRASH)), GiveUp, "stay on the proven candidate",
            id="T24 stable crashes",
        ),
        pytest.param(
            replace(TAKEN_OVER, stable=stable(9, images=V2), late=True), GiveUp, "stay on the proven candidate",
            id="T24 stable does not come up in time",
        ),
        pytest.param(
            replace(TAKEN_OVER, stable=stable(images=V2, digests=D3)), GiveUp, "runs sha256:3, but sha256:2 was proven",
            id="T36 the tag was moved",
        ),
        pytest.param(replace(TAKEN_OVER, stable_soaked=1.0), Await, "before users return", id="stable soaks"),
        pytest.param(
            replace(TAKEN_OVER, stable_soaked=1.0, late=True), GiveUp, "does not stay ready", id="T24 never soaked"
        ),
        pytest.param(
            replace(AUTOSCALED, weight=100), ReturnToStable, "ready and healthy", id="T23 as many as it can carry"
        ),
        pytest.param(AUTOSCALED, Await, "4 instance(s) of 10", id="T23 its autoscaler is to follow"),
        pytest.param(replace(AUTOSCALED, late=True), GiveUp, "60 % of the users stay", id="T23 it does not follow"),
        pytest.param(TAKEN_OVER, CheckStable, "asking it directly", id="stable is asked"),
        pytest.param(
            replace(TAKEN_OVER, stable_health=Verdict.FAIL), GiveUp, "fails its health check", id="T24 stable is ill"
        ),
        pytest.param(
            replace(TAKEN_OVER, stable_health=Verdict.SOURCE_DOWN), Hold, "cannot be observed", id="no way to ask"
        ),
        pytest.param(replace(TAKEN_OVER, stable_health=Verdict.PASS), ReturnToStable, "ready and healthy", id="return"),
        pytest.param(replace(TAKEN_OVER, verdict=Verdict.FAIL), Abort, "beyond doubt", id="a fail while it waits"),
        pytest.param(replace(TAKEN_OVER, candidate=canary(0, 10)), Abort, "no ready instance", id="the candidate dies"),
        pytest.param(replace(TAKEN_OVER, superseded="run 8"), CheckStable, "asking", id="it no longer gives way"),
        pytest.param(replace(RETURNED, effect=None), Confirm, "reading", id="the return is not looked at"),
        pytest.param(replace(RETURNED, effect=NOT_YET, late=True), GiveUp, "not seen", id="the return is never seen"),
        pytest.param(replace(RETURNED, stable=stable()), Abort, "does not run the proven", id="stable is not there"),
        pytest.param(replace(RETURNED, stable=stable(0, 10, V2)), Abort, "does not run", id="stable is not ready"),
        pytest.param(replace(RETURNED, drained=9.0), Await, "drains for 10 s", id="T01 the candidate drains"),
        pytest.param(replace(RETURNED, testers=Match("yes", header="x")), Dismiss, "testers", id="T11 testers leave"),
        pytest.param(RETURNED, Remove, "no longer needed", id="the candidate goes"),
        pytest.param(replace(RETURNED, clearing=True), Await, "is going", id="it is going"),
        pytest.param(replace(RETURNED, clearing=True, late=True), GiveUp, "still there", id="T39 it does not go"),
        pytest.param(replace(RETURNED, cleared=True, candidate=None), Done, "all users", id="promoted"),
    ],
)  # fmt: skip
def test_the_promotion(seen: Seen, expected: type, words: str) -> None:
    decision = decide(seen, PLAN)
    assert isinstance(decision, expected)
    assert words in decision.why


def test_a_version_that_was_good_before_gets_its_users_back_when_it_is_ready_but_cannot_be_asked() -> None:
    decision = decide(replace(TAKEN_OVER, stable_health=Verdict.SOURCE_DOWN), replace(PLAN, trust_readiness=True))
    assert isinstance(decision, ReturnToStable)


def test_T23_as_many_users_return_to_an_autoscaled_stable_as_its_instances_carry() -> None:
    assert decide(replace(AUTOSCALED, weight=100), PLAN) == ReturnToStable(
        "shop runs the proven version, is ready and healthy", 60
    )


def test_without_a_candidate_nobody_is_sent_to_it() -> None:
    assert isinstance(decide_promotion(replace(AT_30, candidate=None), PLAN), Abort)


def test_where_not_everybody_can_be_sent_stable_is_replaced_while_it_serves_the_rest() -> None:
    limited = replace(PLAN, whole=False)
    assert isinstance(decide(AT_30, limited), Promote)
    waiting = replace(AT_30, stable=stable(9, images=V2))
    assert isinstance(decide(waiting, limited), Await)


@given(sights, plans)
@settings(max_examples=300)
def test_C02_the_candidate_goes_only_when_stable_serves_the_version_and_the_return_was_seen(
    seen: Seen, plan: Plan
) -> None:
    if isinstance(decide(seen, plan), Remove):
        assert seen.weight == 0
        assert seen.in_effect
        assert seen.drained >= plan.drain
        assert seen.stable is not None
        assert dict(seen.stable.images) == V2


@given(sights, plans)
@settings(max_examples=300)
def test_T39_the_end_is_reached_only_when_the_candidate_was_seen_to_be_gone(seen: Seen, plan: Plan) -> None:
    decision = decide(replace(seen, phase=Phase.REMOVING), plan)
    if isinstance(decision, Done):
        assert seen.cleared
        assert seen.weight == 0


@given(sights, plans)
@settings(max_examples=300)
def test_T24_a_stable_that_is_not_ready_never_gets_the_users(seen: Seen, plan: Plan) -> None:
    for broken in (stable(0, 10, V2, CRASH), stable(3, 10, V2)):
        serving = replace(seen, phase=Phase.PROMOTING, weight=100, whole=10, verdict=None, candidate=canary(10, 10))
        at_100 = replace(serving, stable=broken, stable_differs=True)
        assert not isinstance(decide(at_100, plan), ReturnToStable | Shift | Remove | Abort)
