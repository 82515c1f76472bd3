"""One canary over fakes: it arrives weight by weight, or it leaves users where they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.model.errors import ConflictError, InputError, SourceDown
from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome
from pointsman.model.version import Problem, Snapshot
from pointsman.steps import blue_green_switch, canary_step, in_a_hurry, rollback_workload, status
from pointsman.strategy.canary_seen import Leftover, Policy, Weight
from tests.steps.canary_stage import CANARY, NEW, NEWER, OLD, STABLE, CanaryStage, hurry, step, walk
from tests.steps.stage import ClosedWay, back, switch

UNSURE, SILENT, DOWN = Verdict.INCONCLUSIVE, Verdict.NO_DATA, Verdict.SOURCE_DOWN


def test_users_come_step_by_step_and_stable_takes_over_what_was_proven() -> None:
    stage = CanaryStage()
    result = stage.run()
    assert result.outcome is Outcome.PROMOTED, result.why
    assert result.exit_code == 0
    assert stage.weights() == [5, 30, 100, 0]
    assert stage.images() == NEW
    assert stage.version(CANARY) is None
    record = stage.record()
    assert (record.flight, record.intent) == (None, None)
    assert [one.images for one in record.known()] == [NEW, OLD]
    assert record.last is not None
    assert (record.last.outcome, record.last.left) == ("promoted", 1)


def test_the_outputs_and_the_evidence_say_how_it_came_about() -> None:
    result = CanaryStage().run()
    assert result.outputs == {
        "weight": "0", "verdict": "pass", "stable": STABLE, "image": "shop:2", "digest": "id-of-shop:2",
        "candidate-image": "shop:2",
    }  # fmt: skip
    assert [(one["weight"], one["verdict"]) for one in result.details["weights"]] == [  # type: ignore[attr-defined]
        (5, "pass"), (30, "pass"), (100, "pass"),
    ]  # fmt: skip
    assert result.details["evidence"]
    assert {check.verdict for check in result.checks} == {Verdict.PASS}
    assert [one.new for one in result.changes if one.field == "weight"] == ["5 %", "30 %", "100 %", "0 %"]


def test_T23_each_weight_has_its_capacity_before_its_traffic() -> None:
    stage = CanaryStage()
    seen: list[tuple[int, int]] = []
    for weight in (5, 30, 100):
        stage.once_at(weight, lambda weight=weight: seen.append((weight, stage.workload._versions[CANARY].ready)))
    stage.run()
    assert seen == [(5, 1), (30, 2), (100, 4)]


def test_T23_an_autoscaler_that_takes_stable_down_does_not_take_the_canarys_capacity() -> None:
    stage = CanaryStage()
    stage.once_at(30, lambda: stage.workload.edit(STABLE, "autoscaler", instances=2))
    seen: list[int] = []
    stage.once_at(100, lambda: seen.append(stage.workload._versions[CANARY].ready))
    assert stage.run().outcome is Outcome.PROMOTED
    assert seen == [4]


def test_T23_users_return_to_an_autoscaled_stable_as_fast_as_it_gets_instances() -> None:
    """Its autoscaler has taken it down while nobody was there, and gives it more only for users who are."""
    stage = CanaryStage(slow=1)

    def autoscale() -> None:
        stage.lock.renew()
        load = 100 - stage.weight()
        wanted = max(1, min(4, -(-load * 4 // 100) + 1))
        version = stage.workload._versions[STABLE]
        if stage.clock.seconds() > 30 and version.desired != wanted and version.looks_left == 0:
            stage.workload.edit(STABLE, "autoscaler", instances=wanted)

    site = stage.canary()
    stage.clock.passing = autoscale
    result = canary_step.run(site, walk(weights=(Weight(100, 60.0),)))
    assert result.outcome is Outcome.PROMOTED, result.why
    down = stage.weights()[1:]
    assert down == sorted(down, reverse=True)
    assert len(down) > 1
    assert stage.images() == NEW


def test_T23_a_floor_is_kept() -> None:
    stage = CanaryStage()
    stage.run(step(5, floor=3))
    canary = stage.version(CANARY)
    assert canary is not None
    assert canary.desired == 3


def test_T23_without_the_capacity_for_the_next_weight_users_stay_at_this_one() -> None:
    stage = CanaryStage()
    stage.once_at(5, lambda: setattr(stage.workload, "slow", 10_000))
    result = stage.run()
    assert result.outcome is Outcome.HELD
    assert result.exit_code == 11
    assert "stay at 5 %" in result.why
    assert stage.weight() == 5


def test_every_weight_is_held_for_its_bake_and_confirmed_before_that() -> None:
    stage = CanaryStage(lag=3)
    stage.run()
    looks = [weight for weight, _ in stage.judge.heard]
    assert looks == sorted(looks)
    for weight in (5, 30, 100):
        times = [at for heard, at in stage.judge.heard if heard == weight]
        assert times[-1] - times[0] >= 10.0 - 0.1


def test_the_same_command_run_twice_changes_nothing_the_second_time() -> None:
    stage = CanaryStage()
    stage.run()
    writes, happened, text = stage.weights(), list(stage.workload.happened), stage.records.text()
    assert stage.run_again().outcome is Outcome.UNCHANGED
    assert (stage.weights(), stage.workload.happened, stage.records.text()) == (writes, happened, text)


def test_what_serves_already_but_is_ill_is_not_called_good() -> None:
    stage = CanaryStage()
    stage.workload.hurt(STABLE, ready=1)
    result = stage.run(walk("shop:1"))
    assert result.outcome is Outcome.UNHEALTHY
    assert "1 of 4 ready" in result.why


def test_single_steps_leave_the_release_in_flight_and_later_jobs_go_on_with_it() -> None:
    stage = CanaryStage()
    first = stage.run(step(5))
    assert first.outcome is Outcome.ADVANCED
    assert first.outputs["weight"] == "5"
    assert any("promote" in line for line in first.following)
    assert stage.run_again(step(30, image=None)).outcome is Outcome.ADVANCED
    flight = stage.record().flight
    assert flight is not None
    assert [one.weight for one in flight.reached] == [5, 30]
    assert stage.run_again(walk(None, weights=(Weight(100, 10.0),))).outcome is Outcome.PROMOTED
    assert stage.weights() == [5, 30, 100, 0]
    assert stage.images() == NEW


def test_a_single_step_run_twice_changes_nothing_the_second_time() -> None:
    stage = CanaryStage()
    stage.run(step(5))
    text, looks = stage.records.text(), len(stage.judge.heard)
    second = stage.run_again(step(5))
    assert second.outcome is Outcome.UNCHANGED
    assert second.outputs["weight"] == "5"
    assert (stage.records.text(), len(stage.judge.heard)) == (text, looks)


def test_a_judge_goes_on_where_the_job_before_it_stopped() -> None:
    stage = CanaryStage()
    stage.run(step(5))
    stage.run_again(step(30))
    assert '"looks"' in stage.judge.resumed[-1]


def test_a_judge_that_was_asked_something_else_ends_the_step_before_anything_is_touched() -> None:
    stage = CanaryStage()
    stage.run(step(5))
    text = stage.records.text()
    stage.judge.questions = "p99"
    with pytest.raises(InputError, match="begun with"):
        stage.run_again(step(30))
    assert stage.records.text() == text


def test_a_candidate_that_is_worse_loses_its_users_at_once_and_is_removed() -> None:
    stage = CanaryStage(verdicts={30: [UNSURE, Verdict.FAIL]})
    result = stage.run()
    assert (result.outcome, result.exit_code) == (Outcome.REJECTED, 10)
    assert result.outputs["verdict"] == "fail"
    assert stage.weights() == [5, 30, 0]
    assert stage.images() == OLD
    assert stage.record().flight is None


def test_T11_after_an_abort_only_stable_is_left() -> None:
    stage = CanaryStage(verdicts={5: Verdict.FAIL})
    stage.run()
    assert stage.weight() == 0
    assert stage.version(CANARY) is None
    assert set(stage.workload._versions) == {STABLE}


def test_T11_a_canary_that_was_there_before_is_put_back_to_what_it_was() -> None:
    stage = CanaryStage(verdicts={5: Verdict.FAIL})
    stage.workload.place(CANARY, NEWER, 0)
    stage.run()
    canary = stage.version(CANARY)
    assert canary is not None
    assert (dict(canary.images), canary.desired) == (NEWER, 0)


def test_C16_on_the_failure_path_too_the_candidate_drains_before_it_goes() -> None:
    stage = CanaryStage(verdicts={5: Verdict.FAIL})
    seconds: list[float] = []
    stage.once_at(5, lambda: stage.once_at(0, lambda: seconds.append(stage.clock.seconds())))
    stage.run()
    assert stage.clock.seconds() - seconds[0] >= 5.0 - 0.5


@pytest.mark.parametrize("weight", [5, 30, 100])
@pytest.mark.parametrize("policy", Policy)
def test_an_undecided_weight_ends_as_the_user_chose(policy: Policy, weight: int) -> None:
    stage = CanaryStage(verdicts={weight: UNSURE})
    result = stage.run(walk(on_inconclusive=policy))
    expected = {
        Policy.HOLD: (Outcome.HELD, weight, OLD),
        Policy.PROMOTE: (Outcome.PROMOTED, 0, NEW),
        Policy.ROLLBACK: (Outcome.REJECTED, 0, OLD),
    }[policy]
    stable = stage.version(STABLE)
    assert stable is not None
    assert (result.outcome, stage.weight(), dict(stable.images)) == expected


def test_a_held_release_goes_on_when_the_same_command_is_run_again() -> None:
    stage = CanaryStage(verdicts={30: [UNSURE] * 4 + [Verdict.PASS]})
    assert stage.run().outcome is Outcome.HELD
    assert stage.run_again().outcome is Outcome.PROMOTED
    assert stage.weights() == [5, 30, 100, 0]


def test_patience_gives_an_undecided_weight_more_time() -> None:
    stage = CanaryStage(verdicts={5: [UNSURE] * 4 + [Verdict.PASS]})
    assert stage.run(walk(patience=60.0)).outcome is Outcome.PROMOTED


def test_T28_a_silent_candidate_is_not_waited_for_for_ever_and_is_rolled_back() -> None:
    stage = CanaryStage(verdicts={5: SILENT})
    result = stage.run()
    assert result.outcome is Outcome.REJECTED
    assert "no data" in result.why
    assert stage.clock.seconds() < 60.0


def test_T29_when_traffic_stops_the_canary_is_held() -> None:
    stage = CanaryStage(verdicts={5: SILENT})
    stage.traffic = False
    result = stage.run()
    assert result.outcome is Outcome.HELD
    assert "no traffic" in result.why
    assert stage.weight() == 5


def test_T29_traffic_that_stops_in_the_middle_of_a_bake_holds_too() -> None:
    stage = CanaryStage(verdicts={5: [UNSURE, SILENT]})
    stage.at(20.0, lambda: setattr(stage, "traffic", False))
    result = stage.run(walk(weights=(Weight(5, 90.0),)))
    assert result.outcome is Outcome.HELD
    assert "no traffic" in result.why


@pytest.mark.parametrize("policy", Policy)
def test_T15_measurements_that_all_fail_never_pass_and_blame_nobody(policy: Policy) -> None:
    stage = CanaryStage()
    stage.at(1.0, lambda: setattr(stage.metrics, "down", True))
    result = stage.run(walk(on_inconclusive=policy, on_no_data=policy))
    assert result.outcome is Outcome.HELD
    assert "cannot be read" in result.why
    assert result.outputs["verdict"] == "source-down"
    assert result.following[0] == "see that it is up"
    assert stage.weights() == [5]


def test_T15_a_source_that_came_back_is_not_what_a_person_is_sent_to() -> None:
    stage = CanaryStage(verdicts={5: UNSURE})
    stage.at(1.0, lambda: setattr(stage.metrics, "down", True))
    stage.at(12.0, lambda: setattr(stage.metrics, "down", False))
    result = stage.run(walk(on_inconclusive=Policy.HOLD))
    assert result.outcome is Outcome.HELD
    assert result.following[0].startswith("nothing was lost")


def test_T15_no_release_begins_whose_metrics_cannot_be_read() -> None:
    """Nobody would see what it does to its users; nothing was touched, and the same command can be run again."""
    stage = CanaryStage()
    stage.metrics.down = True
    with pytest.raises(SourceDown, match="no release begins whose metrics cannot be read"):
        stage.run()
    assert (stage.weights(), stage.version(CANARY), stage.images()) == ([], None, OLD)


def test_T15_what_serves_already_is_unchanged_without_any_metrics() -> None:
    stage = CanaryStage()
    stage.metrics.down = True
    assert stage.run(walk("shop:1")).outcome is Outcome.UNCHANGED


def test_T15_a_source_that_comes_back_lets_the_release_go_on() -> None:
    stage = CanaryStage()
    stage.at(1.0, lambda: setattr(stage.metrics, "down", True))
    stage.at(12.0, lambda: setattr(stage.metrics, "down", False))
    assert stage.run().outcome is Outcome.PROMOTED


def test_C08_a_bake_that_ends_before_the_first_measurement_passes_nothing() -> None:
    stage = CanaryStage(verdicts={5: SILENT})
    result = stage.run(walk(weights=(Weight(5, 0.0),), on_inconclusive=Policy.PROMOTE))
    assert result.outcome is not Outcome.PROMOTED
    assert stage.record().flight is None or stage.weight() == 5


def test_T27_a_crashing_candidate_never_gets_a_user() -> None:
    stage = CanaryStage()
    stage.workload.words = {"shop-canary-1": ("panic: no database",)}
    result = stage.run(walk("shop:bad"))
    assert result.outcome is Outcome.REJECTED
    assert "CrashLoopBackOff" in result.why
    assert result.problem is not None
    assert result.problem.log == ("panic: no database",)
    assert stage.weights() == []
    assert stage.version(CANARY) is None


def test_T27_a_candidate_that_is_never_ready_never_gets_a_user() -> None:
    stage = CanaryStage(slow=10_000)
    result = stage.run()
    assert result.outcome is Outcome.REJECTED
    assert "not ready in time" in result.why
    assert stage.weights() == []


def test_T27_a_candidate_whose_pods_die_loses_its_users() -> None:
    stage = CanaryStage()
    stage.once_at(30, lambda: stage.workload.hurt(CANARY))
    result = stage.run()
    assert result.outcome is Outcome.REJECTED
    assert "no ready instance left" in result.why
    assert stage.weight() == 0


def test_a_candidate_that_answers_badly_is_rejected_before_any_user_meets_it() -> None:
    stage = CanaryStage()
    stage.prober.versions = {STABLE: 200, CANARY: 500}
    assert stage.run().outcome is Outcome.REJECTED
    assert stage.weights() == []


def test_a_candidate_that_does_not_answer_is_told_from_a_way_that_is_closed() -> None:
    stage = CanaryStage()
    stage.prober.versions = {STABLE: 200, CANARY: 0}
    assert stage.run().outcome is Outcome.REJECTED
    closed = CanaryStage()
    closed.prober = ClosedWay()
    assert closed.run().outcome is Outcome.HELD
    assert closed.weights() == []


def test_T02_a_weight_that_never_takes_effect_is_undone() -> None:
    stage = CanaryStage(lag=10_000)
    result = stage.run()
    assert result.outcome in (Outcome.REJECTED, Outcome.STUCK)
    assert stage.weight() == 0
    assert stage.judge.heard == [], "what is not in effect is not judged"


def test_T08_a_rollback_gives_stable_its_capacity_back_before_the_users() -> None:
    stage = CanaryStage(verdicts={100: Verdict.FAIL})
    stage.once_at(100, lambda: stage.workload.edit(STABLE, "autoscaler", instances=1))
    ready: list[int] = []
    stage.once_at(100, lambda: stage.once_at(0, lambda: ready.append(stage.workload._versions[STABLE].ready)))
    assert stage.run().outcome is Outcome.REJECTED
    assert ready == [4]


@pytest.mark.parametrize("weights", [(Weight(5, 10.0),), (Weight(100, 10.0),)], ids=["5", "100"])
def test_T25_users_return_only_once_stable_serves_the_version_and_the_canary_goes_last(
    weights: tuple[Weight, ...],
) -> None:
    stage = CanaryStage(slow=4)
    assert stage.run(walk(weights=weights)).outcome is Outcome.PROMOTED
    assert stage.weights()[-2:] == [100, 0]
    assert stage.workload.happened[-2:] == [("release", STABLE), ("remove", CANARY)]
    assert ("scale", STABLE) not in stage.workload.happened


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda stage: break_image(stage), id="the new pods of stable crash"),
        pytest.param(lambda stage: setattr(stage.workload, "slow", 10_000), id="stable never comes up"),
        pytest.param(lambda stage: setattr(stage.prober, "versions", {STABLE: 500, CANARY: 200}), id="stable is ill"),
    ],
)
def test_T24_when_stable_does_not_come_up_users_stay_on_the_proven_canary(broken: object) -> None:
    stage = CanaryStage()
    stage.once_at(100, lambda: broken(stage))  # type: ignore[operator]
    result = stage.run()
    assert (result.outcome, result.exit_code) == (Outcome.STUCK, 20)
    assert "stay on the proven candidate" in result.why
    assert any("proven candidate" in line for line in result.following)
    assert stage.weight() == 100
    assert stage.workload._versions[CANARY].ready == 4
    assert stage.record().flight is not None


def break_image(stage: CanaryStage) -> None:
    """From here on whoever starts with the new image crashes; who runs it already goes on."""
    quota = Problem("CrashLoopBackOff", "shop-1", "a secret that only stable mounts is gone")
    stage.workload.images = {**stage.workload.images, "shop:2": quota}


def test_T24_a_stuck_promotion_goes_on_once_stable_is_repaired() -> None:
    stage = CanaryStage()
    stage.once_at(100, lambda: break_image(stage))
    assert stage.run().outcome is Outcome.STUCK
    stage.workload.images = {**stage.workload.images, "shop:2": None}
    stage.workload.hurt(STABLE, ready=4)
    assert stage.run_again().outcome is Outcome.PROMOTED
    assert stage.images() == NEW
    assert stage.version(CANARY) is None


def test_T24_a_stuck_promotion_is_rolled_back_by_way_of_the_old_image() -> None:
    stage = CanaryStage()
    stage.once_at(100, lambda: break_image(stage))
    assert stage.run().outcome is Outcome.STUCK
    result = stage.roll_back()
    assert result.outcome is Outcome.ROLLED_BACK, result.why
    assert stage.images() == OLD
    assert stage.version(CANARY) is None
    assert stage.workload.happened[-2:] == [("release", STABLE), ("remove", CANARY)]


def test_T26_every_phase_ends_although_nothing_ever_happens() -> None:
    for weight in (0, 5, 30, 100):
        stage = CanaryStage()
        stage.once_at(
            weight, lambda stage=stage: (setattr(stage.router, "lag", 10_000), setattr(stage.workload, "slow", 10_000))
        )
        result = stage.run()
        assert result.outcome in (Outcome.REJECTED, Outcome.HELD, Outcome.STUCK), weight
        assert stage.clock.seconds() < 600.0


def test_T36_what_serves_in_the_end_is_what_was_proven_and_not_a_tag_that_was_moved() -> None:
    stage = CanaryStage()
    observe = stage.workload.observe

    def moved(name: str) -> object:
        state = observe(name)
        other = state is not None and name == STABLE and dict(state.images) == NEW
        return replace(state, digests={"app": "id-of-another"}) if other and state else state

    stage.workload.observe = moved  # type: ignore[assignment, method-assign]
    result = stage.run()
    assert result.outcome is Outcome.STUCK
    assert "id-of-another, but id-of-shop:2 was proven" in result.why
    assert stage.weight() == 100


def test_T36_the_promoted_digest_is_read_back() -> None:
    result = CanaryStage().run()
    assert result.outputs["digest"] == "id-of-shop:2"
    assert any(check.name == "shop runs what was proven" for check in result.checks)


def test_C02_a_promotion_waits_for_stable_verifies_it_and_only_then_removes() -> None:
    stage = CanaryStage(slow=3)
    stage.run()
    asked = stage.prober.asked
    assert asked.index(STABLE) > asked.index(CANARY)
    assert stage.workload.happened[-1] == ("remove", CANARY)


def test_T39_a_removal_that_did_not_happen_is_not_called_done() -> None:
    stage = CanaryStage()
    stage.workload._remove = lambda _: False  # type: ignore[method-assign]
    result = stage.run()
    assert result.outcome is Outcome.STUCK
    assert "still there" in result.why
    assert stage.weight() == 0


def test_a_candidate_may_be_kept_without_instances() -> None:
    stage = CanaryStage()
    assert stage.run(walk(leftover=Leftover.SCALE_DOWN)).outcome is Outcome.PROMOTED
    canary = stage.version(CANARY)
    assert canary is not None
    assert canary.desired == 0


def test_without_all_users_on_the_canary_stable_is_replaced_at_the_last_weight() -> None:
    stage = CanaryStage()
    assert stage.run(walk(weights=(Weight(30, 10.0),), whole=False)).outcome is Outcome.PROMOTED
    assert stage.weights() == [30, 0]
    assert stage.images() == NEW


def test_a_release_that_is_being_undone_is_finished_undoing() -> None:
    stage = CanaryStage(verdicts={30: Verdict.FAIL})
    stage.once_at(30, lambda: stage.workload.hurt(STABLE))
    assert stage.run().outcome is Outcome.STUCK
    stage.workload.hurt(STABLE, ready=4)
    result = stage.run_again()
    assert result.outcome is Outcome.REJECTED
    assert stage.images() == OLD
    assert stage.version(CANARY) is None


def test_a_rejected_release_is_not_saved_by_running_it_again() -> None:
    stage = CanaryStage(verdicts={30: Verdict.FAIL})
    assert stage.run().outcome is Outcome.REJECTED
    assert stage.run_again().outcome is Outcome.REJECTED


def test_rollback_undoes_a_canary_in_flight_whatever_its_weight() -> None:
    for weight in (5, 30, 100):
        stage = CanaryStage()
        stage.run(step(weight))
        result = stage.roll_back()
        assert result.outcome is Outcome.ROLLED_BACK, (weight, result.why)
        assert stage.images() == OLD
        assert stage.version(CANARY) is None
        assert stage.record().flight is None
        assert stage.roll_back().outcome is Outcome.UNCHANGED


def test_other_strategies_are_kept_apart() -> None:
    stage = CanaryStage()
    stage.run(step(5))
    with pytest.raises(ConflictError, match="a canary of shop has not been finished"):
        blue_green_switch.run(stage.again(), switch("shop:3"))
    with pytest.raises(ConflictError, match="a canary of shop is in flight"):
        rollback_workload.run(stage.again(), back())
    other = CanaryStage()
    record = stage.record()
    assert record.flight is not None
    other.records.load()
    other.records.save(replace(record, flight=replace(record.flight, action="switch", strategy="")))
    match = "a switch of shop has not been finished"
    with pytest.raises(ConflictError, match=match):
        canary_step.run(other.canary(), walk())
    for act in (in_a_hurry.promote, in_a_hurry.abort):
        with pytest.raises(ConflictError, match=match):
            act(other.canary(), hurry())


def test_the_record_says_at_which_weight_a_canary_stands() -> None:
    stage = CanaryStage()
    stage.run(step(30))
    site = stage.again()
    assert "walking at 30 %" in status.run("shop", site.records, stage.lock, "shop serves").why


def test_without_an_image_the_candidate_is_released_as_it_is() -> None:
    stage = CanaryStage()
    stage.workload.place(CANARY, NEW, 1)
    assert stage.run(walk(None)).outcome is Outcome.PROMOTED
    assert stage.images() == NEW


@pytest.mark.parametrize(
    ("gone", "image", "words"),
    [(STABLE, "shop:2", "does not exist"), (CANARY, None, "no release is in flight and no --image")],
)
def test_what_cannot_be_released_is_refused_before_the_lock(gone: str, image: str | None, words: str) -> None:
    stage = CanaryStage()
    if gone == STABLE:
        stage.workload.restore(STABLE, Snapshot(existed=False))
    with pytest.raises(InputError, match=words):
        stage.run(walk(image))
    assert stage.records.saved == []


def test_a_question_that_can_never_be_answered_is_refused_before_the_lock() -> None:
    stage = CanaryStage()

    def refuse() -> None:
        raise InputError("there is no metric shop_requests", "see what there is")

    stage.metrics.check = refuse  # type: ignore[assignment, method-assign]
    with pytest.raises(InputError, match="no metric"):
        stage.run()
    assert stage.records.saved == []


def test_users_whom_nobody_knows_why_they_are_on_the_candidate_leave_it_first() -> None:
    stage = CanaryStage()
    stage.workload.place(CANARY, NEWER, 2)
    stage.router.write(replace(stage.router.read(), weight=30))
    result = stage.run()
    assert result.outcome is Outcome.PROMOTED, result.why
    assert stage.weights() == [30, 0, 5, 30, 100, 0]


def test_a_dry_run_tells_every_change_and_makes_none() -> None:
    stage = CanaryStage()
    result = stage.run(walk(dry_run=True, weights=(Weight(5), Weight(50))))
    assert result.outcome is Outcome.PLANNED
    assert [(one.what, one.field, one.old, one.new) for one in result.changes] == [
        (CANARY, "image of app", "(new)", "shop:2"),
        (CANARY, "instances", "0", "1"),
        ("route of shop", "weight", "0 %", "5 %"),
        (CANARY, "instances", "1", "2"),
        ("route of shop", "weight", "5 %", "50 %"),
        (CANARY, "instances", "2", "4"),
        ("route of shop", "weight", "50 %", "100 %"),
        (STABLE, "image", "shop:1", "shop:2"),
        ("route of shop", "weight", "100 %", "0 %"),
        (CANARY, "afterwards", "", "removed"),
    ]
    assert (stage.workload.happened, stage.weights(), stage.records.saved) == ([], [], [])
    assert "nothing to do" in stage.run(walk("shop:1", dry_run=True)).why


@pytest.mark.parametrize(
    ("asked", "then", "weight"),
    [
        (walk(dry_run=True), "it would go on", "as this plan goes on"),
        (step(5, dry_run=True), "it is where this plan ends, so nothing would happen", None),
        (walk("shop:3", dry_run=True), "it would be undone first, and then the new one begun", "0 %"),
    ],
    ids=["goes on", "is there", "stands in the way"],
)
def test_a_dry_run_says_what_would_become_of_a_release_in_flight(
    asked: canary_step.CanaryInputs, then: str, weight: str | None
) -> None:
    stage = CanaryStage()
    stage.run(step(5))
    before = stage.weights(), len(stage.records.saved)
    result = stage.run_again(asked)
    assert (result.outcome, result.why) == (Outcome.PLANNED, f"a release of shop:2 is in flight at 5 %; {then}")
    told = [(one.what, one.field, one.old, one.new) for one in result.changes]
    assert told == ([("route of shop", "weight", "5 %", weight)] if weight else [])
    assert (stage.weights(), len(stage.records.saved)) == before


def test_a_dry_run_says_that_the_source_of_metrics_answers_or_what_to_do_about_it() -> None:
    stage = CanaryStage()
    assert [one.verdict for one in stage.run(walk(dry_run=True)).checks] == [Verdict.PASS]
    stage.metrics.down = True
    result = stage.run(walk(dry_run=True))
    assert [(one.verdict, one.detail) for one in result.checks] == [(DOWN, "the metric source does not answer")]
    assert "its metrics cannot be read now, and nothing goes on before they can" in result.why
    assert (result.outcome, result.following) == (Outcome.PLANNED, ("see that it is up",))
    assert result.changes


def test_a_dry_run_asks_the_source_of_metrics_for_a_release_in_flight_too() -> None:
    stage = CanaryStage()
    stage.run(step(5))
    assert [one.verdict for one in stage.run_again(walk(dry_run=True)).checks] == [Verdict.PASS]
    stage.metrics.down = True
    assert [one.verdict for one in stage.run_again(walk(dry_run=True)).checks] == [DOWN]
