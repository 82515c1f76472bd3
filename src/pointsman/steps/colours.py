"""Flying one release between two colours: the loop around `strategy/blue_green.py`, forward and back.

`blue-green-switch` and `rollback` both fly with it, on every platform: only the ports differ. This module looks and
asks the strategy; `colour_acts.py` does what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from pointsman.model.drift import Drift, OnDrift
from pointsman.model.errors import ConflictError, InputError, LockHeld, LockLost
from pointsman.model.evidence import Check
from pointsman.model.record import Flight
from pointsman.model.version import Problem, VersionState
from pointsman.steps.colour_acts import Acts
from pointsman.steps.journal import Journal
from pointsman.steps.site import Routed
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
from pointsman.strategy.drift import Reassert, ReturnUsers, Stop, Undo, handling_of

UNDO_SECONDS = 300.0
_REFUSED_AT_MOST = 10


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

    def __init__(self, site: Routed, journal: Journal, flight: Flight, plan: Plan, timeout: float) -> None:
        self._site, self._flight, self._plan = site, flight, plan
        self._journal, self._refused = journal, 0
        self._told: list[str] = []
        self._acts = Acts(site, journal, flight, plan, timeout)

    @property
    def checks(self) -> list[Check]:
        """The evidence table so far."""
        return self._acts.checks

    def forward(self) -> Arrived | Refused | Held:
        """Fly to the candidate until it is proven, refused or undecided."""
        while True:
            seen = self._look()
            drifts = self._acts.vigil.drifts(seen)
            if drifts or self._lost_its_record():
                ended = self._handle(drifts, seen)
                if ended is not None:
                    return ended
                continue
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
                    self._insist(partial(self._advance, decision, seen))

    def back(self, seconds: float = UNDO_SECONDS) -> Returned | Stuck:
        """Fly back to stable within `seconds` and leave nothing behind."""
        self._acts.turn_round(seconds)
        self._journal.on_drift = OnDrift.REASSERT
        while True:
            seen = self._look()
            if self._fought_on_the_way_back(seen):
                return Stuck("somebody else goes on writing what is put back: " + self._told[-1])
            decision = blue_green.decide_undo(seen)
            match decision:
                case Done(why):
                    return Returned(why)
                case GiveUp(why):
                    return Stuck(why)
                case _:
                    self._insist(partial(self._retreat, decision, seen))

    def _lost_its_record(self) -> bool:
        return bool(self._journal.lost) and self._plan.on_drift is OnDrift.ABORT

    def _handle(self, drifts: tuple[Drift, ...], seen: Seen) -> Refused | None:
        """Deal with what somebody else changed: go on (None), refuse the candidate, or raise ConflictError."""
        if not drifts:
            return self._refused_for(self._journal.lost)
        self._site.lock.check()  # of a run that has lost it, its successor may have written what looks like drift
        told, vigil = self._acts.vigil.sentence(drifts), self._acts.vigil
        match handling_of(drifts[0], seen, self._plan.on_drift, vigil.times):
            case ReturnUsers(why):
                conflict = vigil.conflict(drifts, fought=False)  # named before our own write hides the writer
                self._insist(partial(self._acts.return_users, told, why))
                if self._plan.on_drift is OnDrift.FAIL:
                    raise conflict
                return None
            case Reassert(drift):
                self._insist(partial(self._acts.reassert, drift, told, seen))
                return None
            case Undo():
                self._reassert_stable(drifts, told, seen)
                return self._refused_for(told)
            case Stop(fought):
                return self._stop(vigil.conflict(drifts, fought))

    def _stop(self, conflict: ConflictError) -> Refused:
        if self._flight.action == "rollback":  # it ends with a way back and a person called, not with "run again"
            return self._refused_for(conflict.message)
        raise conflict

    def _refused_for(self, told: str) -> Refused:
        self._told.append(told)
        self._acts.note_refusal(told)
        return Refused(told)

    def _fought_on_the_way_back(self, seen: Seen) -> bool:
        """Name what somebody else changed while we return; what the decisions do not repair is written again here."""
        drifts, vigil = self._acts.vigil.drifts(seen), self._acts.vigil
        if not drifts:
            return False
        vigil.times += 1
        told = vigil.sentence(drifts)
        if told not in self._told:
            self._journal.note("drift", told)
        self._told.append(told)
        if vigil.expected.weight == 100:
            vigil.users_on(0)  # where they are to be from now on, whoever sent them there
        if vigil.times > _REFUSED_AT_MOST:
            return True
        self._reassert_stable(drifts, told, seen)
        return False

    def _reassert_stable(self, drifts: tuple[Drift, ...], told: str, seen: Seen) -> None:
        """Users are on stable, or will be: it is to be what it was. With users away, the way back sees to it."""
        if seen.stable is None or seen.weight > 0 or seen.astray:
            return
        mine = next((one for one in drifts if one.what == self._flight.stable), None)
        if mine is not None:
            self._insist(partial(self._acts.reassert, mine, told, seen))

    def _insist(self, act: Callable[[], None]) -> None:
        """Do it; when somebody else wrote in between, look again where that is allowed, else raise ConflictError."""
        try:
            act()
        except (LockHeld, LockLost):
            raise
        except ConflictError as conflict:
            self._refused += 1
            if self._journal.on_drift is OnDrift.FAIL or self._refused > _REFUSED_AT_MOST:
                raise
            self._site.lock.check()
            self._journal.note("drift", f"{conflict.message}; looking again")
            self._site.workload.wait(0.5)

    def _look(self) -> Seen:
        flight, site = self._flight, self._site
        stable, candidate = site.workload.observe(flight.stable), site.workload.observe(flight.candidate)
        weight = self._weight()
        return self._acts.seen(stable, candidate, weight, self._needed(stable, weight))

    def _weight(self) -> int | None:
        """Percent on the candidate; None when somebody has sent the users to neither version."""
        try:
            return self._site.router.read().share(self._flight.candidate)
        except InputError:
            return None

    def _needed(self, stable: VersionState | None, weight: int | None) -> int:
        """What the side that gets the users must have ready: what the side that has them serves with."""
        if weight is None or weight > 0:
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
