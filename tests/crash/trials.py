"""What happens at each request, what a person does next, and what must have come of it: one function per matrix."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from tests.crash.command import PACE, Running
from tests.crash.faults import Fault, Point, Request
from tests.crash.invariants import broken_at_any_instant, broken_at_the_end
from tests.crash.matrix import Learned, Trial
from tests.crash.proxy import Tap
from tests.crash.scenarios import ROLLBACK, Command
from tests.crash.stage import PATIENCE, Done, Stage
from tests.crash.world import Sight, World

_SAFE_ENDINGS = {3, 4, 10, 11, 20}
_FOLLOWED = (Fault.FORBIDDEN,)  # after the others, or where nothing was written, it holds what it holds after a kill
_REST_SECONDS, _OFTEN = 5.0, 0.2
_LEASE_SECONDS = 60.0 / PACE


def killed_then_again(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """SIGKILL, then the same command: it arrives where the undisturbed one does, and a third run changes nothing."""
    world = stage.world(what.scenario)
    done = stage.run(world, what.scenario.command, *points)
    if not done.met:
        return Trial(0)
    wrong = instant(world, what)
    if points[0].request not in what.gone_on_from or tried_before(points[0], what):
        return _seen(stage, what, world, done, wrong)
    world.age_the_lock()
    return Trial(1, [*wrong, *arrives(stage, world, what), *unchanged(stage, world, what)])


def tried_before(point: Point, what: Learned) -> bool:
    """Whether what follows this death follows the one at the request before, too, which is tried."""
    return point.fault is Fault.KILL_BEFORE and point.request in what.on_the_heels


def looked_at(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """Every promise holds whenever a read arrives. A run that died there would leave what is seen while it waits, and a
    look changes nothing: one run shows all these instants."""
    world, wrong = stage.world(what.scenario), list[str]()
    done = stage.run(world, what.scenario.command, *points, look=lambda: wrong.extend(instant(world, what)))
    wrong += [] if ending(done) == what.promised else [done.ended.told()]
    return _met(done, points, [*wrong, *at_the_end(world, {what.new})])


def killed_then_rolled_back(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """SIGKILL, then `pointsman rollback`: users are on the old version, and a second rollback changes nothing."""
    world = stage.world(what.scenario)
    if not stage.run(world, what.scenario.command, *points).met:
        return Trial(0)
    sight = world.look()
    wrong, allowed = broken_now(sight, what), _ways_back(sight, what)
    world.age_the_lock()
    wrong += followed(stage, world, ROLLBACK, {(0, "rolled-back"), (0, "unchanged")})
    wrong += at_the_end(world, allowed)
    wrong += followed(stage, world, ROLLBACK, {(0, "unchanged")})
    return Trial(1, [*wrong, *at_the_end(world, allowed)])


def _ways_back(sight: Sight, what: Learned) -> set[str]:
    """What a rollback may leave: nothing of a release that had not ended; one that had leaves its colour, drained."""
    ended = sight.record is not None and sight.record.last is not None
    return {what.old, what.back} if ended else {what.old}


def absorbed(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """A fault that passes leaves no trace: the run ends as if nothing had happened."""
    world = stage.world(what.scenario)
    done = stage.run(world, what.scenario.command, *points)
    wrong = [] if ending(done) == what.promised else [done.ended.told()]
    return _met(done, points, [*wrong, *instant(world, what), *at_the_end(world, {what.new})])


def _met(done: Done, points: Sequence[Point], wrong: Sequence[str]) -> Trial:
    return Trial(len(done.met), wrong, left=[point for point in points if point.request not in done.met])


def ended_safely(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """A fault that lasts ends the run safely, with a reason and advice; once it is over, the same command arrives."""
    world = stage.world(what.scenario)
    done = stage.run(world, what.scenario.command, *points)
    if not done.met:
        return Trial(0)
    wrong = [*instant(world, what), *_told_well(done, what)]
    if points[0].fault not in _FOLLOWED or not done.locked:
        return _seen(stage, what, world, done, wrong)
    world.age_the_lock()
    return Trial(1, [*wrong, *arrives(stage, world, what)])


def cancelled(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """SIGINT: exit 130 with a report, not one new change, the lock given back; the same command then arrives."""
    world = stage.world(what.scenario)
    held_before = bool(what.scenario.before and world.look().holder)  # a run that died before may have it still
    done = stage.run(world, what.scenario.command, *points)
    if not done.met:
        return Trial(0)
    sight = world.look()
    wrong = broken_now(sight, what)
    # A signal that comes with the last answer finds nothing left to stop.
    if ending(done) != what.promised:
        wrong += _stopped(done)
    if sight.holder and not held_before:
        wrong.append("it kept the lock")
    if points[0].request not in what.gone_on_from:
        return _seen(stage, what, world, done, wrong)
    return Trial(1, [*wrong, *arrives(stage, world, what)])


def _seen(stage: Stage, what: Learned, world: World, done: Done, wrong: Sequence[str]) -> Trial:
    """A trial that ends here, since what would follow is tried elsewhere."""
    if not wrong:
        stage.left(what.scenario, world, done)
    return Trial(1, wrong)


def overtaken(stage: Stage, what: Learned, points: Sequence[Point]) -> Trial:
    """A write is held on its way, or its run stopped before it hears that it landed, until it is thought dead and
    somebody else has rolled back: then nothing of it may land."""
    world = stage.world(what.scenario)
    with stage.started(world, what.scenario.command, *points) as (running, tap):
        if not _comes_to_it(running, tap):
            return Trial(0)
        began = time.monotonic()
        world.age_the_lock()
        wrong = followed(stage, world, ROLLBACK, {(0, "rolled-back"), (0, "unchanged")})
        wrong += at_the_end(world, {what.old, what.back})
        before = world.seen.objects
        if points[0].fault is Fault.PAUSE:  # nobody takes a lock over from a run that stood still for less than this
            time.sleep(max(0.0, began + _LEASE_SECONDS - time.monotonic()))
        tap.go_on()
        ended = running.finish(PATIENCE)
        if ended.exit_code not in (3, 4):
            wrong.append(f"the one that was overtaken ended so: {ended.told()}")
        # A creation cannot test anything and may land; its maker then takes the empty object away again.
        wrong += _different(world, before)
        return Trial(1, [*wrong, *at_the_end(world, {what.old, what.back})])


def _comes_to_it(running: Running, tap: Tap) -> bool:
    """Wait for what is to happen; False when the run ends before that."""
    end = time.monotonic() + PATIENCE
    while running.under_way and time.monotonic() < end:
        if tap.struck.wait(_OFTEN):
            return True
    return tap.struck.is_set()


def _different(world: World, before: Mapping[str, str]) -> list[str]:
    end = time.monotonic() + _REST_SECONDS
    while (after := world.look().objects) != before and time.monotonic() < end:
        time.sleep(0.2)
    return [] if after == before else [f"what was overtaken has written: {before} became {after}"]


def ending(done: Done) -> tuple[int, str]:
    """(exit code, outcome)."""
    return done.ended.exit_code, done.ended.outcome


def instant(world: World, what: Learned) -> list[str]:
    """Broken promises right now."""
    return broken_now(world.look(), what)


def broken_now(sight: Sight, what: Learned) -> list[str]:
    """Promises that this look shows broken."""
    return broken_at_any_instant(sight, set(what.scenario.colours))


def at_the_end(world: World, allowed: set[str]) -> list[str]:
    """Broken promises once the cluster's own controllers have done what they had to."""
    wrong = broken_at_the_end(world.look(), allowed)
    end = time.monotonic() + _REST_SECONDS
    while wrong and time.monotonic() < end:
        time.sleep(0.2)
        wrong = broken_at_the_end(world.look(), allowed)
    return wrong


def arrives(stage: Stage, world: World, what: Learned) -> list[str]:
    """The same command, undisturbed, comes to where it always comes."""
    wrong = followed(stage, world, what.scenario.command, {what.promised, what.scenario.again})
    return [*wrong, *at_the_end(world, {what.new})]


def followed(stage: Stage, world: World, command: Command, ends: set[tuple[int, str]]) -> list[str]:
    """What is wrong with how a later run ended."""
    done = stage.run(world, command)
    if ending(done) in ends:
        return []
    return [f"then {command.step} ended {ending(done)}, not {sorted(ends)}: {done.ended.told()}"]


def unchanged(stage: Stage, world: World, what: Learned) -> list[str]:
    """The last run of all changes nothing; after a rejected candidate that is a rollback."""
    before = world.seen
    if what.scenario.command.ends == 0:
        wrong = followed(stage, world, what.scenario.command, {what.scenario.again})
    else:
        wrong = followed(stage, world, ROLLBACK, {(0, "unchanged")})
    after = world.look()
    if before.objects != after.objects:
        wrong.append(f"one run more wrote: {before.objects} became {after.objects}")
    return wrong


def _told_well(done: Done, what: Learned) -> list[str]:
    code, result = done.ended.exit_code, done.ended.result
    if ending(done) == what.promised:
        return []
    if code not in _SAFE_ENDINGS:
        return [f"it ended so: {done.ended.told()}"]
    if not (result.get("why") and result.get("following")):
        return [f"it ended without a reason or without advice: {done.ended.told()}"]
    return []


def _stopped(done: Done) -> list[str]:
    """One write may have been under way when the signal was heard; none is begun after it."""
    late, on_their_way = _writes(done.since), _writes(done.on_their_way)
    wrong = [f"after the signal it went on with {on_their_way + late}"] if late or len(on_their_way) > 1 else []
    return wrong if ending(done) == (130, "cancelled") else [*wrong, f"it ended so: {done.ended.told()}"]


def _writes(requests: Sequence[Request]) -> list[str]:
    return [str(one) for one in requests if one.writes and not one.locks]
