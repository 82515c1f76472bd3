"""Flying one canary: the loop around `strategy/canary.py` and its way back, whoever asks for them.

`canary-step`, `rollback` and the dead-man switch fly with it. This module looks and asks the strategy;
`canary_acts.py` and `canary_watch.py` do what it says, `canary_drifting.py` deals with what somebody else has changed.
"""

from __future__ import annotations

from functools import partial
from typing import assert_never

from pointsman.model.drift import OnDrift
from pointsman.model.errors import InputError
from pointsman.model.evidence import Check
from pointsman.model.record import Flight
from pointsman.model.version import VersionState
from pointsman.steps.canary_acts import Acts
from pointsman.steps.canary_drifting import Drifting
from pointsman.steps.canary_sight import Sight
from pointsman.steps.canary_watch import Watch
from pointsman.steps.colours import UNDO_SECONDS, Arrived, Held, Refused, Returned, Stuck
from pointsman.steps.journal import Journal
from pointsman.steps.judging import Judging
from pointsman.steps.site import CanaryPorts, Routed
from pointsman.strategy.canary import decide
from pointsman.strategy.canary_decision import (
    Accept,
    Admit,
    CheckStable,
    Dismiss,
    Promote,
    Remove,
    ReturnToStable,
    ScaleFor,
)
from pointsman.strategy.canary_seen import Backward, Forward, Phase, Plan, Seen
from pointsman.strategy.canary_undo import decide_undo
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
    Shift,
)


class CanaryFlight:
    """One canary from where it is; without `judging` only the way back can be flown."""

    def __init__(
        self, site: Routed, journal: Journal, flight: Flight, plan: Plan, judging: Judging | None = None
    ) -> None:
        plan = site.fitted(plan) if isinstance(site, CanaryPorts) else plan
        self._site, self._flight, self._plan = site, flight, plan
        self._sight = Sight(site, journal, flight, plan, judging)
        self._acts, self._watch = Acts(site, journal, self._sight), Watch(site, journal, self._sight)
        self._drifting = Drifting(site, journal, self._sight, self._acts)
        self._journal = journal

    @property
    def checks(self) -> list[Check]:
        """The evidence table so far."""
        return self._sight.checks

    def forward(self) -> Arrived | Refused | Held | Stuck:
        """Fly as far as the plan goes: Arrived at its end, Refused by the judge, Held without a verdict, or Stuck with
        users on the proven candidate."""
        self._acts.shift_again()
        while True:
            seen = self._look()
            told = self._drifting.handled(seen)
            if told is None:
                continue
            if told:
                return self._refused(told, seen)
            ended = self._advance(decide(seen, self._plan), seen)
            if ended is not None:
                return ended

    def back(self, seconds: float = UNDO_SECONDS) -> Returned | Stuck:
        """Fly back to stable as it was within `seconds`, and leave nothing behind."""
        self._sight.turn_round(seconds)
        self._journal.on_drift = OnDrift.REASSERT
        while True:
            seen = self._look()
            told = self._drifting.fought(seen)
            if told:
                return Stuck(f"somebody else goes on writing what is put back: {told}")
            ended = self._retreat(decide_undo(seen, self._plan), seen)
            if ended is not None:
                return ended

    def _look(self) -> Seen:
        flight, site = self._flight, self._site
        stable, candidate = site.workload.observe(flight.stable), site.workload.observe(flight.candidate)
        weight = self._weight(candidate)
        return self._sight.seen(stable, candidate, weight, self._plan.coming(weight or 0))

    def _weight(self, candidate: VersionState | None) -> int | None:
        """Percent on the candidate; None when somebody has sent the users to neither version."""
        try:
            return self._sight.meant(self._site.router.read().share(self._flight.candidate), candidate)
        except InputError:
            return None

    def _refused(self, why: str, seen: Seen) -> Refused:
        self._watch.note_refusal(why)
        return Refused(why, seen.candidate.problem if seen.candidate else None)

    def _advance(self, decision: Forward, seen: Seen) -> Arrived | Refused | Held | Stuck | None:
        match decision:
            case Done(why):
                return Arrived(why)
            case Abort(why):
                return self._refused(why, seen)
            case Hold(why):
                return Held(why)
            case GiveUp(why):
                return Stuck(why)
            case _:
                self._drifting.insist(partial(self._do, decision, seen))
                return None

    def _do(self, decision: Forward, seen: Seen) -> None:
        acts = self._acts
        match decision:
            case Prepare(why):
                acts.prepare(why, seen, self._plan.coming(0))
            case ScaleFor(weight, instances, why):
                acts.scale(weight, instances, why, seen)
            case Await(why):
                self._watch.wait(why)
            case Promote(why):
                acts.promote(why, seen)
            case Remove(why):
                acts.remove(why)
            case _:
                self._send(decision, seen)

    def _send(self, decision: Forward, seen: Seen) -> None:
        match decision:
            case Shift(weight, why):
                self._acts.shift(weight, why, self._phase_of(weight, seen))
            case ReturnToStable(why, weight):
                self._acts.shift(weight, why, Phase.PROMOTING if weight else Phase.RETURNING)
            case Admit(rule, why):
                self._acts.match(rule, why)
            case Dismiss(why):
                self._acts.match(None, why)
            case Confirm():
                self._watch.confirm(seen.weight)
            case _:
                self._find_out(decision, seen)

    def _find_out(self, decision: Forward, seen: Seen) -> None:
        match decision:
            case CheckHealth(why):
                self._watch.ask_candidate(why, seen)
            case CheckStable(why):
                self._watch.ask_stable(why, seen)
            case Bake(why):
                self._watch.bake(why, seen)
            case Accept(weight, why):
                self._watch.accept(weight, why, seen)
            case _:
                raise AssertionError(f"{decision} is an ending, or a change")

    def _phase_of(self, weight: int, seen: Seen) -> Phase:
        """With nobody on it the candidate is prepared anew; beyond the last weight it is promoted."""
        if weight == 0:
            return Phase.PREPARING
        beyond = seen.accepted and self._plan.after(seen.weight) is None
        return Phase.PROMOTING if beyond or seen.phase.proven else Phase.WALKING

    def _retreat(self, decision: Backward, seen: Seen) -> Returned | Stuck | None:
        match decision:
            case Done(why):
                return Returned(why)
            case GiveUp(why):
                return Stuck(why)
            case _:
                self._drifting.insist(partial(self._undo, decision, seen))
                return None

    def _undo(self, decision: Backward, seen: Seen) -> None:
        match decision:
            case Prepare(why):
                self._acts.give_back(why, seen, Phase.UNDOING)
            case Await(why):
                self._watch.wait(why)
            case Shift(weight, why):
                self._acts.shift(weight, why, Phase.UNDOING)
            case Confirm():
                self._watch.confirm(0)
            case Dismiss(why):
                self._acts.match(None, why)
            case Restore(why):
                self._acts.restore(why)
            case Done() | GiveUp():
                raise AssertionError("endings are handled by the loop")
            case _:
                assert_never(decision)
