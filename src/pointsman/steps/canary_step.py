"""canary-step: send users to the new version weight by weight, on evidence, and let stable take it over at the end.

One call walks all weights, or goes to one of them and leaves the release in flight there for a later job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pointsman.model.errors import InputError, RemoteError, SourceDown
from pointsman.model.evidence import Check, Verdict
from pointsman.model.image import ImageChange
from pointsman.model.record import Flight
from pointsman.model.result import Change, Outcome, Result
from pointsman.model.version import VersionState, snapshot_of
from pointsman.ports.router import MatchesRequests
from pointsman.steps.canary_ending import STEP, Canary
from pointsman.steps.canary_plan import planned_changes
from pointsman.steps.colour_acts import listed
from pointsman.steps.colours import UNDO_SECONDS
from pointsman.steps.guarding import guarded, planned_dead_man, post_dead_man
from pointsman.steps.journal import Journal, locked
from pointsman.steps.judging import Judging
from pointsman.steps.site import CanarySite
from pointsman.steps.unfinished import becomes, is_asked_for, refuse_other_actions
from pointsman.strategy.canary_seen import CANARY, Phase, Plan
from pointsman.strategy.capacity import whole_of

_GIVING_WAY = 60.0  # seconds until the other run has seen it, finished the request in flight, and reported


@dataclass(frozen=True)
class CanaryInputs:
    """What the user asked for; `lock_wait` in seconds. Without `image`, the release in flight goes on, or what the
    candidate runs already is released. `supersede` asks an older run that is under way to give way."""

    image: ImageChange | None
    plan: Plan
    lock_wait: float
    dry_run: bool = False
    supersede: bool = False

    @property
    def wait(self) -> float:
        """Seconds to wait for the lock: a run that was asked to give way may need all the time of an undo."""
        return max(self.lock_wait, UNDO_SECONDS + _GIVING_WAY) if self.supersede else self.lock_wait


@dataclass(frozen=True)
class _Intended:
    """The release that the inputs mean, given what stable runs."""

    stable: VersionState
    candidate: VersionState | None
    images: Mapping[str, str]


def run(site: CanarySite, inputs: CanaryInputs) -> Result:
    """Do one canary or one step of it, resume an unfinished one, or say that nothing is to do."""
    inputs = replace(inputs, plan=site.fitted(inputs.plan))
    if inputs.dry_run:
        return _planned(site, inputs)
    _refuse_early(site, inputs)
    journal = Journal(site, inputs.plan.on_drift)
    with locked(site, journal, inputs.wait, inputs.supersede), guarded(site, journal):
        return _release(site, journal, inputs)


def _refuse_early(site: CanarySite, inputs: CanaryInputs) -> None:
    """Every reason to refuse comes before the first write: also a question that can never be answered."""
    _refuse_testers(site, inputs.plan)
    record = site.records.load()
    idle = record is None or record.flight is None
    begins = idle and not _serves_already(site, _intended(site, inputs))
    silence = _silence(site)
    if silence is not None and begins:  # one in flight has its users already: going on holds it, and can still undo it
        blind = f"no release begins whose metrics cannot be read: {silence.message}"
        raise SourceDown(blind, silence.advice) from silence


def _silence(site: CanarySite) -> RemoteError | None:
    """Why the source of metrics cannot be asked now. Raises InputError for a question that can never be answered."""
    try:
        site.metrics.check()
    except RemoteError as reason:
        return reason
    return None


def _refuse_testers(site: CanarySite, plan: Plan) -> None:
    if plan.testers is not None and not isinstance(site.router, MatchesRequests):
        raise InputError("this router cannot tell testers apart", "leave the rule for testers out")


def _release(site: CanarySite, journal: Journal, inputs: CanaryInputs) -> Result:
    judging = Judging(site.clock, site.metrics, site.judge, site.look_every)
    canary = Canary(site, journal, inputs.plan, judging)
    unfinished = journal.record.flight
    if unfinished is not None:
        ended = _go_on(site, journal, inputs, canary, unfinished)
        if ended is not None:
            return ended
    wanted = _intended(site, inputs)
    if _serves_already(site, wanted):
        return canary.nothing(f"{listed(wanted.images)} serves already, on {wanted.stable.name}")
    _remember_stable(journal, wanted.stable)
    return canary.fly(_flight(site, wanted))


def _go_on(site: CanarySite, journal: Journal, inputs: CanaryInputs, canary: Canary, flight: Flight) -> Result | None:
    """A release in flight: go on with it when it is the same one, else undo it completely first (None: undone)."""
    refuse_other_actions(site.service, flight, CANARY)
    same = is_asked_for(inputs.image, flight)
    if same and flight.phase != Phase.UNDOING.value and _is_there(site, inputs.plan, flight):
        return canary.nothing(f"{listed(flight.images)} has {flight.weight} % of the requests already")
    post_dead_man(site, journal, flight.release)
    if same and flight.phase == Phase.UNDOING.value:
        journal.say(f"finishing the undo of {listed(flight.images)}")
        return canary.undo(flight, flight.reason)
    if same:
        journal.say(f"going on with {listed(flight.images)}, begun {flight.started}, at {flight.weight} %")
        return canary.fly(flight)
    journal.say(f"an unfinished release of {listed(flight.images)} stands in the way; undoing it first")
    undone = canary.undo(flight, flight.reason or "a newer release came")
    return undone if undone.outcome is Outcome.STUCK else None


def _is_there(site: CanarySite, plan: Plan, flight: Flight) -> bool:
    """True when the plan ends where the release stands, and the route still says so."""
    if plan.promote or flight.phase != Phase.WALKING.value:
        return False
    proven = any(one.weight == flight.weight for one in flight.reached)
    written = site.router.read().share(flight.candidate) if site.serving() else None
    return proven and plan.after(flight.weight) is None and written == flight.weight


def _intended(site: CanarySite, inputs: CanaryInputs) -> _Intended:
    stable, candidate = site.workload.observe(site.stable), site.workload.observe(site.candidate)
    if stable is None:
        raise InputError(f"{site.stable}, which {site.service} should serve, does not exist", "check --stable")
    if inputs.image is not None:
        return _Intended(stable, candidate, inputs.image.applied_to(_base(stable, candidate)))
    if candidate is None:
        raise InputError(
            "no release is in flight and no --image was given", f"give --image, or create {site.candidate} first"
        )
    return _Intended(stable, candidate, dict(candidate.images))


def _serves_already(site: CanarySite, wanted: _Intended) -> bool:
    return dict(wanted.images) == dict(wanted.stable.images) and site.router.read().weight == 0


def _base(stable: VersionState, candidate: VersionState | None) -> dict[str, str]:
    """What the candidate runs beside the new image: what stable runs, as far as the candidate has such containers."""
    if candidate is None:
        return dict(stable.images)
    return {container: stable.images.get(container, image) for container, image in candidate.images.items()}


def _remember_stable(journal: Journal, stable: VersionState) -> None:
    """What serves before the first release we see was good enough to return to, if it is healthy now."""
    serving = journal.record.serving
    known = serving is not None and serving.workload == stable.name and serving.template == stable.revision
    if not known and stable.rolled_out and stable.ready > 0:
        journal.good(stable)


def _flight(site: CanarySite, wanted: _Intended) -> Flight:
    started = site.clock.now()
    return Flight(
        release=site.release_key or f"{listed(wanted.images)}@{started}",
        action=CANARY,
        strategy=CANARY,
        stable=site.stable,
        candidate=site.candidate,
        images=dict(wanted.images),
        before=snapshot_of(wanted.candidate),
        needed=whole_of(wanted.stable, 1),
        started=started,
        run=site.run,
        stable_images=dict(wanted.stable.images),
        stable_instances=wanted.stable.desired,
        route=site.route,
    )


def _planned(site: CanarySite, inputs: CanaryInputs) -> Result:
    """The dry run: nothing is written, not even the lock. What would be refused is refused here, too, but for a source
    of metrics that does not answer: it may be out of reach from here alone, so that is only told."""
    _refuse_testers(site, inputs.plan)
    record = site.records.load()
    if record is not None and record.flight is not None:
        return _with_source(site, _planned_in_flight(site, inputs, record.flight))
    wanted = _intended(site, inputs)
    if dict(wanted.images) == dict(wanted.stable.images):
        return Result(STEP, site.service, Outcome.PLANNED, f"nothing to do: {listed(wanted.images)} serves already")
    changes = planned_changes(site, inputs.plan, wanted.stable, wanted.candidate, wanted.images)
    why = f"would release {listed(wanted.images)} on {site.candidate}"
    changed = (*planned_dead_man(site), *changes)
    return _with_source(site, Result(STEP, site.service, Outcome.PLANNED, why, changes=changed))


def _planned_in_flight(site: CanarySite, inputs: CanaryInputs, flight: Flight) -> Result:
    """What would become of a release that is in flight; how far a run gets with it, its evidence decides."""
    refuse_other_actions(site.service, flight, CANARY)
    then, weight = becomes(flight.phase == Phase.UNDOING.value, is_asked_for(inputs.image, flight)), "0 %"
    if not then and _is_there(site, inputs.plan, flight):
        then, weight = "it is where this plan ends, so nothing would happen", f"{flight.weight} %"
    elif not then:
        then, weight = "it would go on", "as this plan goes on"
    why = f"a release of {listed(flight.images)} is in flight at {flight.weight} %; {then}"
    change = Change(f"route of {site.service}", "weight", f"{flight.weight} %", weight)
    changes = (change,) if change.old != change.new else ()
    return Result(STEP, site.service, Outcome.PLANNED, why, changes=changes)


def _with_source(site: CanarySite, planned: Result) -> Result:
    """The plan, and whether its evidence could be had."""
    name, silence = "the source of metrics answers", _silence(site)
    if silence is None:
        return replace(planned, checks=(Check(name, Verdict.PASS, "it was asked just now"),))
    why = f"{planned.why}; its metrics cannot be read now, and nothing goes on before they can"
    check = Check(name, Verdict.SOURCE_DOWN, silence.message)
    return replace(planned, why=why, checks=(check,), following=(silence.advice,))
