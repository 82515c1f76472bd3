"""What a canary does about what somebody else has changed: `strategy/drift.py` decides, as it does for two colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pointsman.model.drift import Drift, Field, OnDrift
from pointsman.model.errors import ConflictError, LockHeld, LockLost
from pointsman.steps.canary_acts import Acts
from pointsman.steps.canary_sight import Sight
from pointsman.steps.journal import Journal
from pointsman.steps.site import Routed
from pointsman.strategy.canary_seen import Phase, Seen
from pointsman.strategy.drift import Reassert, ReturnUsers, Stop, Undo, handling_of

_REFUSED_AT_MOST = 10


class Drifting:
    """The patience of one flight with other writers."""

    def __init__(self, site: Routed, journal: Journal, sight: Sight, acts: Acts) -> None:
        self._site, self._journal, self._sight, self._acts = site, journal, sight, acts
        self._policy = sight.plan.on_drift
        self._refused = 0
        self._told = ""

    def handled(self, seen: Seen) -> str | None:
        """Empty when nothing has drifted; None when it was dealt with, so look again; else why the candidate is to be
        given up. Raises ConflictError where the plan is to stop."""
        drifts = self._sight.vigil.drifts(seen)
        if not drifts:
            return self._journal.lost if self._policy is OnDrift.ABORT else ""
        self._site.lock.check()  # of a run that has lost it, its successor may have written what looks like drift
        told, vigil = self._sight.vigil.sentence(drifts), self._sight.vigil
        # While stable is replaced it may differ from what it was, and be the better place all the same.
        match handling_of(drifts[0], replace(seen, stable_differs=False), self._policy, vigil.times):
            case ReturnUsers(why):
                conflict = vigil.conflict(drifts, fought=False)  # named before our own write hides the writer
                self.insist(partial(self._return_users, told, why, seen))
                if self._policy is OnDrift.FAIL:
                    raise conflict
                return None
            case Reassert(drift):
                self.insist(partial(self._reassert, drift, told, seen))
                return None
            case Undo():
                return told
            case Stop(fought):
                raise vigil.conflict(drifts, fought)

    def fought(self, seen: Seen) -> str:
        """Name what somebody else changed while we return, where the decisions write it again. Not empty when that
        has gone on for too long."""
        vigil = self._sight.vigil
        drifts = vigil.drifts(seen)
        if not drifts:
            return ""
        vigil.times += 1
        told = vigil.sentence(drifts)
        if told != self._told:
            self._journal.note("drift", told)
        self._told = told
        vigil.expected = replace(vigil.expected, weight=None)  # it is noticed again only once we have sent them back
        return told if vigil.times > _REFUSED_AT_MOST else ""

    def insist(self, act: Callable[[], None]) -> None:
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

    def _return_users(self, told: str, why: str, seen: Seen) -> None:
        """Users who have nobody to serve them go to stable, before anything else is decided."""
        self._journal.note("drift", told)
        self._sight.vigil.times += 1
        self._acts.shift(0, why, seen.phase if seen.phase.proven else Phase.PREPARING)
        self._sight.begin_anew()

    def _reassert(self, drift: Drift, told: str, seen: Seen) -> None:
        """Write again what somebody else changed."""
        self._journal.note("drift", f"{told}; it is written again")
        self._sight.vigil.times += 1
        flight = self._sight.flight
        if drift.field is Field.ROUTE:
            self._reassert_route(seen)
        elif drift.what == flight.candidate:
            self._sight.begin_anew()
            self._acts.prepare(f"{drift.what} is not as it was written", seen, max(flight.weight, 1))
        else:
            self._acts.give_back(f"{drift.what} gets back what it had", seen)

    def _reassert_route(self, seen: Seen) -> None:
        weight = self._sight.vigil.expected.weight
        if weight and seen.candidate is not None and seen.candidate.ready > 0:
            self._acts.shift(weight, "the route is set again", seen.phase)
            return
        phase = Phase.PREPARING if weight and not seen.phase.proven else seen.phase
        self._acts.shift(0, "the route is set again" if not weight else "the candidate is not ready", phase)
        self._sight.begin_anew()
