"""Two runs at once: who comes later shuts out who vanished, and may ask who is under way to give way."""

from __future__ import annotations

import pytest

from pointsman.model.errors import ConflictError, LockHeld, Unreachable
from pointsman.model.result import Outcome
from pointsman.steps import blue_green_switch, rollback
from pointsman.strategy.blue_green import Cleanup
from tests.steps.stage import BLUE, GREEN, Killed, Stage, back, switch

OLD, NEW, NEWER = {"app": "shop:1"}, {"app": "shop:2"}, {"app": "shop:3"}


def somebody_supersedes(stage: Stage) -> None:
    """A newer run arrives, asks the holder to give way, and waits (here: leaves at once)."""
    with pytest.raises(LockHeld):
        stage.lock.beside("run-2").acquire(0, supersede=True)


def generations(stage: Stage) -> tuple[object, ...]:
    """What a stamp or any other write moves."""
    return (
        {name: version.generation for name, version in stage.workload._versions.items()},
        stage.router._there().number,
        stage.records.text(),
    )


def test_a_run_that_vanished_before_its_first_write_is_shut_out_all_the_same() -> None:
    """It may wake up with its first write of the record, and of each object, prepared."""
    stage = Stage()
    stage.lock.acquire(0)
    older = stage.site()
    older.records.load()
    older.workload.observe(BLUE)
    older.router.read()
    result = rollback.run(stage.again(), back())
    assert result.outcome is Outcome.UNCHANGED
    assert stage.record().fence == 2
    with pytest.raises(ConflictError):
        older.records.save(stage.record())
    with pytest.raises(ConflictError):
        older.workload.scale(BLUE, 1)
    with pytest.raises(ConflictError):
        older.router.write(stage.router.read())


def test_an_idle_run_on_a_free_lock_writes_nothing() -> None:
    stage = Stage()
    blue_green_switch.run(stage.site(), switch())
    before = generations(stage)
    assert blue_green_switch.run(stage.again(), switch()).outcome is Outcome.UNCHANGED
    assert generations(stage) == before


def test_who_took_over_with_nothing_to_do_is_followed_by_runs_that_write_nothing() -> None:
    stage = Stage()
    stage.lock.acquire(0)
    rollback.run(stage.again(), back())
    before = generations(stage)
    assert rollback.run(stage.again(), back()).outcome is Outcome.UNCHANGED
    assert generations(stage) == before


def test_a_number_never_falls_when_the_lock_was_deleted() -> None:
    """The holder may still be live, so it is shut out like one that vanished."""
    stage = Stage()
    blue_green_switch.run(stage.site(), switch())
    older = stage.site()
    older.router.read()
    fence = stage.record().fence
    stage.lock.forget()
    rollback.run(stage.again(), back(to_revision=2))
    assert stage.record().fence == fence + 1
    with pytest.raises(ConflictError):
        older.router.write(stage.router.read())


def test_a_number_is_above_what_the_objects_carry_when_the_record_was_deleted_too() -> None:
    stage = Stage()
    site = stage.site()
    stage.router.number = lambda: 7  # type: ignore[method-assign]
    blue_green_switch.run(site, switch())
    assert stage.record().fence == 8


@pytest.mark.parametrize("nth", [1, 2])
def test_a_takeover_that_failed_half_way_is_done_by_the_next_run(nth: int) -> None:
    """The first and the last thing that a takeover writes is the record."""
    stage = Stage()
    stage.lock.acquire(0)
    site = stage.again()
    stage.failure.arm(Unreachable("no route to host"))
    stage.failure.nth, stage.failure.count = nth, 0
    with pytest.raises(Unreachable):
        rollback.run(site, back())
    before = generations(stage)
    rollback.run(stage.again(), back())
    assert stage.record().fence == 2
    assert generations(stage)[:2] != before[:2]


def test_a_switch_that_is_superseded_undoes_itself_completely_and_says_by_whom() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: somebody_supersedes(stage))
    result = blue_green_switch.run(stage.site(), switch(bake=60.0))
    assert (result.outcome, result.exit_code) == (Outcome.REJECTED, 10)
    assert "superseded by run-2" in result.why
    assert stage.images() == OLD
    assert stage.version(GREEN) is None
    assert stage.record().flight is None
    assert stage.lock.holder() == ""
    assert not any("is good enough" in check.name for check in result.checks)
    assert "newer release" in result.following[0]


@pytest.mark.parametrize("second", [1, 4, 8, 20])
def test_it_gives_way_at_any_moment_and_the_newer_release_arrives(second: int) -> None:
    stage = Stage()
    stage.at(second, lambda: somebody_supersedes(stage))
    started = stage.clock.seconds()
    result = blue_green_switch.run(stage.site(), switch(bake=60.0, cleanup=Cleanup.SCALE_DOWN))
    assert result.outcome is Outcome.REJECTED
    assert stage.clock.seconds() - started < second + 30
    newer = blue_green_switch.run(stage.again(), switch("shop:3", supersede=True))
    assert newer.outcome is Outcome.SWITCHED
    assert stage.images() == NEWER


def test_a_switch_that_is_undoing_itself_already_just_finishes() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, lambda: setattr(stage.prober, "service", 500))
    stage.clock.acts.append((lambda: "undoing" in stage.records.text(), lambda: somebody_supersedes(stage)))
    result = blue_green_switch.run(stage.site(), switch(bake=60.0))
    assert stage.clock.acts == [], "nobody asked it to give way"
    assert result.outcome is Outcome.REJECTED
    assert "superseded" not in result.why
    assert stage.images() == OLD


def test_a_rollback_never_gives_way() -> None:
    stage = Stage()
    blue_green_switch.run(stage.site(), switch())
    site = stage.again()
    stage.once_served_by(GREEN, lambda: stage.at(stage.clock.seconds(), lambda: somebody_supersedes(stage)))
    stage.workload.hurt(BLUE)
    stage.at(stage.clock.seconds() + 9, lambda: stage.workload.hurt(BLUE, ready=3))
    result = rollback.run(site, back())
    assert stage.clock.acts == [], "nobody asked it to give way"
    assert result.outcome is Outcome.ROLLED_BACK
    assert stage.images() == OLD


def test_without_supersede_the_older_release_is_left_alone() -> None:
    stage = Stage()

    def somebody_waits() -> None:
        with pytest.raises(LockHeld):
            stage.lock.beside("run-2").acquire(0)

    stage.once_served_by(GREEN, somebody_waits)
    assert blue_green_switch.run(stage.site(), switch()).outcome is Outcome.SWITCHED
    assert stage.images() == NEW


def test_a_dead_release_is_superseded_by_taking_over() -> None:
    stage = Stage()
    stage.once_served_by(GREEN, _die)
    stage.lock.dead = True
    with pytest.raises(Killed):
        blue_green_switch.run(stage.site(), switch(bake=60.0))
    result = blue_green_switch.run(stage.again(), switch("shop:3", supersede=True))
    assert result.outcome is Outcome.SWITCHED
    assert stage.images() == NEWER
    assert stage.record().fence == 2


def test_a_superseded_release_that_dies_while_it_gives_way_is_undone_by_the_newer_one_which_goes_on() -> None:
    stage = Stage()
    stage.at(25, lambda: somebody_supersedes(stage))
    stage.clock.acts.append((lambda: "undoing" in stage.records.text(), _die))
    stage.lock.dead = True
    with pytest.raises(Killed):
        blue_green_switch.run(stage.site(), switch(bake=60.0))
    result = blue_green_switch.run(stage.again(), switch("shop:3", supersede=True))
    assert result.outcome is Outcome.SWITCHED
    assert stage.images() == NEWER
    assert any("superseded by run-2" in event.text for event in stage.record().events)


def test_who_supersedes_waits_as_long_as_an_undo_may_take() -> None:
    assert switch(supersede=True).wait >= 300.0
    assert switch().wait == switch().lock_wait


def _die() -> None:
    raise Killed
