"""The way to the candidate: its truth table, and the laws no table can show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.model.evidence import Verdict
from pointsman.model.version import VersionState
from pointsman.strategy.blue_green import Cleanup, Plan, Seen, decide, decide_undo, needed_for, prepared
from pointsman.strategy.decision import Abort, Await, Bake, CheckHealth, Confirm, Done, Hold, Prepare, Retire, Shift
from tests.unit.strategy.sights import CRASH, NOT_YET, THERE, V1, V2, blue, counts, green, maybe_states, plans, sights

PLAN = Plan(bake=60.0, soak=5.0)
READY = Seen(stable=blue(), candidate=green(), wanted=V2, needed=3, weight=0, soaked=5.0)
SERVING = replace(READY, weight=100, health=Verdict.PASS)
BAKED = replace(SERVING, effect=THERE, watched=60.0, watch=Verdict.PASS)


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(replace(READY, candidate=None), Prepare, "does not exist yet", id="no candidate"),
        pytest.param(replace(READY, candidate=replace(green(), images=V1)), Prepare, "wanted image", id="old image"),
        pytest.param(replace(READY, template_differs=True), Prepare, "wanted pod template", id="other template"),
        pytest.param(replace(READY, candidate=green(2, 2)), Prepare, "asks for 2 instance(s), 3", id="asks too few"),
        pytest.param(replace(READY, candidate=green(0, 3, CRASH)), Abort, "CrashLoopBackOff in green-1", id="crashing"),
        pytest.param(replace(READY, candidate=green(2, 3)), Await, "2 of 3 ready", id="not all ready"),
        pytest.param(replace(READY, candidate=green(surplus=1)), Await, "older template", id="old pods are left"),
        pytest.param(replace(READY, candidate=green(2, 3), late=True), Abort, "not ready in time", id="late"),
        pytest.param(replace(READY, soaked=4.9), Await, "it must stay so for 5 s", id="not soaked yet"),
        pytest.param(READY, CheckHealth, "asking it directly", id="ready, not asked yet"),
        pytest.param(replace(READY, health=Verdict.FAIL), Abort, "fails its health check", id="asked, bad"),
        pytest.param(replace(READY, health=Verdict.PASS), Shift, "ready, healthy", id="asked, good"),
        pytest.param(replace(READY, health=Verdict.SOURCE_DOWN), Hold, "cannot be observed", id="the way is broken"),
        pytest.param(replace(READY, health=Verdict.NO_DATA), Hold, "cannot be observed", id="nobody to ask"),
        pytest.param(replace(READY, health=Verdict.INCONCLUSIVE), Hold, "cannot be observed", id="in doubt"),
        pytest.param(
            replace(READY, candidate=green(0, 3, CRASH), health=Verdict.PASS), Abort, "Crash",
            id="a crash outranks an older good answer",
        ),
        pytest.param(
            replace(READY, candidate=replace(green(3, 3, CRASH), images=V1)), Prepare, "wanted image",
            id="what the idle colour suffers on its old image does not matter",
        ),
    ],
)  # fmt: skip
def test_before_the_switch(seen: Seen, expected: type, words: str) -> None:
    decision = decide(seen, PLAN)
    assert isinstance(decision, expected)
    assert words in decision.why


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        pytest.param(replace(SERVING, candidate=None), Abort, "is gone while it has the users", id="candidate gone"),
        pytest.param(replace(SERVING, candidate=green(2, 3, CRASH)), Abort, "CrashLoop", id="crashes while it serves"),
        pytest.param(replace(SERVING, candidate=green(0, 3)), Abort, "no ready instance left", id="none ready"),
        pytest.param(
            replace(SERVING, candidate=replace(green(0, 3), observed=False)), Confirm, "reading the effect back",
            id="a Deployment that was only just stamped is not one without pods",
        ),
        pytest.param(replace(SERVING, watch=Verdict.FAIL), Abort, "fails its health check", id="the watch fails"),
        pytest.param(SERVING, Confirm, "reading the effect back", id="effect not looked at"),
        pytest.param(replace(SERVING, effect=NOT_YET), Confirm, NOT_YET.detail, id="effect not there yet"),
        pytest.param(replace(SERVING, effect=NOT_YET, late=True), Abort, "did not take effect in time", id="never"),
        pytest.param(replace(BAKED, watched=59.0), Bake, "watching", id="baking"),
        pytest.param(replace(BAKED, watched=9.0, late=True), Abort, "not serve well for long enough", id="late, doubt"),
        pytest.param(
            replace(BAKED, watched=9.0, late=True, watch=Verdict.SOURCE_DOWN), Hold, "could not be observed",
            id="late, and the source is down",
        ),
        pytest.param(
            replace(BAKED, watched=0.0, late=True, watch=Verdict.NO_DATA), Hold, "could not be observed",
            id="late, and there is no data",
        ),
        pytest.param(replace(BAKED, candidate=green(1, 3)), Done, "proven", id="one pod left is not none"),
        pytest.param(BAKED, Done, "serves and is proven", id="baked"),
        pytest.param(replace(BAKED, late=True), Done, "proven", id="baked, late makes no difference"),
    ],
)  # fmt: skip
def test_after_the_switch(seen: Seen, expected: type, words: str) -> None:
    decision = decide(seen, PLAN)
    assert isinstance(decision, expected)
    assert words in decision.why


@pytest.mark.parametrize(
    ("cleanup", "retired", "expected"),
    [
        pytest.param(Cleanup.KEEP, False, Done, id="keep needs no retiring"),
        pytest.param(Cleanup.SCALE_DOWN, False, Retire, id="scale-down retires"),
        pytest.param(Cleanup.UPDATE, False, Retire, id="update retires"),
        pytest.param(Cleanup.UPDATE, True, Done, id="retired once is enough"),
    ],
)
def test_only_a_proven_candidate_lets_the_old_colour_go(cleanup: Cleanup, retired: bool, expected: type) -> None:
    assert isinstance(decide(replace(BAKED, retired=retired), Plan(60.0, cleanup=cleanup)), expected)


def test_a_rollback_trusts_the_readiness_of_a_version_that_was_good() -> None:
    decision = decide(replace(READY, health=Verdict.SOURCE_DOWN), replace(PLAN, trust_readiness=True))
    assert isinstance(decision, Shift)
    assert "verified good before" in decision.why


@given(sights, plans)
@settings(max_examples=150)
def test_users_are_never_sent_to_fewer_ready_instances_than_needed(seen: Seen, plan: Plan) -> None:
    decision = decide(seen, plan)
    if isinstance(decision, Shift):
        assert seen.candidate is not None
        assert seen.candidate.rolled_out
        assert seen.candidate.ready >= seen.needed
        assert dict(seen.candidate.images) == dict(seen.wanted)
        assert seen.candidate.problem is None
        assert seen.soaked >= plan.soak


@given(sights, plans)
@settings(max_examples=150)
def test_users_are_never_sent_without_evidence(seen: Seen, plan: Plan) -> None:
    if isinstance(decide(seen, plan), Shift):
        trusted = plan.trust_readiness and seen.health is Verdict.SOURCE_DOWN
        assert seen.health is Verdict.PASS or trusted


@given(sights, plans)
@settings(max_examples=150)
def test_nothing_is_retired_or_done_before_the_effect_was_seen_and_watched(seen: Seen, plan: Plan) -> None:
    if isinstance(decide(seen, plan), Retire | Done):
        assert seen.weight == 100
        assert seen.effect is not None
        assert seen.effect.reached
        assert seen.watched >= plan.bake
        assert seen.watch is not Verdict.FAIL


@given(sights, plans)
@settings(max_examples=150)
def test_time_that_is_over_ends_every_wait(seen: Seen, plan: Plan) -> None:
    decision = decide(replace(seen, late=True, soaked=plan.soak), plan)
    assert not isinstance(decision, Await | Confirm | Bake), "late and still waiting"


@given(sights, plans)
def test_every_decision_says_why(seen: Seen, plan: Plan) -> None:
    assert decide(seen, plan).why


@given(maybe_states, st.integers(-1, 5))
def test_at_least_one_instance_is_always_needed(stable: VersionState | None, floor: int) -> None:
    assert needed_for(stable, floor) >= max(1, floor)


@given(counts, counts)
def test_the_candidate_needs_what_stable_has_or_wants(ready: int, desired: int) -> None:
    assert needed_for(blue(ready, desired)) == max(ready, desired, 1)


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param(None, False, id="missing"),
        pytest.param(replace(green(), images=V1), False, id="another image"),
        pytest.param(green(0, 2), False, id="too few asked for"),
        pytest.param(green(0, 3), True, id="asked for, not ready yet"),
        pytest.param(green(0, 4), True, id="more than needed"),
    ],
)
def test_prepared_means_asked_for(candidate: VersionState | None, expected: bool) -> None:
    assert prepared(candidate, V2, 3) is expected


@given(sights, plans)
def test_a_superseded_release_goes_back_whatever_it_was_doing(seen: Seen, plan: Plan) -> None:
    alone, superseded = decide(seen, plan), decide(replace(seen, superseded="run 8"), plan)
    if isinstance(alone, Done | Abort):
        assert superseded == alone
    else:
        assert superseded == Abort("superseded by run 8")


@given(sights)
def test_the_way_back_is_the_same_for_a_superseded_release(seen: Seen) -> None:
    assert decide_undo(replace(seen, superseded="run 8")) == decide_undo(seen)
