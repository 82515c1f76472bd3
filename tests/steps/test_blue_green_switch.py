"""One blue-green release over fakes: it arrives, or it leaves users where they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.model.errors import ConflictError, InputError, LockHeld, LockLost
from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem, Snapshot, VersionState
from pointsman.steps import blue_green_switch
from pointsman.strategy.blue_green import Cleanup
from pointsman.testing import FakeWorkload
from tests.steps.stage import BLUE, GREEN, IMAGES, ClosedWay, Stage, switch


def run(stage: Stage, **wishes: object) -> Result:
    return blue_green_switch.run(stage.site(), switch(**wishes))  # type: ignore[arg-type]


def verdict_of(result: Result, words: str) -> Verdict:
    return next(check.verdict for check in result.checks if words in check.name)


def test_users_get_the_new_image_and_everything_is_written_down() -> None:
    stage = Stage()
    result = run(stage)
    assert result.outcome is Outcome.SWITCHED
    assert stage.images() == {"app": "shop:2"}
    assert result.outputs["active"] == GREEN
    assert result.outputs["previous"] == BLUE
    assert result.outputs["image"] == "shop:2"
    record = stage.record()
    assert record.flight is None
    assert record.intent is None
    assert [one.images["app"] for one in record.known()] == ["shop:2", "shop:1"]
    assert record.last is not None
    assert (record.last.outcome, record.last.left) == ("switched", 1)
    assert {check.verdict for check in result.checks} == {Verdict.PASS}


def test_the_candidate_gets_the_capacity_of_stable_before_the_users() -> None:
    stage = Stage(instances=4)
    run(stage)
    green = stage.version(GREEN)
    assert green is not None
    assert green.desired == 4
    assert stage.workload.happened == [("create", GREEN), ("release", GREEN)]
    assert len(stage.router.writes) == 1


def test_the_report_says_what_changed_from_what_to_what() -> None:
    changes = {(one.what, one.field): (one.old, one.new) for one in run(Stage()).changes}
    assert changes == {
        (GREEN, "image of app"): ("(new)", "shop:2"),
        (GREEN, "instances"): ("0", "3"),
        ("route of shop", "serves"): (BLUE, GREEN),
    }


def test_the_same_command_run_twice_changes_nothing_the_second_time() -> None:
    stage = Stage()
    run(stage)
    writes, happened, text = list(stage.router.writes), list(stage.workload.happened), stage.records.text()
    second = blue_green_switch.run(stage.again(), switch())
    assert second.outcome is Outcome.UNCHANGED
    assert (stage.router.writes, stage.workload.happened, stage.records.text()) == (writes, happened, text)


def test_what_serves_already_but_is_ill_is_not_called_good() -> None:
    stage = Stage()
    stage.workload.hurt(BLUE, ready=1)
    result = run(stage, image="shop:1")
    assert result.outcome is Outcome.UNHEALTHY
    assert "1 of 3 ready" in result.why


def test_two_releases_go_there_and_back_again() -> None:
    stage = Stage()
    run(stage)
    second = blue_green_switch.run(stage.again(), switch("shop:3"))
    assert second.outcome is Outcome.SWITCHED
    assert stage.serving() == BLUE
    assert stage.images() == {"app": "shop:3"}


def test_a_crashing_candidate_never_gets_a_user_and_is_removed() -> None:
    stage = Stage()
    result = run(stage, image="shop:bad")
    assert result.outcome is Outcome.REJECTED
    assert "CrashLoopBackOff" in result.why
    assert result.problem is not None
    assert stage.router.writes == []
    assert stage.version(GREEN) is None
    assert stage.record().last.outcome == "rejected"  # type: ignore[union-attr]


def test_the_last_words_of_a_crashing_candidate_are_in_the_report() -> None:
    stage = Stage()
    stage.workload.words = {"shop-green-1": ("panic: no database",)}
    problem = run(stage, image="shop:bad").problem
    assert problem is not None
    assert problem.log == ("panic: no database",)


def test_an_existing_idle_colour_is_put_back_to_what_it_was() -> None:
    stage = Stage()
    stage.workload.place(GREEN, {"app": "shop:3"}, 1)
    assert run(stage, image="shop:bad").outcome is Outcome.REJECTED
    green = stage.version(GREEN)
    assert green is not None
    assert (dict(green.images), green.desired) == ({"app": "shop:3"}, 1)


def test_a_candidate_that_is_never_ready_is_rejected_when_the_time_is_over() -> None:
    stage = Stage(slow=500)
    result = run(stage, timeout=60.0)
    assert result.outcome is Outcome.REJECTED
    assert "not ready in time" in result.why
    assert stage.router.writes == []


def test_a_candidate_that_answers_badly_is_rejected_before_any_user_meets_it() -> None:
    stage = Stage()
    stage.prober.versions = {BLUE: 200, GREEN: 500}
    result = run(stage)
    assert result.outcome is Outcome.REJECTED
    assert verdict_of(result, "before the switch") is Verdict.FAIL
    assert stage.router.writes == []


def test_a_candidate_that_does_not_answer_is_told_from_a_way_that_is_closed() -> None:
    stage = Stage()
    stage.prober.versions = {BLUE: 200, GREEN: 0}
    assert run(stage).outcome is Outcome.REJECTED


def test_health_that_cannot_be_observed_holds_the_release_with_users_on_stable() -> None:
    stage = Stage()
    stage.prober = ClosedWay()
    result = run(stage)
    assert result.outcome is Outcome.HELD
    assert stage.router.writes == []
    assert stage.record().flight is not None, "it can be resumed"
    stage.prober = Stage().prober
    assert blue_green_switch.run(stage.again(), switch()).outcome is Outcome.SWITCHED


def test_a_candidate_that_goes_bad_while_it_serves_loses_the_users_again() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: setattr(stage.prober, "service", 500))
    result = run(stage, bake=60.0)
    assert result.outcome is Outcome.REJECTED
    assert [split.weight for split in stage.router.writes] == [100, 0]
    assert stage.images() == {"app": "shop:1"}
    assert verdict_of(result, "while it serves") is Verdict.FAIL


def test_one_failed_probe_is_not_a_verdict() -> None:
    stage = Stage()
    stage.prober.service = [200, 500, 200]
    assert run(stage, bake=30.0).outcome is Outcome.SWITCHED


def test_a_candidate_whose_pods_die_while_it_serves_loses_the_users_again() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: stage.workload.hurt(GREEN))
    result = run(stage, bake=60.0)
    assert result.outcome is Outcome.REJECTED
    assert "no ready instance left" in result.why
    assert stage.serving() == BLUE


def test_users_who_cannot_be_returned_call_for_a_person() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: (stage.workload.hurt(GREEN), stage.workload.hurt(BLUE)))
    result = run(stage, bake=60.0)
    assert result.outcome is Outcome.STUCK
    assert result.exit_code == 20
    assert stage.record().flight is not None, "the next run goes on with it"


def test_the_service_going_dark_while_it_is_watched_holds_and_blames_nobody() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: setattr(stage.prober, "service", 0))
    result = run(stage, bake=60.0, timeout=120.0)
    assert result.outcome is Outcome.HELD
    assert stage.serving() == GREEN


def test_a_switch_that_never_takes_effect_is_undone() -> None:
    stage = Stage(lag=10_000)
    result = run(stage, timeout=30.0)
    assert result.outcome in (Outcome.REJECTED, Outcome.STUCK)
    assert stage.serving() == BLUE


def test_an_interruption_during_the_soak_starts_it_again() -> None:
    stage = Stage(slow=0, lag=0)
    seconds: list[float] = []
    stage.prober.asked = _Times(stage, seconds)
    stage.at(0.1, lambda: stage.workload.hurt(GREEN, ready=2))
    stage.at(20.0, lambda: stage.workload.hurt(GREEN, ready=3))
    assert run(stage).outcome is Outcome.SWITCHED
    assert seconds[0] >= 20.0 + 5.0, "five unbroken seconds after the interruption"


def test_a_restart_during_the_soak_starts_it_again() -> None:
    stage = Stage(slow=0, lag=0)
    seconds: list[float] = []
    stage.prober.asked = _Times(stage, seconds)
    stage.workload = Restarting(dict(IMAGES), 0, stage.clock, failure=stage.failure)
    stage.workload.place(BLUE, {"app": "shop:1"}, 3)
    assert run(stage, soak=5.0).outcome is Outcome.SWITCHED
    assert seconds[0] >= 4.0 + 5.0


class Restarting(FakeWorkload):
    """A version that is always ready, and whose container was restarted in second 4."""

    def observe(self, name: str) -> VersionState | None:
        state = super().observe(name)
        return replace(state, restarts=int(self.clock.seconds() >= 4.0)) if state else None


class _Times(list[str]):
    """Remembers when the first question was asked."""

    def __init__(self, stage: Stage, seconds: list[float]) -> None:
        super().__init__()
        self._stage, self._seconds = stage, seconds

    def append(self, name: str) -> None:
        del name
        self._seconds.append(self._stage.clock.seconds())


def test_cleanup_scale_down_lets_the_old_colour_go_only_after_the_proof() -> None:
    stage = Stage()
    assert run(stage, cleanup=Cleanup.SCALE_DOWN, keep_warm=20.0).outcome is Outcome.SWITCHED
    blue = stage.version(BLUE)
    assert blue is not None
    assert blue.desired == 0
    assert stage.workload.happened == [("create", GREEN), ("release", GREEN), ("scale", BLUE)]
    assert stage.clock.seconds() >= 20.0


def test_a_candidate_that_goes_bad_while_the_old_colour_is_kept_warm_is_left_again() -> None:
    """The old colour is kept warm to be returned to; so long the new one is watched."""
    stage = Stage()
    stage.prober.service = [200] * 12 + [500] * 40
    result = run(stage, bake=5.0, cleanup=Cleanup.SCALE_DOWN, keep_warm=200.0)
    assert result.outcome is Outcome.REJECTED
    assert stage.serving() == BLUE
    assert ("scale", BLUE) not in stage.workload.happened


def test_cleanup_update_puts_the_new_image_on_the_old_colour_too() -> None:
    stage = Stage()
    assert run(stage, cleanup=Cleanup.UPDATE).outcome is Outcome.SWITCHED
    blue = stage.version(BLUE)
    assert blue is not None
    assert dict(blue.images) == {"app": "shop:2"}


def test_an_update_of_the_old_colour_that_fails_is_told_and_users_stay_on_the_new_one() -> None:
    stage = Stage()
    quota = Problem("FailedCreate", "", "exceeded quota")
    stage.once_served_by(GREEN, lambda: stage.workload.images.update({"shop:2": quota}))  # type: ignore[attr-defined]
    result = run(stage, cleanup=Cleanup.UPDATE)
    assert result.outcome is Outcome.HELD
    assert "did not come up with the new image" in result.why
    assert stage.serving() == GREEN


def test_without_an_image_the_idle_colour_serves_as_it_is() -> None:
    stage = Stage()
    stage.workload.place(GREEN, {"app": "shop:2"}, 3)
    assert run(stage, image=None).outcome is Outcome.SWITCHED
    assert stage.images() == {"app": "shop:2"}


def test_without_an_image_what_users_have_left_is_not_served_again() -> None:
    stage = Stage()
    run(stage)
    second = blue_green_switch.run(stage.again(), switch(None))
    assert second.outcome is Outcome.UNCHANGED
    assert "users have left" in second.why
    assert stage.images() == {"app": "shop:2"}


def test_without_an_image_a_job_that_is_run_again_does_not_switch_back() -> None:
    stage = Stage(release_key="77/deploy")
    stage.workload.place(GREEN, {"app": "shop:2"}, 3)
    run(stage, image=None)
    stage.workload.place(BLUE, {"app": "shop:3"}, 3)
    assert blue_green_switch.run(stage.again(), switch(None)).outcome is Outcome.UNCHANGED


def test_without_an_image_and_without_an_idle_colour_there_is_nothing_to_serve() -> None:
    with pytest.raises(InputError, match="no --image was given"):
        run(Stage(), image=None)


def test_a_service_whose_active_colour_is_missing_is_refused_before_the_lock() -> None:
    stage = Stage()
    stage.workload.restore(BLUE, Snapshot(existed=False))
    stage.workload.place(GREEN, {"app": "shop:1"}, 3)
    with pytest.raises(InputError, match="does not exist"):
        run(stage)
    assert stage.records.saved == []


def test_a_dry_run_tells_every_change_and_makes_none() -> None:
    stage = Stage()
    result = run(stage, dry_run=True, cleanup=Cleanup.SCALE_DOWN)
    assert result.outcome is Outcome.PLANNED
    fields = {(one.what, one.field, one.old, one.new) for one in result.changes}
    assert (GREEN, "image of app", "(new)", "shop:2") in fields
    assert ("route of shop", "serves", BLUE, GREEN) in fields
    assert (BLUE, "instances", "3", "0") in fields
    assert (stage.workload.happened, stage.router.writes, stage.records.saved) == ([], [], [])
    assert stage.lock.holder() == ""


def test_a_dry_run_of_what_serves_already_has_nothing_to_do() -> None:
    result = run(Stage(), image="shop:1", dry_run=True)
    assert result.changes == ()
    assert "nothing to do" in result.why


def test_a_second_run_waits_for_the_first_and_then_names_it() -> None:
    stage = Stage()
    other = stage.lock.beside("somebody else")
    other.acquire(0)
    stage.clock.passing = other.renew
    site = stage.site()
    stage.clock.passing = other.renew
    with pytest.raises(LockHeld, match="somebody else"):
        blue_green_switch.run(site, switch())
    assert stage.workload.happened == []


def test_a_run_that_lost_its_lock_writes_no_more() -> None:
    stage = Stage()
    thief = stage.lock.beside("thief")

    def steal() -> None:
        stage.clock.passing = lambda: None
        stage.lock._lease.owner = thief
        thief.renew()

    stage.at(3.0, steal)
    with pytest.raises(LockLost):
        run(stage)
    assert stage.router.writes == []


def test_a_record_that_somebody_else_wrote_stops_the_run() -> None:
    stage = Stage()
    stage.at(3.0, lambda: stage.records.edit(stage.records.text()))
    with pytest.raises(ConflictError):
        run(stage)
    assert stage.router.writes == []


def test_an_image_that_is_set_back_every_time_stops_the_run_with_a_conflict() -> None:
    stage = Stage()
    stage.workload.place(GREEN, {"app": "shop:3"}, 3)
    release = stage.workload.release

    def set_back(name: str, *rest: object, **more: object) -> None:
        release(name, *rest, **more)  # type: ignore[arg-type]
        stage.workload.place(GREEN, {"app": "shop:3"}, 3)

    stage.workload.release = set_back  # type: ignore[method-assign]
    with pytest.raises(ConflictError, match="image of shop-green was changed by somebody from shop:2 to shop:3"):
        run(stage)


def test_an_edited_audit_trail_is_told_and_does_not_stop_a_release() -> None:
    stage = Stage()
    run(stage)
    stage.records.edit(
        stage.records.text().replace("shop:2", "shop:x", 1).replace('"kind": "begin"', '"kind": "bogus"')
    )
    blue_green_switch.run(stage.again(), switch("shop:3"))
    assert any("audit trail was edited" in line for line in stage.progress.said)
