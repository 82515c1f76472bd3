"""The dead-man switch: it waits for a live run, undoes what a dead one left, once, and ends with the release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pointsman.model.errors import Cancelled, ConflictError, LockLost, RemoteError, Unreachable
from pointsman.model.result import Outcome, Result
from pointsman.steps import blue_green_switch, canary_step, dead_man, rollback
from pointsman.steps.dead_man import DeadManInputs, Vigil
from pointsman.steps.site import Routed
from pointsman.strategy.blue_green import Cleanup
from pointsman.testing import FakeDeadMan, FakeLockWatch
from pointsman.testing.record import LEASE_SECONDS
from tests.steps.canary_stage import CANARY, CanaryStage, walk
from tests.steps.stage import BLUE, GREEN, Killed, Stage, back, switch

OLD, NEW = {"app": "shop:1"}, {"app": "shop:2"}


@dataclass
class MortalGuard(FakeDeadMan):
    """One that a killed run does not take away."""

    dead: bool = False

    def dismiss(self) -> None:
        if not self.dead:
            super().dismiss()


@dataclass
class Watchman:
    """The guard of a stage; `attempts` counts how often it made up its mind to act."""

    stage: Stage
    attempts: int = 0
    hinder: Callable[[], None] = lambda: None

    def stand(self, release: str = "", timeout: float = 300.0) -> Result:
        stage = self.stage
        watch = FakeLockWatch(stage.lock.beside("watch"), stage.clock)
        vigil = Vigil(
            service="shop",
            records=stage.records.beside(),
            lock=watch,
            clock=stage.clock,
            progress=stage.progress,
            site=self._site,
        )
        return dead_man.run(vigil, DeadManInputs(timeout, release))

    def _site(self) -> Routed:
        self.attempts += 1
        site = self.stage.again()
        self.hinder()
        return self.stage.canary() if isinstance(self.stage, CanaryStage) else site


def killed_while_baking(stage: Stage) -> str:
    """A run that dies once users are on green; the release it leaves in flight."""

    def die() -> None:
        stage.lock.dead = True
        raise Killed

    stage.once_served_by(GREEN, die)
    with pytest.raises(Killed):
        blue_green_switch.run(stage.site(), switch(bake=120.0))
    stage.clock.passing = lambda: None
    flight = stage.record().flight
    assert flight is not None
    assert stage.serving() == GREEN
    return flight.release


def test_it_returns_users_once_the_lock_ran_out_and_not_before() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    died = stage.clock.seconds()
    watchman = Watchman(stage)
    result = watchman.stand(release)
    assert (result.step, result.outcome, result.exit_code) == ("dead-man", Outcome.ROLLED_BACK, 0)
    assert stage.clock.seconds() - died > LEASE_SECONDS - 1
    assert (stage.serving(), stage.images(), stage.version(GREEN)) == (BLUE, OLD, None)
    record = stage.record()
    assert (record.flight, record.last.outcome if record.last else "") == (None, "rolled-back")
    assert any(event.kind == "undo" and "has not renewed" in event.text for event in record.events)
    assert watchman.attempts == 1
    assert stage.lock.holder() == ""


def test_it_acts_under_a_higher_fence() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    before = stage.record().fence
    Watchman(stage).stand(release)
    assert stage.record().fence > before


def test_it_acts_once() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    Watchman(stage).stand(release)
    saved = len(stage.records.saved)
    second = Watchman(stage)
    assert second.stand(release).outcome is Outcome.UNCHANGED
    assert (second.attempts, len(stage.records.saved)) == (0, saved)


def test_it_never_acts_while_the_holder_renews() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    holder = stage.lock
    stage.clock.passing = holder.renew
    stage.clock.acts.append((lambda: stage.clock.seconds() > 900.0, lambda: stage.clock.stop("enough")))
    watchman = Watchman(stage)
    with pytest.raises(Cancelled):
        watchman.stand(release)
    assert (watchman.attempts, stage.serving()) == (0, GREEN)
    assert stage.clock.seconds() > 900.0


def test_it_ends_with_the_release() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    stage.clock.passing = stage.lock.renew
    stage.at(stage.clock.seconds() + 100.0, lambda: rolled_back_by_a_person(stage))
    watchman = Watchman(stage)
    result = watchman.stand(release)
    assert (result.outcome, watchman.attempts) == (Outcome.UNCHANGED, 0)
    assert "no release is in flight" in result.why


def rolled_back_by_a_person(stage: Stage) -> None:
    stage.lock.dead = False
    stage.lock.release()
    stage.clock.passing = lambda: None
    assert rollback.run(stage.again(), back()).outcome is Outcome.ROLLED_BACK


def test_it_leaves_another_release_alone() -> None:
    stage = Stage()
    killed_while_baking(stage)
    watchman = Watchman(stage)
    result = watchman.stand("an older one")
    assert (result.outcome, watchman.attempts, stage.serving()) == (Outcome.UNCHANGED, 0, GREEN)


def test_a_lock_that_was_given_back_on_purpose_is_no_reason_to_act() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    stage.lock.dead = False
    stage.lock.release()
    stage.clock.acts.append((lambda: stage.clock.seconds() > 600.0, lambda: stage.clock.stop("enough")))
    watchman = Watchman(stage)
    with pytest.raises(Cancelled):
        watchman.stand(release)
    assert (watchman.attempts, stage.serving()) == (0, GREEN)


def test_without_a_release_it_guards_the_one_in_flight() -> None:
    stage = Stage()
    killed_while_baking(stage)
    assert Watchman(stage).stand().outcome is Outcome.ROLLED_BACK
    assert Watchman(stage).stand().outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("lost", [Unreachable("no route to host"), ConflictError("changed by somebody")])
def test_what_stood_in_the_way_once_is_tried_again_though_the_lock_was_given_back(lost: Exception) -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    armed = [lost]

    def hinder() -> None:
        if armed:
            stage.failure.nth, stage.failure.count = 1, 0
            stage.failure.arm(armed.pop())

    watchman = Watchman(stage, hinder=hinder)
    assert watchman.stand(release).outcome is Outcome.ROLLED_BACK
    assert (watchman.attempts, stage.serving(), stage.images()) == (2, BLUE, OLD)


def test_what_stands_in_the_way_for_good_is_told() -> None:
    stage = Stage()
    release = killed_while_baking(stage)

    def refuse() -> None:
        raise Unreachable("no route to host")

    watchman = Watchman(stage, hinder=refuse)
    with pytest.raises(Unreachable):
        watchman.stand(release)
    assert watchman.attempts == 5


def test_a_stable_that_cannot_take_users_back_needs_a_person() -> None:
    stage = Stage()
    release = killed_while_baking(stage)
    stage.workload.hurt(BLUE, ready=0)
    assert Watchman(stage).stand(release, timeout=30.0).exit_code == 20


def guarded_stage() -> tuple[Stage, MortalGuard]:
    stage = Stage()
    stage.dead_man = guard = MortalGuard()
    return stage, guard


def test_a_switch_posts_it_when_the_release_is_in_flight_and_before_anything_else_changes() -> None:
    stage, guard = guarded_stage()
    seen: list[tuple[bool, list[tuple[str, str]]]] = []
    post = guard.post

    def noting(release: str) -> None:
        flight = stage.record().flight
        seen.append((flight is not None and flight.release == release, list(stage.workload.happened)))
        post(release)

    guard.post = noting  # type: ignore[method-assign]
    assert blue_green_switch.run(stage.site(), switch()).outcome is Outcome.SWITCHED
    assert seen == [(True, [])]
    assert [verb for verb, _ in guard.happened] == ["post", "dismiss"]


@pytest.mark.parametrize(("image", "outcome"), [("shop:2", Outcome.SWITCHED), ("shop:bad", Outcome.REJECTED)])
def test_it_is_taken_away_however_the_release_ends(image: str, outcome: Outcome) -> None:
    stage, guard = guarded_stage()
    assert blue_green_switch.run(stage.site(), switch(image)).outcome is outcome
    assert (guard.guarded(), [verb for verb, _ in guard.happened]) == ("", ["post", "dismiss"])


def refuse_the_next_write(stage: Stage) -> None:
    stage.failure.nth = stage.failure.count + 1
    stage.failure.arm(Unreachable("no route to host"))


@pytest.mark.parametrize("stop", [lambda stage: stage.clock.stop("SIGINT"), refuse_the_next_write])
def test_it_is_taken_away_when_the_run_is_cancelled_or_fails(stop: Callable[[Stage], None]) -> None:
    stage, guard = guarded_stage()
    stage.once_served_by(GREEN, lambda: stop(stage))
    with pytest.raises((Cancelled, Unreachable)):
        blue_green_switch.run(stage.site(), switch())
    assert (guard.guarded(), [verb for verb, _ in guard.happened]) == ("", ["post", "dismiss"])


def test_a_killed_run_leaves_it_and_the_next_one_posts_it_anew() -> None:
    stage, guard = guarded_stage()
    guard.dead = True
    release = killed_while_baking(stage)
    assert guard.guarded() == release
    stage.dead_man = guard.beside()
    assert blue_green_switch.run(stage.again(), switch()).outcome is Outcome.SWITCHED
    assert (guard.guarded(), guard.happened[-2:]) == ("", [("post", release), ("dismiss", release)])


def test_a_run_that_was_paused_until_it_lost_its_lock_leaves_the_guard_at_work() -> None:
    stage, guard = guarded_stage()
    taken = stage.lock.beside("the guard")

    def paused() -> None:
        stage.clock.passing = lambda: None
        stage.clock.pause(LEASE_SECONDS + 1)
        taken.acquire(0)

    stage.once_served_by(GREEN, paused)
    with pytest.raises(LockLost):
        blue_green_switch.run(stage.site(), switch(cleanup=Cleanup.SCALE_DOWN))
    assert [verb for verb, _ in guard.happened] == ["post"]
    assert any("stays on duty" in line for line in stage.progress.said)


def test_nothing_to_do_posts_nothing() -> None:
    stage, guard = guarded_stage()
    assert blue_green_switch.run(stage.site(), switch("shop:1")).outcome is Outcome.UNCHANGED
    assert guard.happened == []


def test_a_dry_run_posts_nothing() -> None:
    stage, guard = guarded_stage()
    result = blue_green_switch.run(stage.site(), switch(dry_run=True))
    assert (result.outcome, result.changes[0].what) == (Outcome.PLANNED, guard.name)
    assert guard.happened == []


def test_one_that_is_not_accepted_ends_the_run_before_anything_changes() -> None:
    stage, guard = guarded_stage()
    guard.failure.arm(Unreachable("quota exceeded"))
    with pytest.raises(RemoteError, match=r"was not accepted: quota exceeded") as refused:
        blue_green_switch.run(stage.site(), switch())
    assert "without --dead-man" in refused.value.advice
    assert (stage.workload.happened, stage.serving()) == ([], BLUE)
    stage.dead_man = None
    assert blue_green_switch.run(stage.again(), switch()).outcome is Outcome.SWITCHED


def test_failing_to_take_it_away_is_told_and_changes_no_verdict() -> None:
    stage, guard = guarded_stage()
    stage.once_served_by(GREEN, lambda: guard.failure.arm(Unreachable("no route to host")))
    assert blue_green_switch.run(stage.site(), switch()).outcome is Outcome.SWITCHED
    assert any("could not be taken away" in line for line in stage.progress.said)


@pytest.mark.parametrize("weight", [5, 30, 100])
def test_a_canary_whose_run_died_in_its_middle_leaves_users_on_stable_and_nothing_else(weight: int) -> None:
    stage = CanaryStage()

    def die() -> None:
        stage.lock.dead = True
        raise Killed

    stage.once_at(weight, die)
    with pytest.raises(Killed):
        stage.run()
    stage.clock.passing = lambda: None
    stage.clock.acts.clear()
    assert stage.weight() == weight
    died = stage.clock.seconds()
    result = Watchman(stage).stand()
    assert (result.step, result.outcome, result.exit_code) == ("dead-man", Outcome.ROLLED_BACK, 0), result.why
    assert stage.clock.seconds() - died > LEASE_SECONDS - 1
    assert (stage.weight(), stage.images(), stage.version(CANARY)) == (0, OLD, None)
    assert stage.record().flight is None


def test_a_canary_posts_its_guard_and_takes_it_away_at_its_end() -> None:
    stage = CanaryStage()
    guard = MortalGuard()
    site = replace(stage.canary(), dead_man=guard)
    duty: list[bool] = []
    stage.once_at(30, lambda: duty.append(guard.guarded() != ""))
    assert canary_step.run(site, walk()).outcome is Outcome.PROMOTED
    assert duty == [True]
    assert guard.guarded() == ""
