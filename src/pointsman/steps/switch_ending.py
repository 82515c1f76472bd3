"""How a blue-green switch ends: recorded, undone if need be, and told. `blue_green_switch.py` begins it."""

from __future__ import annotations

from dataclasses import replace

from pointsman.model.evidence import Check, Verdict
from pointsman.model.record import Flight
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem, VersionState
from pointsman.steps.at_rest import at_rest
from pointsman.steps.colour_acts import listed
from pointsman.steps.colours import Arrived, Colours, Held, Refused, Returned
from pointsman.steps.journal import Journal
from pointsman.steps.site import Site
from pointsman.steps.trouble import explained
from pointsman.strategy.blue_green import SUPERSEDED, Cleanup, Plan

STEP = "blue-green-switch"


class Switching:
    """One switch from take-off to its result. `timeout` in seconds is for the way forward."""

    def __init__(self, site: Site, journal: Journal, plan: Plan, timeout: float) -> None:
        self._site, self._journal, self._plan, self._timeout = site, journal, plan, timeout

    def fly(self, flight: Flight) -> Result:
        """Fly forward, and back when the candidate is refused."""
        colours = Colours(self._site, self._journal, flight, self._plan, self._timeout)
        ending = colours.forward()
        match ending:
            case Arrived(why):
                return self._arrived(flight, colours, why)
            case Held(why):
                return self._held(colours, why)
            case Refused(why, problem):
                return self._undone(flight, why, colours, problem)

    def undo(self, flight: Flight, why: str) -> Result:
        """Undo a flight that another run has left behind."""
        return self._undone(flight, why, Colours(self._site, self._journal, flight, self._plan, 0.0), None)

    def nothing(self, active: VersionState, why: str) -> Result:
        """The wanted version serves already: unchanged, if it is healthy."""
        check = at_rest(self._site, active.name)
        if check.verdict is Verdict.PASS:
            return self._told(Outcome.UNCHANGED, why, [check])
        return self._told(Outcome.UNHEALTHY, f"{why}, but it is not healthy: {check.detail}", [check])

    def _arrived(self, flight: Flight, colours: Colours, why: str) -> Result:
        candidate = self._site.workload.observe(flight.candidate)
        left = self._serving_number()
        not_updated = self._await_update(flight, colours)
        if candidate is not None:
            self._journal.good(candidate)
        sentence = f"{listed(flight.images)} serves on {flight.candidate}: {why}"
        self._journal.finish("switched", left, sentence)
        if not_updated:
            return self._told(Outcome.HELD, f"{sentence}; but {not_updated}", colours.checks)
        return self._told(Outcome.SWITCHED, sentence, colours.checks, self._next())

    def _held(self, colours: Colours, why: str) -> Result:
        self._journal.note("hold", why)
        self._journal.save()
        return self._told(Outcome.HELD, why, colours.checks, _HELD)

    def _undone(self, flight: Flight, why: str, colours: Colours, problem: Problem | None) -> Result:
        words = explained(self._site.workload, flight.candidate, problem)
        self._journal.note("reject", why)
        self._journal.mark_reason(why)
        ending = colours.back()
        if isinstance(ending, Returned):
            self._journal.finish("rejected", self._serving_number(), why)
            sentence = f"{listed(flight.images)} was rejected: {why}; users are on {flight.stable}"
            following = _SUPERSEDED if why.startswith(SUPERSEDED) else _REJECTED
            return replace(self._told(Outcome.REJECTED, sentence, colours.checks, following), problem=words)
        self._journal.note("stuck", ending.why)
        self._journal.save()
        sentence = f"{listed(flight.images)} was rejected ({why}), but undoing it did not complete: {ending.why}"
        return replace(self._told(Outcome.STUCK, sentence, colours.checks, _STUCK), problem=words)

    def _await_update(self, flight: Flight, colours: Colours) -> str:
        """With `cleanup: update` the old colour must come up with the new image too; why it did not, if so."""
        if self._plan.cleanup is not Cleanup.UPDATE:
            return ""
        site, name = self._site, f"{flight.stable} runs the new image too"
        started = site.clock.seconds()
        while (state := site.workload.observe(flight.stable)) is not None and not state.rolled_out:
            waited, waiting = site.clock.seconds() - started, state.waiting_for(state.desired)
            if state.problem or waited > self._timeout:
                trouble = state.problem.sentence() if state.problem else waiting
                colours.checks.append(Check(name, Verdict.FAIL, trouble))
                return f"{flight.stable} did not come up with the new image: {trouble}"
            site.progress.waiting(waiting, waited, self._timeout)
            site.workload.wait(5.0)
        colours.checks.append(Check(name, Verdict.PASS, "rolled out"))
        return ""

    def _serving_number(self) -> int:
        serving = self._journal.record.serving
        return serving.number if serving else 0

    def _next(self) -> tuple[str, ...]:
        back = f"to go back: pointsman rollback --service {self._site.service}"
        if self._plan.cleanup is Cleanup.KEEP:
            return (back, "the version users have left still runs, so going back takes seconds")
        return (back,)

    def _told(self, outcome: Outcome, why: str, checks: list[Check], following: tuple[str, ...] = ()) -> Result:
        serving = self._site.serving()
        state = self._site.workload.observe(serving) if serving else None
        outputs = {
            "active": serving,
            "previous": self._site.other(serving) if serving else "",
            "image": listed(state.images) if state else "",
            "digest": listed(state.digests) if state else "",
        }
        return Result(
            STEP,
            self._site.service,
            outcome,
            why,
            changes=tuple(self._journal.changes),
            checks=tuple(checks),
            timeline=tuple(self._journal.timeline),
            following=following,
            outputs=outputs,
        )


_HELD = (
    "nothing was lost: run the same command again to go on, or `pointsman rollback` to undo",
    "see the check table for what could not be observed",
)
_REJECTED = (
    "users were kept on, or returned to, the version that was good",
    "see what failed above, correct it, then run again",
)
_SUPERSEDED = (
    "a newer release asked this one to give way; everything of this one was undone first",
    "look at the newer run; there is nothing to do here",
)
_STUCK = (
    "a person is needed now: `pointsman status` shows where the release stands",
    "bring the stable version's pods up, then run `pointsman rollback`: it goes on where this run ended",
)
