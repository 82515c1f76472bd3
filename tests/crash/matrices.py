"""The matrices: which faults at which requests, and what is tried with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.crash import trials
from tests.crash.faults import (
    LASTING,
    PASSING,
    PASSING_OF_WATCHES,
    PASSING_OF_WRITES,
    Fault,
    Point,
    Request,
)
from tests.crash.matrix import Learned, Try
from tests.crash.scenarios import Depth, Scenario

_ANSWERS = 12
"""Nothing changes between two answers of pods, of which a judge wants hundreds: so many are tried, all over the run."""


def tried(what: Learned, whole: bool) -> list[Request]:
    """The requests that points are made of: not what another scenario has too, unless the `whole` is asked for, and of
    what is asked again and again while a run waits, as often as that takes, only the first."""
    requests = what.requests if whole else what.requests[len(what.shared) :]
    kept = set(_spread(_sure([request for request in requests if request.asks_pods], what)))
    polled = {after for before, after in pairwise(requests) if after.kind == before.kind and not after.writes}
    return [request for request in requests if request in kept or not (request.asks_pods or request in polled)]


def _sure(answers: list[Request], what: Learned) -> list[Request]:
    """Those that other runs ask for as well: a bad candidate is found some looks sooner in one than in another."""
    return answers if what.promised[0] == 0 else answers[: max(_ANSWERS, 2 * len(answers) // 3)]


def _spread(answers: list[Request]) -> list[Request]:
    if len(answers) <= _ANSWERS:
        return answers
    return [answers[turn * len(answers) // _ANSWERS] for turn in range(_ANSWERS)]


@dataclass(frozen=True)
class Matrix:
    """One question asked at every request of a scenario; `dealt`: several points in each trial, and among how many
    trials those of one fault are dealt out; `follows`: only what follows is of interest, the instant is looked at in
    another matrix."""

    name: str
    attempt: Try
    faults: Callable[[Request], Sequence[Fault]]
    dealt: Callable[[Fault], int] | None = None
    follows: bool = False

    def trials(self, what: Learned, whole: bool = False) -> list[list[Point]]:
        """The points of each trial; every request meets every fault that fits it, once."""
        points = [Point(request, fault) for request in tried(what, whole) for fault in self.faults(request)]
        if self.follows and not whole:
            points = [point for point in points if not trials.tried_before(point, what)]
        if self.dealt is None:
            return [[point] for point in points]
        alike = {fault: [point for point in points if point.fault is fault] for fault in Fault}
        return [group for fault, one in alike.items() for group in grouped(one, self.dealt(fault))]


def grouped(points: Sequence[Point], apart: int) -> list[list[Point]]:
    """Points of one fault dealt out to so many runs. What is tried again after a fault counts as the next turn of its
    kind, so that one must not be struck in the same run: a fault that passes would not have passed."""
    groups: list[list[Point]] = [[] for _ in range(apart)]
    for number, point in enumerate(points):
        turns = groups[number % apart :] + groups[: number % apart]
        free = (group for group in turns if not any(_next_to(one, point) for one in group))
        next(free, turns[0]).append(point)
    return [group for group in groups if group]


def _next_to(one: Point, other: Point) -> bool:
    return one.request.kind == other.request.kind and abs(one.request.turn - other.request.turn) == 1


def _side_by_side(fault: Fault) -> int:
    """Among so many runs the requests are dealt out: each fault must be absorbed before the next one comes, and one
    that takes a minute leaves less of a run's time for others."""
    return 4 if fault is Fault.HANG else 2


def kills(request: Request) -> Sequence[Fault]:
    """Before and after each request; after a read is before the next request, which is tried."""
    return [Fault.KILL_BEFORE, Fault.KILL_AFTER] if request.writes else [Fault.KILL_BEFORE]


def kills_of_writes(request: Request) -> Sequence[Fault]:
    """Between two writes every death leaves the same behind, so what follows is tried before and after each write."""
    return kills(request) if request.writes else []


def looks(request: Request) -> Sequence[Fault]:
    """At each read."""
    return [] if request.writes else [Fault.LOOK]


def passing(request: Request) -> Sequence[Fault]:
    """What can happen once to this request; what a pod itself answers is evidence, not trouble on the way."""
    if request.watches:
        return PASSING_OF_WATCHES
    if request.asks_pods:
        return [Fault.RESET, Fault.TRUNCATED]
    return PASSING_OF_WRITES if request.writes else PASSING


def lasting(request: Request) -> Sequence[Fault]:
    """What can happen from this request on."""
    return [] if request.asks_pods else LASTING


def lasting_from_a_write(request: Request) -> Sequence[Fault]:
    """The one that ends everything, and the one that leaves a run its other permissions."""
    return [Fault.DOWN, Fault.FORBIDDEN] if request.writes else []


def cancelling(_: Request) -> Sequence[Fault]:
    """The signal, as the request arrives."""
    return [Fault.CANCEL]


def holding(request: Request) -> Sequence[Fault]:
    """Only writes matter here, and those of the lock are what the other run takes."""
    return [Fault.HOLD, Fault.PAUSE] if request.writes and not request.locks else []


_ROLLED_BACK = Matrix("killed, then rolled back", trials.killed_then_rolled_back, kills_of_writes, follows=True)
_LOOKED_AT = Matrix("looked at before each read", trials.looked_at, looks, dealt=lambda _: 1)
_ABSORBED = Matrix("a fault that passes", trials.absorbed, passing, _side_by_side)
_OVERTAKEN = Matrix("overtaken while writing", trials.overtaken, holding)

MATRICES = [
    Matrix("killed, then run again", trials.killed_then_again, kills),
    _ROLLED_BACK,
    _ABSORBED,
    Matrix("a fault that lasts", trials.ended_safely, lasting),
    Matrix("cancelled, then run again", trials.cancelled, cancelling),
    _OVERTAKEN,
]

_OF = {
    Depth.FULL: MATRICES,
    Depth.WRITES: [
        Matrix("killed while writing, then run again", trials.killed_then_again, kills_of_writes),
        _ROLLED_BACK,
        _LOOKED_AT,
        _ABSORBED,
        Matrix("a fault that lasts from a write on", trials.ended_safely, lasting_from_a_write),
        _OVERTAKEN,
    ],
    Depth.NONE: [],
}


def matrices_of(scenario: Scenario) -> list[Matrix]:
    """What the tests try with a scenario."""
    return _OF[scenario.depth]
