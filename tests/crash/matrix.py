"""Trying every point of a scenario: learn its requests, then let each kind of trouble happen at each of them.

A trial opens a world of its own, lets something happen to the command at one request (or, for faults that pass, at
some requests far apart), looks at once whether every promise holds, and then lets a person's next step follow. What
it returns is what it found wrong. `explore` runs the trials of a matrix side by side and counts them.
"""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from tests.crash.faults import Point, Request
from tests.crash.gate import AT_ONCE, AT_ONCE_WAITING, Gate
from tests.crash.scenarios import ROLLBACK, Scenario
from tests.crash.stage import Stage
from tests.crash.world import IN_FLIGHT, World

_MADE_AT_MOST = 4
"""How often a trial is made in which the machine stood still, or whose points were not met."""


@dataclass(frozen=True)
class Learned:
    """A scenario with what an undisturbed run of it does: how it ends (exit code, outcome), its requests, and the
    shapes it knows: before it, after it, and after that was rolled back."""

    scenario: Scenario
    promised: tuple[int, str]
    requests: tuple[Request, ...]
    old: str
    new: str
    back: str

    @property
    def shared(self) -> tuple[Request, ...]:
        """Its requests up to where it parts from another scenario."""
        shares = self.scenario.shares
        return self.requests[: self.requests.index(shares.until)] if shares else ()

    @property
    def gone_on_from(self) -> frozenset[Request]:
        """All that outlives a run is what the server holds, and a read changes nothing there: of all requests between
        two writes, what follows is tried after the first."""
        before = (None, *self.requests)
        return frozenset(
            request
            for previous, request in zip(before, self.requests, strict=False)
            if previous is None or previous.writes or request.writes
        )

    @property
    def on_the_heels(self) -> frozenset[Request]:
        """Writes right after one of the record or the lock, on which nobody acts: who dies before such a write leaves
        what who dies after the one before it leaves."""
        own = self.requests[len(self.shared) :]
        return frozenset(after for before, after in itertools.pairwise(own) if before.notes and after.writes)


@dataclass(frozen=True)
class Trial:
    """What was met, everything that was wrong then, in words, how often it had to be made again, and, where others were
    met, the points that its run did not come to."""

    met: int
    wrong: Sequence[str] = ()
    again: int = 0
    left: Sequence[Point] = ()


Try = Callable[[Stage, Learned, Sequence[Point]], Trial]


@dataclass
class Tried:
    """What came of one matrix of one scenario. `points` were met; `missed` are requests a run did not make; `again`
    counts trials that were made again, since the machine stood still in them."""

    scenario: str
    matrix: str
    points: int = 0
    missed: int = 0
    lost: int = 0
    again: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def survived(self) -> int:
        """Points at which nothing was wrong."""
        return self.points - self.lost

    def line(self) -> str:
        """One line for people."""
        notes = [(self.missed, "not met"), (self.again, "made again")]
        noted = ", ".join(f"{number} {words}" for number, words in notes if number)
        counted = f"{self.survived} of {self.points}{f' ({noted})' if noted else ''}"
        return f"{self.matrix}: {self.scenario}: {counted}, {self.seconds:.0f} s"


def learned(stage: Stage, scenario: Scenario) -> Learned:
    """What an undisturbed run does. Raises AssertionError when it does not even do what it promises undisturbed."""
    for _ in range(_MADE_AT_MOST):
        began = time.monotonic()
        try:
            return _learned(stage, scenario)
        except AssertionError:
            if not stage.pulse.stood_still_since(began):
                raise
    return _learned(stage, scenario)


def _learned(stage: Stage, scenario: Scenario) -> Learned:
    world = stage.world(scenario)
    old = _at_rest(world)
    done = stage.run(world, scenario.command)
    promised = done.ended.exit_code, done.ended.outcome
    assert done.ended.exit_code == scenario.command.ends, done.ended.told()
    new = _at_rest(world)
    again = stage.run(world, scenario.command)
    assert (again.ended.exit_code, again.ended.outcome) == scenario.again, again.ended.told()
    assert _at_rest(world) == new, "doing it twice changed something"
    stage.run(world, ROLLBACK)
    back = _at_rest(world)
    return Learned(scenario, promised, tuple(done.requests), _undone(scenario, old), new, back)


def explore(stage: Stage, what: Learned, name: str, trials: Sequence[Sequence[Point]], attempt: Try) -> Tried:
    """Make every trial; those that wait most of their time begin first, and the others go beside them."""
    tried, began = Tried(what.scenario.name, name), time.monotonic()
    trials = sorted(trials, key=lambda points: not points[0].fault.waits)
    gates = {True: Gate(stage.pulse, AT_ONCE_WAITING), False: Gate(stage.pulse, AT_ONCE)}
    with ThreadPoolExecutor(AT_ONCE + AT_ONCE_WAITING) as workers:
        made = workers.map(lambda points: _through(gates[points[0].fault.waits], stage, what, points, attempt), trials)
        for points, trial in zip(trials, made, strict=True):
            _count(tried, points, trial)
    tried.seconds = time.monotonic() - began
    return tried


def _count(tried: Tried, points: Sequence[Point], trial: Trial) -> None:
    tried.points += trial.met
    tried.missed += len(points) - trial.met
    tried.again += trial.again
    if trial.wrong:
        tried.lost += trial.met
        where = ", ".join(str(point) for point in points)
        tried.failures.append(f"{tried.scenario}: {where}: {'; '.join(trial.wrong)}")


def _through(gate: Gate, stage: Stage, what: Learned, points: Sequence[Point], attempt: Try) -> Trial:
    with gate.passed():
        return _guarded(stage, what, points, attempt)


def _guarded(stage: Stage, what: Learned, points: Sequence[Point], attempt: Try) -> Trial:
    """One trial; made again with the points that the run did not come to (their order varies), or when something was
    wrong while the machine stood still: only this one is counted."""
    stood_still, met, left = 0, 0, points
    for _ in range(_MADE_AT_MOST):
        began = time.monotonic()
        trial = _made(stage, what, left, attempt)
        trial = replace(trial, met=met + trial.met, again=stood_still)
        if trial.wrong and not stage.pulse.stood_still_since(began):
            break
        if trial.wrong:
            stood_still += 1
            continue
        left = trial.left if trial.met > met else left
        met = trial.met
        if not left:
            break
    return trial


def _made(stage: Stage, what: Learned, points: Sequence[Point], attempt: Try) -> Trial:
    try:
        return attempt(stage, what, points)
    except Exception:
        return Trial(len(points), [traceback.format_exc()])


def _at_rest(world: World) -> str:
    """The shape, once it stays the same."""
    seen = ["", world.look().shape]
    while seen[-1] != seen[-2]:
        time.sleep(0.2)
        seen.append(world.look().shape)
    return seen[-1]


def _undone(scenario: Scenario, found: str) -> str:
    """Before the command there may be a release in flight; entirely old is what there was before that one."""
    versions = ", ".join(f"{name}={tag}x2" for name, tag in sorted(scenario.colours.items()))
    return f"{scenario.serving} serves; {versions}" if IN_FLIGHT in found else found
