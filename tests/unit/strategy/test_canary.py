"""The walk from weight to weight: its truth table, and the laws no table can show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from pointsman.model.evidence import Verdict
from pointsman.model.split import Match
from pointsman.strategy.canary import decide
from pointsman.strategy.canary_decision import Accept, Admit, Promote, ReturnToStable, ScaleFor
from pointsman.strategy.canary_seen import Phase, Plan, Policy, Seen, Weight, needed_for
from pointsman.strategy.decision import Abort, Await, Bake, CheckHealth, Confirm, Done, Hold, Prepare, Shift
from tests.unit.strategy.canary_sights import CRASH, PLAN, V1, V2, canary, plans, sights, stable
from tests.unit.strategy.sights import NOT_YET, THERE

READY = Seen(stable=stable(), candidate=canary(), wanted=V2, whole=10, weight=0, soaked=5.0)
AT_5 = replace(READY, weight=5, phase=Phase.WALKING, health=Verdict.PASS, soaked=0.0)
BAKING = replace(AT_5, effect=THERE, verdict=Verdict.INCONCLUSIVE, judged="two claims to prove")
BAKED = replace(BAKING, verdict=Verdict.PASS, baked=60.0, judged="proven harmless")
TOO_LONG = replace(BAKING, baked=90.0)
ACCEPTED = replace(BAKED, accepted=True, candidate=canary(3, 3), soaked=5.0)
AT_100 = replace(ACCEPTED, weight=100, candidate=canary(10, 10))


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(replace(READY, candidate=None), Prepare, "there is no candidate", id="no candidate"),
        pytest.param(replace(READY, candidate=canary(images=V1)), Prepare, "does not run", id="old image"),
        pytest.param(replace(READY, candidate=canary(0, 0)), ScaleFor, "need 1 instance(s)", id="T23 asks for none"),
        pytest.param(replace(READY, candidate=canary(0, problem=CRASH)), Abort, "CrashLoopBackOff", id="crashing"),
        pytest.param(replace(READY, candidate=canary(0)), Await, "0 of 1 ready", id="T27 none ready"),
        pytest.param(replace(READY, candidate=canary(0), late=True), Abort, "not ready in time", id="late"),
        pytest.param(
            replace(READY, candidate=canary(0, 0), asked=1), Await, "0 of 1", id="asked for, taken away again"
        ),
        pytest.param(replace(READY, soaked=4.9), Await, "it must stay so for 5 s", id="not soaked yet"),
        pytest.param(READY, CheckHealth, "asking it directly", id="ready, not asked yet"),
        pytest.param(replace(READY, health=Verdict.FAIL), Abort, "fails its health check", id="asked, bad"),
        pytest.param(replace(READY, health=Verdict.PASS), Shift, "ready and healthy", id="asked, good"),
        pytest.param(replace(READY, health=Verdict.SOURCE_DOWN), Hold, "cannot be observed", id="the way is broken"),
        pytest.param(replace(READY, health=Verdict.NO_DATA), Hold, "cannot be observed", id="nobody to ask"),
        pytest.param(replace(READY, superseded="run 8"), Abort, "superseded by run 8", id="a newer release"),
    ],
)
def test_before_the_first_user(seen: Seen, expected: type, words: str) -> None:
    decision = decide(seen, PLAN)
    assert isinstance(decision, expected)
    assert words in decision.why


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(AT_5, Confirm, "reading the effect back", id="effect not looked at"),
        pytest.param(replace(AT_5, effect=NOT_YET), Confirm, NOT_YET.detail, id="effect not there yet"),
        pytest.param(replace(AT_5, effect=NOT_YET, late=True), Abort, "did not take effect", id="T26 never in effect"),
        pytest.param(replace(BAKING, verdict=None, judged=""), Bake, "not looked yet", id="no look yet"),
        pytest.param(replace(BAKING, baked=59.0), Bake, "two claims", id="baking"),
        pytest.param(replace(BAKED, baked=59.0), Bake, "proven", id="a pass before the bake is over"),
        pytest.param(BAKED, Accept, "proven harmless", id="a pass at the end of the bake"),
        pytest.param(replace(BAKED, judged=""), Accept, "passed", id="a pass without words"),
        pytest.param(replace(BAKING, baked=89.0), Bake, "two claims", id="undecided, and patience left"),
        pytest.param(TOO_LONG, Hold, "no verdict", id="undecided for too long"),
        pytest.param(replace(TOO_LONG, late=True), Hold, "no verdict", id="late makes no difference to a bake"),
        pytest.param(replace(TOO_LONG, verdict=Verdict.SOURCE_DOWN), Hold, "cannot be read", id="source down"),
        pytest.param(replace(TOO_LONG, verdict=Verdict.NO_DATA), Abort, "no data", id="T28 a silent candidate"),
        pytest.param(replace(TOO_LONG, verdict=None, judged=""), Abort, "nothing was measured", id="C08 no look"),
        pytest.param(
            replace(TOO_LONG, verdict=Verdict.NO_DATA, quiet=True), Hold, "no traffic", id="T29 nobody sends anything"
        ),
        pytest.param(
            replace(TOO_LONG, verdict=Verdict.NO_DATA, quiet=True, weight=100, candidate=canary(10, 10)),
            Abort, "no data", id="with everybody on a silent candidate, a quiet stable excuses nothing",
        ),
        pytest.param(replace(BAKED, verdict=Verdict.FAIL, judged="worse"), Abort, "worse", id="a fail"),
        pytest.param(replace(ACCEPTED, verdict=Verdict.FAIL, judged=""), Abort, "beyond doubt", id="a fail later on"),
        pytest.param(replace(BAKED, candidate=canary(1, 1, problem=CRASH)), Abort, "Crash", id="a crash"),
        pytest.param(replace(BAKED, candidate=canary(0)), Abort, "no ready instance left", id="T27 none is left"),
        pytest.param(replace(BAKING, candidate=canary(0, observed=False)), Bake, "two", id="only just written"),
        pytest.param(replace(BAKED, superseded="run 8"), Abort, "superseded by run 8", id="a newer release"),
        pytest.param(replace(BAKED, candidate=None), Shift, "not the candidate", id="users on nobody"),
        pytest.param(replace(BAKED, candidate=canary(images=V1)), Shift, "not the candidate", id="users on another"),
        pytest.param(
            replace(BAKED, candidate=None, stable=None), Abort, "stable is not ready", id="users on nobody, no stable"
        ),
        pytest.param(replace(ACCEPTED, candidate=canary()), ScaleFor, "30 %", id="capacity for the next weight"),
        pytest.param(replace(ACCEPTED, candidate=canary(1, 3)), Await, "1 of 3 ready", id="it is coming up"),
        pytest.param(
            replace(ACCEPTED, candidate=canary(1, 3), late=True), Hold, "stay at 5 %", id="T26 it does not come up"
        ),
        pytest.param(replace(ACCEPTED, soaked=1.0), Await, "stay so for 5 s", id="the new instances soak too"),
        pytest.param(ACCEPTED, Shift, "so 30 % may follow", id="the next weight"),
        pytest.param(AT_100, Promote, "stable takes over", id="the last weight"),
    ],
)  # fmt: skip
def test_at_a_weight(seen: Seen, expected: type, words: str) -> None:
    decision = decide(seen, PLAN)
    assert isinstance(decision, expected)
    assert words in decision.why


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(Policy.HOLD, Hold), (Policy.PROMOTE, Accept), (Policy.ROLLBACK, Abort)],
    ids=["hold", "promote", "rollback"],
)
@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.NO_DATA])
def test_T28_a_bake_without_a_verdict_ends_as_the_user_chose(verdict: Verdict, policy: Policy, expected: type) -> None:
    plan = replace(PLAN, on_inconclusive=policy, on_no_data=policy)
    assert isinstance(decide(replace(TOO_LONG, verdict=verdict), plan), expected)


@pytest.mark.parametrize("policy", Policy)
def test_T15_a_source_that_is_down_is_never_a_pass_and_blames_nobody(policy: Policy) -> None:
    plan = replace(PLAN, on_inconclusive=policy, on_no_data=policy)
    assert isinstance(decide(replace(TOO_LONG, verdict=Verdict.SOURCE_DOWN), plan), Hold)


RULE = Match("yes", header="x-canary")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(READY, CheckHealth, id="not asked yet"),
        pytest.param(replace(READY, health=Verdict.PASS), Admit, id="healthy"),
        pytest.param(replace(READY, health=Verdict.PASS, testers=RULE), Confirm, id="admitted, not in effect"),
        pytest.param(replace(READY, health=Verdict.PASS, testers=RULE, late=True), Abort, id="never in effect"),
        pytest.param(replace(READY, health=Verdict.PASS, testers=RULE, effect=THERE), Done, id="they reach it"),
    ],
)
def test_testers_come_alone_when_there_are_no_weights(seen: Seen, expected: type) -> None:
    assert isinstance(decide(seen, replace(PLAN, weights=(), promote=False, testers=RULE)), expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(replace(READY, candidate=None), Prepare, id="it is made without instances"),
        pytest.param(replace(READY, candidate=canary(0, 0)), Shift, id="its instances are the weight"),
        pytest.param(replace(AT_5, candidate=canary(0)), Confirm, id="they come up"),
        pytest.param(replace(AT_5, candidate=canary(0, problem=CRASH)), Abort, id="they crash"),
        pytest.param(replace(AT_5, candidate=canary(0), late=True), Abort, id="they do not come up"),
        pytest.param(replace(BAKING, candidate=canary(0)), Abort, id="they are gone again"),
        pytest.param(replace(ACCEPTED, candidate=canary()), Shift, id="the next weight is more of them"),
        pytest.param(AT_100, Promote, id="the last weight"),
    ],
)
def test_where_requests_follow_instances_none_runs_before_users_come(seen: Seen, expected: type) -> None:
    assert isinstance(decide(seen, replace(PLAN, by_instances=True, whole=False)), expected)


def test_users_follow_testers() -> None:
    plan, ready = replace(PLAN, testers=RULE), replace(READY, health=Verdict.PASS)
    assert isinstance(decide(ready, plan), Admit)
    assert isinstance(decide(replace(ready, testers=RULE), plan), Shift)


def test_a_single_step_ends_at_its_weight_with_the_release_in_flight() -> None:
    single = replace(PLAN, weights=(Weight(5, 60.0),), promote=False)
    decision = decide(ACCEPTED, single)
    assert isinstance(decision, Done)
    assert "accepted at that weight" in decision.why


def test_a_single_step_to_a_higher_weight_still_needs_proof_at_the_present_one() -> None:
    assert isinstance(decide(BAKING, replace(PLAN, weights=(Weight(30, 60.0),), promote=False)), Bake)


def test_somebody_in_a_hurry_needs_no_further_evidence_but_capacity() -> None:
    hurried = PLAN.in_a_hurry()
    assert isinstance(decide(BAKING, hurried), Accept)
    assert isinstance(decide(replace(BAKING, accepted=True), hurried), ScaleFor)
    assert isinstance(decide(replace(BAKING, verdict=Verdict.FAIL), hurried), Abort)


def test_with_a_router_that_cannot_send_everybody_stable_is_replaced_at_the_last_weight() -> None:
    limited = replace(PLAN, weights=(Weight(5, 60.0),), whole=False)
    assert isinstance(decide(ACCEPTED, limited), Promote)
    assert decide(replace(READY, health=Verdict.PASS), limited.in_a_hurry()) == Shift(
        1, "shop-canary is ready and healthy"
    )


def test_a_version_that_was_good_before_is_trusted_when_it_is_ready_but_cannot_be_asked() -> None:
    trusting = replace(PLAN, trust_readiness=True)
    decision = decide(replace(READY, health=Verdict.SOURCE_DOWN), trusting)
    assert isinstance(decision, Shift)
    assert "verified good before" in decision.why
    assert isinstance(decide(replace(READY, health=Verdict.FAIL), trusting), Abort)


def test_weights_rise_and_are_percents() -> None:
    with pytest.raises(ValueError, match="rise: 30, 5"):
        Plan((Weight(30), Weight(5)))
    with pytest.raises(ValueError, match="1 to 100"):
        Weight(0)


def test_a_weight_that_is_not_planned_bakes_like_the_next_one() -> None:
    plan = Plan((Weight(5, 60.0), Weight(30, 90.0)))
    assert [plan.bake(weight) for weight in (5, 10, 30, 100)] == [60.0, 90.0, 90.0, 0.0]


@given(sights, plans)
@settings(max_examples=300)
def test_T23_T27_a_higher_weight_comes_only_with_its_capacity_ready(seen: Seen, plan: Plan) -> None:
    decision = decide(seen, plan)
    if isinstance(decision, Shift) and decision.weight > 0:
        assert decision.weight > seen.weight
        assert seen.candidate is not None
        assert seen.candidate.ready >= needed_for(decision.weight, seen, plan) >= (not plan.by_instances)
        assert seen.candidate.problem is None
        assert seen.soaked >= plan.soak


@given(sights, plans)
@settings(max_examples=300)
def test_a_weight_is_left_upwards_only_when_it_was_accepted(seen: Seen, plan: Plan) -> None:
    decision = decide(seen, plan)
    if isinstance(decision, Shift) and decision.weight > 0 and not seen.phase.proven:
        assert seen.accepted or seen.weight == 0
        trusted = plan.trust_readiness and seen.health is Verdict.SOURCE_DOWN
        assert seen.weight > 0 or seen.health is Verdict.PASS or trusted or plan.by_instances


@given(sights, plans)
@settings(max_examples=300)
def test_C08_a_weight_is_accepted_only_on_a_pass_or_by_a_choice_of_the_user(seen: Seen, plan: Plan) -> None:
    if isinstance(decide(seen, plan), Accept):
        chosen = Policy.PROMOTE in (plan.on_inconclusive, plan.on_no_data) or plan.hurried
        assert seen.verdict is Verdict.PASS or chosen
        assert seen.verdict not in (Verdict.FAIL,)
        assert seen.verdict is not Verdict.SOURCE_DOWN or plan.hurried
        assert seen.in_effect


@given(sights, plans)
@settings(max_examples=300)
def test_a_failure_while_users_are_there_leads_back_at_once(seen: Seen, plan: Plan) -> None:
    if seen.weight > 0 and seen.candidate is not None and seen.verdict is Verdict.FAIL:
        assert isinstance(decide(seen, plan), Abort)


@given(sights, plans)
@settings(max_examples=300)
def test_T26_time_that_is_over_ends_every_wait(seen: Seen, plan: Plan) -> None:
    decision = decide(replace(seen, late=True, baked=1000.0, soaked=60.0, stable_soaked=60.0, drained=60.0), plan)
    assert not isinstance(decision, Await | Confirm | Bake), "late and still waiting"


@given(sights, plans)
def test_every_decision_says_why(seen: Seen, plan: Plan) -> None:
    assert decide(seen, plan).why


@given(sights, plans)
@settings(max_examples=300)
def test_T25_users_return_only_to_a_stable_that_runs_the_version_and_carries_them(seen: Seen, plan: Plan) -> None:
    if isinstance(decide(seen, plan), ReturnToStable):
        assert seen.stable is not None
        assert dict(seen.stable.images) == V2
        assert seen.stable.rolled_out
        assert seen.stable.ready * 100 >= seen.whole * (100 - decide(seen, plan).weight)  # type: ignore[union-attr]
        assert seen.stable.ready >= seen.whole or seen.autoscaled
        trusted = plan.trust_readiness and seen.stable_health is Verdict.SOURCE_DOWN
        assert seen.stable_health is Verdict.PASS or trusted
