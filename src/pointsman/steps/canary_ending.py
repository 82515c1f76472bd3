"""How a canary ends, or stops on its way: recorded, undone if need be, and told. `canary_step.py` begins it."""

from __future__ import annotations

from dataclasses import asdict, replace

from pointsman.model.evidence import Check, Verdict
from pointsman.model.record import Flight
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem, VersionState
from pointsman.ports.judge import Opinion
from pointsman.steps.at_rest import at_rest
from pointsman.steps.canary_flight import CanaryFlight
from pointsman.steps.colour_acts import listed
from pointsman.steps.colours import Arrived, Held, Refused, Returned, Stuck
from pointsman.steps.journal import Journal
from pointsman.steps.judging import Judging
from pointsman.steps.site import CanaryPorts
from pointsman.steps.trouble import explained
from pointsman.strategy.blue_green import SUPERSEDED
from pointsman.strategy.canary_seen import Phase, Plan

STEP = "canary-step"


class Canary:
    """One canary from take-off, or from where an earlier run left it, to its result; `step` is who tells it. Without
    `judging` nothing is measured: that is for a plan that waits for no evidence."""

    def __init__(
        self, site: CanaryPorts, journal: Journal, plan: Plan, judging: Judging | None = None, step: str = STEP
    ) -> None:
        self._site, self._journal, self._plan = site, journal, plan
        self._judging, self._step = judging, step

    def fly(self, flight: Flight) -> Result:
        """Fly as far as the plan goes, and back when the candidate is refused. Raises InputError when the judge was
        asked something else before."""
        if self._judging is not None:
            self._judging.resume(flight.judge)
        canary = CanaryFlight(self._site, self._journal, flight, self._plan, self._judging)
        ending = canary.forward()
        match ending:
            case Arrived(why):
                # A promotion that an earlier run began has been finished, whatever this one was asked for.
                over = self._plan.promote or Phase(self._flight().phase).proven
                return self._promoted(canary, why) if over else self._advanced(canary, why)
            case Held(why):
                return self._held(canary, why)
            case Stuck(why):
                return self._stuck(canary, why)
            case Refused(why, problem):
                return self._undone(flight, why, canary, problem)

    def undo(self, flight: Flight, why: str) -> Result:
        """Undo a flight that another run has left behind."""
        return self._undone(flight, why, CanaryFlight(self._site, self._journal, flight, self._plan), None)

    def nothing(self, why: str) -> Result:
        """What was asked for is there already: unchanged, if what serves is healthy."""
        check = at_rest(self._site, self._site.stable)
        if check.verdict is Verdict.PASS:
            return self._told(Outcome.UNCHANGED, why, [check])
        return self._told(Outcome.UNHEALTHY, f"{why}, but it is not healthy: {check.detail}", [check])

    def _promoted(self, canary: CanaryFlight, why: str) -> Result:
        """Stable is looked at once more: what is called good is what users get."""
        flight, left = self._flight(), self._serving_number()
        stable = self._site.workload.observe(flight.stable)
        if stable is not None:
            self._journal.good(stable)
            canary.checks.append(Check(f"{stable.name} runs what was proven", Verdict.PASS, _runs(stable)))
        sentence = f"{listed(flight.images)} serves on {flight.stable}: {why}"
        told = self._told(Outcome.PROMOTED, sentence, canary.checks)
        self._journal.finish(Outcome.PROMOTED.value, left, sentence)
        return told

    def _advanced(self, canary: CanaryFlight, why: str) -> Result:
        self._note("advance", why)
        return self._told(Outcome.ADVANCED, why, canary.checks, self._advanced_following())

    def _held(self, canary: CanaryFlight, why: str) -> Result:
        self._note("hold", why)
        source = self._judging.advice if self._judging else ""
        return self._told(Outcome.HELD, why, canary.checks, (source, *_HELD) if source else _HELD)

    def _stuck(self, canary: CanaryFlight, why: str) -> Result:
        self._note("stuck", why)
        stable = self._site.workload.observe(self._site.stable)
        words = explained(self._site.workload, self._site.stable, stable.problem if stable else None)
        sentence = f"the promotion did not complete: {why}"
        return replace(self._told(Outcome.STUCK, sentence, canary.checks, _PROMOTION_STUCK), problem=words)

    def _undone(self, flight: Flight, why: str, canary: CanaryFlight, problem: Problem | None) -> Result:
        words = explained(self._site.workload, flight.candidate, problem)
        self._journal.note("reject", why)
        self._journal.mark_reason(why)
        ending = canary.back()
        if isinstance(ending, Returned):
            sentence = f"{listed(flight.images)} was rejected: {why}; users are on {flight.stable}"
            following = _SUPERSEDED if why.startswith(SUPERSEDED) else _REJECTED
            told = replace(self._told(Outcome.REJECTED, sentence, canary.checks, following), problem=words)
            self._journal.finish(Outcome.REJECTED.value, self._serving_number(), why)
            return told
        self._note("stuck", ending.why)
        sentence = f"{listed(flight.images)} was rejected ({why}), but undoing it did not complete: {ending.why}"
        return replace(self._told(Outcome.STUCK, sentence, canary.checks, _UNDO_STUCK), problem=words)

    def _note(self, kind: str, why: str) -> None:
        """It ends here for now; what the judge knows is kept for the run that goes on."""
        flight = self._journal.record.flight
        if flight is not None and self._judging is not None:
            self._journal.amend(replace(flight, judge=self._judging.state()))
        self._journal.note(kind, why)
        self._journal.save()

    def _flight(self) -> Flight:
        flight = self._journal.record.flight
        if flight is None:
            raise AssertionError("a flight that arrived is in the record until it is finished")
        return flight

    def _serving_number(self) -> int:
        serving = self._journal.record.serving
        return serving.number if serving else 0

    def _advanced_following(self) -> tuple[str, ...]:
        service = self._site.service
        return (
            f"go on with a higher weight, or promote it without more: pointsman promote --service {service}",
            f"to go back: pointsman rollback --service {service}",
        )

    def _told(self, outcome: Outcome, why: str, checks: list[Check], following: tuple[str, ...] = ()) -> Result:
        flight, opinion = self._journal.record.flight, self._opinion()
        stable = self._site.workload.observe(self._site.stable)
        reached = flight.reached if flight else ()
        outputs = {
            "weight": str(self._weight()),
            "verdict": opinion.verdict.value if opinion else (reached[-1].verdict if reached else ""),
            "stable": self._site.stable,
            "image": listed(stable.images) if stable else "",
            "digest": listed(stable.digests) if stable else "",
            "candidate-image": listed(flight.images) if flight else "",
        }
        return Result(
            self._step,
            self._site.service,
            outcome,
            why,
            changes=tuple(self._journal.changes),
            checks=(*checks, *(opinion.checks if opinion else ())),
            timeline=tuple(self._journal.timeline),
            following=following,
            outputs=outputs,
            details={
                "weights": [asdict(one) for one in reached],
                "evidence": dict(opinion.details) if opinion else {},
                "walk": self._judging.walk.strides if self._judging else (),
            },
        )

    def _opinion(self) -> Opinion | None:
        """The judge's last word; while stable is replaced, the one on which that began."""
        flight = self._journal.record.flight
        if self._judging is None:
            return None
        proven = flight is not None and Phase(flight.phase).proven
        return self._judging.accepted if proven else self._judging.opinion

    def _weight(self) -> int:
        """Percent of the requests that are written to reach the candidate."""
        serving = self._site.serving()
        return self._site.router.read().share(self._site.candidate) if serving else 0


def _runs(state: VersionState) -> str:
    return f"{state.ready} ready, {listed(state.digests or state.images)}"


_HELD = (
    "nothing was lost: run the same command again to go on, or `pointsman rollback` to undo",
    "see the check table for what is not known yet",
)
_REJECTED = (
    "users were kept on, or returned to, the version that was good",
    "see what failed above, correct it, then run again",
)
_SUPERSEDED = (
    "a newer release asked this one to give way; everything of this one was undone first",
    "look at the newer run; there is nothing to do here",
)
_PROMOTION_STUCK = (
    "a person is needed now: users are served by the proven candidate, which must not be removed",
    "repair stable, then run the same command again: it goes on with the promotion",
    "or give up the release with `pointsman rollback`: stable gets its former version back before users return",
)
_UNDO_STUCK = (
    "a person is needed now: `pointsman status` shows where the release stands",
    "bring the stable version's pods up, then run `pointsman rollback`: it goes on where this run ended",
)
