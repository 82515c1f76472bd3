"""Flying one release between two colours: the loop around `strategy/blue_green.py`, forward and back.

`blue-green-switch` and `rollback` both fly with it, on every platform: only the ports differ. This module looks and
asks the strategy; `colour_acts.py` does what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from pointsman.model.evidence import Check
from pointsman.model.record import Flight
from pointsman.model.version import Problem, VersionState
from pointsman.steps.colour_acts import Acts
from pointsman.steps.journal import Journal
from pointsman.steps.site import Site
from pointsman.strategy import blue_green
from pointsman.strategy.blue_green import Backward, Forward, Plan, Seen
from pointsman.strategy.decision import (
    Abort,
    Await,
    Bake,
    CheckHealth,
    Confirm,
    Done,
    GiveUp,
    Hold,
    Prepare,
    Restore,
    Retire,
    Shift,
)

UNDO_SECONDS = 300.0


@dataclass(frozen=True)
class Arrived:
    """The candidate serves and is proven."""

    why: str


@dataclass(frozen=True)
class Refused:
    """The candidate is not good enough; nothing has been undone yet."""

    why: str
    problem: Problem | None = None


@dataclass(frozen=True)
class Held:
    """Safe, resumable, undecided."""

    why: str


@dataclass(frozen=True)
class Returned:
    """Users are on stable and nothing of the release is left."""

    why: str


@dataclass(frozen=True)
class Stuck:
    """Not undone: a person is needed."""

    why: str


class Colours:
    """One flight; `timeout` in seconds is for the way forward."""

    def __init__(self, site: Site, journal: Journal, flight: Flight, plan: Plan, timeout: float) -> None:
        self._site, self._flight, self._plan = site, flight, plan
        self._acts = Acts(site, journal, flight, plan, timeout)

    @property
    def checks(self) -> list[Check]:
        """The evidence table so far."""
        return self._acts.checks

    def forward(self) -> Arrived | Refused | Held:
        """Fly to the candidate until it is proven, refused or undecided."""
        while True:
            seen = self._look()
            decision = blue_green.decide(seen, self._plan)
            match decision:
                case Done(why):
                    self._acts.note_arrival(seen)
                    return Arrived(why)
                case Abort(why):
                    self._acts.note_refusal(why)
                    return Refused(why, seen.candidate.problem if seen.candidate else None)
                case Hold(why):
                    return Held(why)
                case _:
                    self._advance(decision, seen)

    def back(self, seconds: float = UNDO_SECONDS) -> Returned | Stuck:
        """Fly back to stable within `seconds` and leave nothing behind."""
        self._acts.turn_round(seconds)
        while True:
            seen = self._look()
            decision = blue_green.decide_undo(seen)
            match decision:
                case Done(why):
                    return Returned(why)
                case GiveUp(why):
                    return Stuck(why)
                case _:
                    self._retreat(decision, seen)

    def _look(self) -> Seen:
        flight, site = self._flight, self._site
        stable, candidate = site.workload.observe(flight.stable), site.workload.observe(flight.candidate)
        weight = site.router.read().share(flight.candidate)
        return self._acts.seen(stable, candidate, weight, self._needed(stable, weight))

    def _needed(self, stable: VersionState | None, weight: int) -> int:
        """What the side that gets the users must have ready: what the side that has them serves with."""
        if weight > 0:
            return self._flight.needed
        return blue_green.needed_for(stable, self._flight.needed)

    def _advance(self, decision: Forward, seen: Seen) -> None:
        match decision:
            case Prepare(why):
                self._acts.prepare(why, seen)
            case Await(why):
                self._acts.wait(why)
            case CheckHealth(why):
                self._acts.check_health(why, seen)
            case Shift(weight, why):
                self._acts.shift(weight, why, "shifted")
            case Confirm():
                self._acts.confirm(100)
            case Bake(why):
                self._acts.bake(why, seen)
            case Retire(why):
                self._acts.retire(why, seen)
            case Done() | Abort() | Hold():
                raise AssertionError("endings are handled by the loop")
            case _:
                assert_never(decision)

    def _retreat(self, decision: Backward, seen: Seen) -> None:
        match decision:
            case Prepare(why):
                self._acts.restore_capacity(why, seen)
            case Await(why):
                self._acts.wait(why)
            case Shift(weight, why):
                self._acts.shift(weight, why, "undoing")
            case Confirm():
                self._acts.confirm(0)
            case Restore(why):
                self._acts.restore(why)
            case Done() | GiveUp():
                raise AssertionError("endings are handled by the loop")
            case _:
                assert_never(decision)
