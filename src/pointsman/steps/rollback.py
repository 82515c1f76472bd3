"""rollback: undo what is in flight, or return users to the last version that was verified good.

The target is looked at before anything moves, gets its capacity back, is verified, then gets the users, and only
then is the version they left drained. With nothing to undo it changes nothing and exits 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from pointsman.model.drift import OnDrift
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.evidence import Check
from pointsman.model.record import Flight, GoodVersion
from pointsman.model.result import Outcome, Result
from pointsman.model.version import Problem, VersionState, snapshot_of
from pointsman.steps import rollback_canary
from pointsman.steps.canary_flight import CanaryFlight
from pointsman.steps.colour_acts import listed
from pointsman.steps.colours import Arrived, Colours, Returned, Stuck
from pointsman.steps.journal import Journal, locked
from pointsman.steps.site import CanaryPorts, Desk, Routed, Site
from pointsman.steps.trouble import explained
from pointsman.strategy.blue_green import Cleanup, Plan, needed_for
from pointsman.strategy.canary_seen import CANARY
from pointsman.strategy.rollback import AbortFlight, Nothing, PreviousRevision, ReturnTo, Scope, Unknown, target_of

STEP = "rollback"
_PLAN = Plan(bake=0.0, cleanup=Cleanup.SCALE_DOWN, trust_readiness=True, on_drift=OnDrift.REASSERT)


@dataclass(frozen=True)
class RollbackInputs:
    """What the user asked for; times in seconds. `to_revision` is a number of the verified-good history."""

    timeout: float
    lock_wait: float
    to_revision: int | None = None
    reason: str = ""
    dry_run: bool = False
    scope: Scope = Scope.RELEASE


def run(site: Routed, inputs: RollbackInputs) -> Result:
    """Roll the service back as far as its record tells."""
    if inputs.dry_run:
        return _planned(site, inputs)
    journal = Journal(site, OnDrift.REASSERT)
    with locked(site, journal, inputs.lock_wait):
        target = target_of(journal.record, inputs.to_revision, inputs.scope)
        if inputs.reason:
            journal.note("reason", inputs.reason)
        match target:
            case AbortFlight(flight, why):
                return abort_flight(site, journal, inputs, flight, why)
            case ReturnTo(version, why):
                return _return(site, journal, inputs, version, why)
            case PreviousRevision(why):
                return _nothing(site, journal, f"{_serving(site)}; {why}, so nothing is known to return to")
            case Nothing(why):
                return _nothing(site, journal, why)
            case Unknown(wanted, known):
                raise unknown_revision(wanted, known)
            case _:
                assert_never(target)


def without_record(site: Desk, inputs: RollbackInputs) -> Result:
    """A rollback of a service of which no record tells anything, and whose router names no colour: it changes nothing.
    Raises InputError for a revision that was asked for, ConflictError when a release had begun by the time the lock
    was ours."""
    if inputs.dry_run:
        return _unknown_past(site, inputs, Outcome.PLANNED)
    journal = Journal(site)
    with locked(site, journal, inputs.lock_wait):
        if journal.record.flight is not None or journal.record.serving is not None:
            raise ConflictError(f"a release of {site.service} has begun meanwhile", "run again: it is undone then")
        return replace(_unknown_past(site, inputs, Outcome.UNCHANGED), timeline=tuple(journal.timeline))


def _unknown_past(site: Desk, inputs: RollbackInputs, outcome: Outcome) -> Result:
    target = target_of(None, inputs.to_revision, inputs.scope)
    if isinstance(target, Unknown):
        raise unknown_revision(target.wanted, target.known)
    why = f"nothing was released to {site.service} by pointsman, so nothing is known to return to"
    advice = "to put the previous revision of a Deployment back: pointsman rollback --workload deployment/NAME"
    return Result(STEP, site.service, outcome, why, following=(advice,))


def undo(site: Routed, inputs: RollbackInputs, release: str) -> Result:
    """Undo the flight of `release` and nothing else; unchanged when that is not in flight any more."""
    journal = Journal(site)
    with locked(site, journal, inputs.lock_wait):
        flight = journal.record.flight
        if flight is None or flight.release != release:
            return _nothing(site, journal, f"{release} is not in flight any more")
        # First of all it is written down that it is being undone: who comes after us then finishes that.
        journal.intend("undo", inputs.reason, "undoing")
        return abort_flight(site, journal, inputs, flight, f"undoing the release of {listed(flight.images)}")


def abort_flight(site: Routed, journal: Journal, inputs: RollbackInputs, flight: Flight, why: str) -> Result:
    """Undo `flight`, under the lock; a rollback that did not finish is gone on with."""
    if flight.action == STEP and flight.phase != "undoing":
        journal.say("an earlier rollback did not finish; going on with it")
        return _fly(site, journal, inputs, flight)
    journal.say(why)
    journal.mark_reason(inputs.reason or "rollback was asked for")
    colours = _way(site, journal, inputs, flight)
    ending = colours.back(inputs.timeout)
    if isinstance(ending, Returned):
        left = journal.record.serving.number if journal.record.serving else 0
        journal.finish("rolled-back", left, ending.why)
        sentence = f"the release of {listed(flight.images)} was undone: {ending.why}"
        return _result(site, journal, Outcome.ROLLED_BACK, sentence, colours.checks)
    return _stuck(site, journal, f"undoing {listed(flight.images)}: {ending.why}", colours.checks)


def _way(site: Routed, journal: Journal, inputs: RollbackInputs, flight: Flight) -> Colours | CanaryFlight:
    if flight.strategy == CANARY:
        return CanaryFlight(site, journal, flight, rollback_canary.plan(inputs.timeout))
    return Colours(site, journal, flight, _PLAN, inputs.timeout)


def _return(site: Routed, journal: Journal, inputs: RollbackInputs, version: GoodVersion, why: str) -> Result:
    last = journal.record.last
    if isinstance(site, Site) and last is not None and last.outcome == Outcome.PROMOTED.value:
        advice = "name its stable and its candidate version instead of two colours"
        raise InputError(f"the last release of {site.service} was a canary, not a switch", advice)
    serving = site.router.read().serving
    current = site.workload.observe(serving)
    if current is not None and _serves(current, version):
        return _nothing(site, journal, f"{listed(version.images)} serves already")
    flight = _flight(site, inputs, serving, current, version)
    journal.say(why)
    return _fly(site, journal, inputs, flight)


def _flight(
    site: Routed, inputs: RollbackInputs, serving: str, current: VersionState | None, version: GoodVersion
) -> Flight:
    if isinstance(site, CanaryPorts):
        return rollback_canary.flight_to(site, version, inputs.reason)
    if not isinstance(site, Site):
        raise AssertionError("a service has two colours, or a canary")
    target = version.workload if version.workload != serving else site.other(serving)
    return Flight(
        release=f"rollback to {version.number}",
        action="rollback",
        stable=serving,
        candidate=target,
        images=dict(version.images),
        before=snapshot_of(site.workload.observe(target)),
        needed=needed_for(current),
        started=site.clock.now(),
        run=site.run,
        reason=inputs.reason,
        template=version.template if target == version.workload else "",
    )


def _fly(site: Routed, journal: Journal, inputs: RollbackInputs, flight: Flight) -> Result:
    colours = _way(site, journal, inputs, flight)
    ending = colours.forward()
    if isinstance(ending, Arrived):
        back = flight.stable if flight.strategy == CANARY else flight.candidate
        record_return(journal, flight, site.workload.observe(back))
        sentence = f"users are back on {listed(flight.images)} ({site.serving()})"
        journal.finish("rolled-back", 0, sentence)
        return _result(site, journal, Outcome.ROLLED_BACK, sentence, colours.checks)
    problem = getattr(ending, "problem", None)
    words = explained(site.workload, flight.candidate, problem)
    journal.note("stuck", ending.why)
    if isinstance(ending, Stuck):
        return _stuck(site, journal, ending.why, colours.checks, words)
    undone = colours.back()
    where = "users are where they were" if isinstance(undone, Returned) else undone.why
    if isinstance(undone, Returned):
        journal.finish("stuck", 0, ending.why)
    return _stuck(
        site,
        journal,
        f"{flight.candidate} did not come to health: {ending.why}; {where}",
        colours.checks,
        words,
    )


def record_return(journal: Journal, flight: Flight, state: VersionState | None) -> None:
    """Users are back on `state`: the version that the record knows already, or a new one in it."""
    known = next(
        (one for one in journal.record.known() if dict(one.images) == dict(flight.images)),
        None,
    )
    if known and state:
        journal.returned_to(replace(known, workload=state.name, template=state.revision, digests=dict(state.digests)))
    elif state:
        journal.good(state)


def _serves(current: VersionState, version: GoodVersion) -> bool:
    same_template = current.name != version.workload or current.revision == version.template
    return dict(current.images) == dict(version.images) and same_template and current.ready > 0


def _serving(site: Routed) -> str:
    serving = site.router.read().serving
    state = site.workload.observe(serving)
    return f"{serving} serves {listed(state.images)}" if state else f"{serving} should serve, and does not exist"


def _nothing(site: Routed, journal: Journal, why: str) -> Result:
    journal.say(why)
    return _result(site, journal, Outcome.UNCHANGED, why, [])


def _stuck(site: Routed, journal: Journal, why: str, checks: list[Check], problem: Problem | None = None) -> Result:
    journal.note("stuck", why)
    journal.save()
    result = _result(site, journal, Outcome.STUCK, f"the rollback did not complete: {why}", checks)
    return replace(result, problem=problem, following=_ADVICE)


def _result(site: Routed, journal: Journal, outcome: Outcome, why: str, checks: list[Check]) -> Result:
    serving = site.serving()
    state = site.workload.observe(serving) if serving else None
    outputs = {
        "active": serving,
        "image": listed(state.images) if state else "",
        "digest": listed(state.digests) if state else "",
        "revision": str(journal.record.serving.number) if journal.record.serving else "",
    }
    return Result(
        STEP,
        site.service,
        outcome,
        why,
        changes=tuple(journal.changes),
        checks=tuple(checks),
        timeline=tuple(journal.timeline),
        outputs=outputs,
    )


def _planned(site: Routed, inputs: RollbackInputs) -> Result:
    record = site.records.load()
    target = target_of(record, inputs.to_revision, inputs.scope)
    if isinstance(target, Unknown):
        raise unknown_revision(target.wanted, target.known)
    return Result(STEP, site.service, Outcome.PLANNED, f"would act so: {target.why}")


def unknown_revision(wanted: str, known: tuple[int, ...]) -> InputError:
    """The refusal of a revision that is not in the history, with those that are."""
    listed = ", ".join(str(number) for number in known) or "none"
    return InputError(f"revision {wanted} is not in the verified-good history", f"known revisions: {listed}")


_ADVICE = (
    "a person is needed now: `pointsman status` shows where the release stands",
    "look at the failing pods below; repair them or name another version with --to-revision, then run rollback again",
)
