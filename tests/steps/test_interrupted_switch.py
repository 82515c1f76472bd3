"""A run may end between any two mutations: the next one goes on, or undoes it. Nobody is ever in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.model.errors import Cancelled, ConflictError, LockHeld, PointsmanError, Unreachable
from pointsman.model.result import Outcome
from pointsman.steps import blue_green_switch, rollback
from pointsman.strategy.blue_green import Cleanup
from tests.steps.stage import BLUE, GREEN, Killed, Stage, back, switch

OLD, NEW = {"app": "shop:1"}, {"app": "shop:2"}
CLEANUPS = list(Cleanup)
PLACES = ["before", "after"]


def killed(stage: Stage, image: str, cleanup: Cleanup, nth: int, place: str) -> bool:
    """Whether the run was killed at its `nth` mutation; False when it has fewer."""
    stage.failure.arm(Killed(), after=place == "after")  # type: ignore[arg-type]
    stage.failure.nth, stage.failure.count = nth, 0
    stage.lock.dead = True
    try:
        blue_green_switch.run(stage.site(), switch(image, cleanup=cleanup))
    except Killed:
        return True
    return False


def every_kill(image: str, cleanup: Cleanup, place: str) -> Iterator[tuple[int, Stage]]:
    """A fresh shop for each mutation that the switch makes, with the run killed there."""
    nth = 1
    while killed(stage := Stage(), image, cleanup, nth, place):
        assert stage.images() in (OLD, NEW), f"users are nowhere after mutation {nth}"
        yield nth, stage
        nth += 1
    assert nth > 3, "the switch makes more mutations than that"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cleanup", CLEANUPS, ids=lambda cleanup: cleanup.value)
def test_a_killed_run_that_is_run_again_arrives(cleanup: Cleanup, place: str) -> None:
    for nth, stage in every_kill("shop:2", cleanup, place):
        result = blue_green_switch.run(stage.again(), switch("shop:2", cleanup=cleanup))
        assert result.outcome in (Outcome.SWITCHED, Outcome.UNCHANGED), (nth, result.why)
        assert stage.images() == NEW, nth
        assert stage.record().flight is None
        assert stage.record().serving.images == NEW  # type: ignore[union-attr]


@pytest.mark.parametrize("place", PLACES)
def test_a_dry_run_says_what_would_become_of_a_release_whose_run_was_killed(place: str) -> None:
    """Also after its users have moved, when what serves is what is asked for."""
    told = set()
    for _, stage in every_kill("shop:2", Cleanup.KEEP, place):
        record = stage.records.load()
        if record is None or record.flight is None:
            continue
        serving = stage.serving()
        on = blue_green_switch.run(stage.site(), switch("shop:2", dry_run=True))
        other = blue_green_switch.run(stage.site(), switch("shop:3", dry_run=True))
        flying = f"a release of shop:2 is in flight, and {serving} serves"
        assert on.why == f"{flying}; it would go on"
        assert other.why == f"{flying}; it would be undone first, and then the new one begun"
        told.add((serving, *((one.old, one.new) for result in (on, other) for one in result.changes)))
    assert told == {(BLUE, (BLUE, GREEN)), (GREEN, (GREEN, BLUE))}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cleanup", CLEANUPS, ids=lambda cleanup: cleanup.value)
def test_a_killed_run_that_is_rolled_back_leaves_users_on_the_old_version(cleanup: Cleanup, place: str) -> None:
    for nth, stage in every_kill("shop:2", cleanup, place):
        begun = stage.records.text() != ""
        result = rollback.run(stage.again(), back())
        assert result.outcome is (Outcome.ROLLED_BACK if begun else Outcome.UNCHANGED), (nth, result.why)
        assert stage.images() == OLD, nth
        assert not begun or stage.record().flight is None


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_run_of_a_bad_candidate_is_undone_by_the_next(place: str) -> None:
    for nth, stage in every_kill("shop:bad", Cleanup.KEEP, place):
        result = blue_green_switch.run(stage.again(), switch("shop:bad"))
        assert result.outcome is Outcome.REJECTED, (nth, result.why)
        assert stage.images() == OLD
        assert stage.version(GREEN) is None, nth


@pytest.mark.parametrize("place", PLACES)
def test_another_release_undoes_the_killed_one_first(place: str) -> None:
    for nth, stage in every_kill("shop:2", Cleanup.KEEP, place):
        result = blue_green_switch.run(stage.again(), switch("shop:3"))
        assert result.outcome is Outcome.SWITCHED, (nth, result.why)
        assert stage.images() == {"app": "shop:3"}


def test_a_takeover_waits_for_the_dead_runs_lock_and_raises_the_fence() -> None:
    stage = Stage()
    assert killed(stage, "shop:2", Cleanup.KEEP, 4, "before")
    before = stage.clock.seconds()
    blue_green_switch.run(stage.again(), switch("shop:2"))
    assert stage.clock.seconds() - before >= 60.0
    assert stage.record().fence == 2
    assert "taking over a release whose run is gone" in stage.progress.said


def test_a_takeover_makes_a_write_prepared_by_the_dead_run_fail() -> None:
    stage = Stage()
    stage.router.read()
    prepared_by_the_dead = stage.router
    assert killed(stage, "shop:2", Cleanup.KEEP, 4, "before")
    site = stage.again()
    blue_green_switch.run(site, switch("shop:2"))
    with pytest.raises(ConflictError):
        prepared_by_the_dead.write(site.router.read())


def test_a_lock_that_outlives_the_wait_is_not_taken() -> None:
    stage = Stage()
    assert killed(stage, "shop:2", Cleanup.KEEP, 4, "before")
    inputs = switch("shop:2")
    with pytest.raises(LockHeld, match="run-1"):
        blue_green_switch.run(stage.again(), type(inputs)(inputs.image, inputs.plan, inputs.timeout, lock_wait=5.0))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cleanup", CLEANUPS, ids=lambda cleanup: cleanup.value)
def test_a_call_that_fails_ends_the_run_and_the_next_one_arrives(cleanup: Cleanup, place: str) -> None:
    nth = 0
    failed = True
    while failed:
        nth, stage = nth + 1, Stage()
        stage.failure.arm(Unreachable("no route to host"), after=place == "after")
        stage.failure.nth = nth
        try:
            blue_green_switch.run(stage.site(), switch("shop:2", cleanup=cleanup))
            failed = False
        except PointsmanError:
            assert stage.lock.holder() == "", "a run that ends gives its lock back"
            assert stage.images() in (OLD, NEW)
            blue_green_switch.run(stage.again(), switch("shop:2", cleanup=cleanup))
        assert stage.images() == NEW, nth
    assert nth > 4


def cancelled(stage: Stage, image: str, cleanup: Cleanup, checkpoint: int) -> bool:
    """Whether the run was cancelled at that checkpoint; False when it has fewer."""
    stage.clock.cancel_at = checkpoint
    try:
        blue_green_switch.run(stage.site(), switch(image, cleanup=cleanup))
    except Cancelled:
        return True
    return False


@pytest.mark.parametrize("image", ["shop:2", "shop:bad"])
@pytest.mark.parametrize("cleanup", CLEANUPS, ids=lambda cleanup: cleanup.value)
def test_a_run_cancelled_at_any_checkpoint_is_safe_and_the_next_one_ends_it(cleanup: Cleanup, image: str) -> None:
    expected = NEW if image == "shop:2" else OLD
    checkpoint = 1
    while cancelled(stage := Stage(), image, cleanup, checkpoint):
        assert stage.images() in (OLD, NEW)
        assert stage.lock.holder() == "", "a cancelled run gives its lock back"
        blue_green_switch.run(stage.again(), switch(image, cleanup=cleanup))
        assert stage.images() == expected, checkpoint
        assert stage.record().flight is None, checkpoint
        checkpoint += 1
    assert checkpoint > 4


@pytest.mark.parametrize("cleanup", CLEANUPS, ids=lambda cleanup: cleanup.value)
def test_a_run_cancelled_at_any_checkpoint_can_be_rolled_back(cleanup: Cleanup) -> None:
    checkpoint = 1
    while cancelled(stage := Stage(), "shop:2", cleanup, checkpoint):
        rollback.run(stage.again(), back())
        assert stage.images() == OLD, checkpoint
        checkpoint += 1


def test_a_run_that_died_in_the_bake_watches_again_from_the_start() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: setattr(stage.clock, "cancel_at", stage.clock.checkpoints + 5))
    with pytest.raises(Cancelled):
        blue_green_switch.run(stage.site(), switch(bake=30.0))
    assert stage.serving() == GREEN
    resumed = stage.clock.seconds()
    assert blue_green_switch.run(stage.again(), switch(bake=30.0)).outcome is Outcome.SWITCHED
    assert stage.clock.seconds() - resumed >= 30.0


def test_a_stuck_undo_is_finished_by_the_next_run_once_stable_is_repaired() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: (stage.workload.hurt(GREEN), stage.workload.hurt(BLUE)))
    assert blue_green_switch.run(stage.site(), switch(bake=60.0)).outcome is Outcome.STUCK
    stage.workload.hurt(BLUE, ready=3)
    result = blue_green_switch.run(stage.again(), switch())
    assert result.outcome is Outcome.REJECTED
    assert stage.images() == OLD
    assert stage.record().flight is None
