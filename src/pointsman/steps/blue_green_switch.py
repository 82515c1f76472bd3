"""blue-green-switch: make the idle colour ready, prove it, send all users to it, watch it, and undo it if it is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.model.errors import InputError
from pointsman.model.image import ImageChange
from pointsman.model.record import Flight
from pointsman.model.result import Change, Outcome, Result
from pointsman.model.version import VersionState, snapshot_of
from pointsman.steps.adopting import adopt, is_coloured, planned_adoption
from pointsman.steps.colour_acts import listed
from pointsman.steps.colours import UNDO_SECONDS
from pointsman.steps.guarding import guarded, planned_dead_man, post_dead_man
from pointsman.steps.journal import Journal, locked
from pointsman.steps.site import Site
from pointsman.steps.switch_ending import STEP, Switching
from pointsman.steps.switch_plan import planned_changes
from pointsman.steps.unfinished import becomes, is_asked_for, refuse_other_actions
from pointsman.strategy.blue_green import Plan, needed_for

_ACTION = "switch"
_GIVING_WAY = 60.0  # seconds until the other run has seen it, finished the request in flight, and reported


@dataclass(frozen=True)
class SwitchInputs:
    """What the user asked for; times in seconds. `adopt` names a plain Deployment to make colours of, `supersede`
    asks an older switch that is under way to give way."""

    image: ImageChange | None
    plan: Plan
    timeout: float
    lock_wait: float
    adopt: str = ""
    dry_run: bool = False
    supersede: bool = False

    @property
    def wait(self) -> float:
        """Seconds to wait for the lock: a run that was asked to give way may need all the time of an undo."""
        return max(self.lock_wait, UNDO_SECONDS + _GIVING_WAY) if self.supersede else self.lock_wait


@dataclass(frozen=True)
class _Intended:
    """The release that the inputs mean, given what serves now."""

    active: VersionState
    idle: VersionState | None
    idle_name: str
    images: Mapping[str, str]
    serves_already: bool


def run(site: Site, inputs: SwitchInputs) -> Result:
    """Do one blue-green release, resume an unfinished one, or say that nothing is to do."""
    if inputs.dry_run:
        return _planned(site, inputs)
    if not inputs.adopt:
        _intended(site, inputs)  # every reason to refuse comes before the first write
    journal = Journal(site, inputs.plan.on_drift)
    with locked(site, journal, inputs.wait, inputs.supersede), guarded(site, journal):
        if inputs.adopt:
            adopt(site, journal, inputs.adopt, inputs.timeout)
        return _release(site, journal, inputs)


def _release(site: Site, journal: Journal, inputs: SwitchInputs) -> Result:
    switching = Switching(site, journal, inputs.plan, inputs.timeout)
    unfinished = journal.record.flight
    if unfinished is not None:
        ended = _finish_older(site, journal, inputs, switching, unfinished)
        if ended is not None:
            return ended
    wanted = _intended(site, inputs)
    reason = _nothing_to_do(site, journal, inputs, wanted)
    if reason:
        return switching.nothing(wanted.active, reason)
    _remember_stable(journal, wanted.active)
    return switching.fly(_flight(site, wanted))


def _finish_older(
    site: Site, journal: Journal, inputs: SwitchInputs, switching: Switching, flight: Flight
) -> Result | None:
    """A release that died: go on with it when it is the same one, else undo it completely first (None: undone)."""
    refuse_other_actions(site.service, flight, _ACTION)
    post_dead_man(site, journal, flight.release)
    same = is_asked_for(inputs.image, flight)
    if same and flight.phase == "undoing":
        journal.say(f"finishing the undo of {listed(flight.images)}")
        return switching.undo(flight, flight.reason)
    if same:
        journal.say(f"resuming the release of {listed(flight.images)} begun {flight.started}")
        return switching.fly(flight)
    journal.say(f"an unfinished release of {listed(flight.images)} stands in the way; undoing it first")
    undone = switching.undo(flight, flight.reason or "a newer release came")
    return undone if undone.outcome is Outcome.STUCK else None


def _intended(site: Site, inputs: SwitchInputs) -> _Intended:
    serving = site.router.read().serving
    idle_name = site.other(serving)
    active, idle = site.workload.observe(serving), site.workload.observe(idle_name)
    if active is None:
        raise InputError(f"{serving}, which {site.service} should serve, does not exist", "check --blue and --green")
    if inputs.image is not None:
        images = inputs.image.applied_to(_base(active, idle))
        return _Intended(active, idle, idle_name, images, inputs.image.applied_to(active.images) == dict(active.images))
    if idle is None:
        raise InputError(f"{idle_name} does not exist and no --image was given", "give --image, or create it first")
    # Two colours with one image may still differ in configuration; then a switch means something.
    same = dict(idle.images) == dict(active.images) and idle.revision == active.revision
    return _Intended(active, idle, idle_name, dict(idle.images), same)


def _base(active: VersionState, idle: VersionState | None) -> dict[str, str]:
    """What the candidate runs beside the new image: what stable runs, as far as the candidate has such containers."""
    if idle is None:
        return dict(active.images)
    return {container: active.images.get(container, image) for container, image in idle.images.items()}


def _nothing_to_do(site: Site, journal: Journal, inputs: SwitchInputs, wanted: _Intended) -> str:
    """Why there is nothing to do; empty when there is something."""
    if wanted.serves_already:
        return f"{listed(wanted.active.images)} serves already, on {wanted.active.name}"
    if inputs.image is not None:
        return ""
    last = journal.record.last
    if site.release_key and last and last.release == site.release_key:
        return f"this run has switched to {wanted.active.name} already"
    if wanted.idle is not None and _was_left(journal, wanted.idle):
        return f"{wanted.idle_name} still runs what users have left; put a new version on it, or use rollback to return"
    return ""


def _was_left(journal: Journal, idle: VersionState) -> bool:
    left = journal.record.good(journal.record.last.left) if journal.record.last else None
    return left is not None and left.workload == idle.name and left.template == idle.revision


def _remember_stable(journal: Journal, active: VersionState) -> None:
    """What serves before the first release we see was good enough to return to, if it is healthy now."""
    serving = journal.record.serving
    known = serving is not None and serving.workload == active.name and serving.template == active.revision
    if not known and active.rolled_out and active.ready > 0:
        journal.good(active)


def _flight(site: Site, wanted: _Intended) -> Flight:
    started = site.clock.now()
    return Flight(
        release=site.release_key or f"{listed(wanted.images)}@{started}",
        action=_ACTION,
        stable=wanted.active.name,
        candidate=wanted.idle_name,
        images=dict(wanted.images),
        before=snapshot_of(wanted.idle),
        needed=needed_for(wanted.active),
        started=started,
        run=site.run,
        stable_images=dict(wanted.active.images),
        stable_instances=wanted.active.desired,
    )


def _planned(site: Site, inputs: SwitchInputs) -> Result:
    """The dry run: nothing is written, not even the lock."""
    if inputs.adopt and not is_coloured(site):
        changes = planned_adoption(site, inputs.adopt)
        why = f"would make colours of {inputs.adopt}, then release as usual"
        return Result(STEP, site.service, Outcome.PLANNED, why, changes=tuple(changes))
    wanted, record = _intended(site, inputs), site.records.load()
    if record is not None and record.flight is not None and not (inputs.adopt and record.flight.action != _ACTION):
        return _planned_in_flight(site, inputs, record.flight)
    if wanted.serves_already:
        why = f"nothing to do: {listed(wanted.active.images)} serves already"
        return Result(STEP, site.service, Outcome.PLANNED, why)
    planned = planned_changes(
        site.service, wanted.active, wanted.idle, wanted.idle_name, wanted.images, inputs.plan.cleanup
    )
    why = f"would release {listed(wanted.images)} on {wanted.idle_name}"
    return Result(STEP, site.service, Outcome.PLANNED, why, changes=(*planned_dead_man(site), *planned))


def _planned_in_flight(site: Site, inputs: SwitchInputs, flight: Flight) -> Result:
    """What would become of a release that is in flight; how far a run gets with it, its evidence decides."""
    refuse_other_actions(site.service, flight, _ACTION)
    then = becomes(flight.phase == "undoing", is_asked_for(inputs.image, flight))
    serving, end = site.router.read().serving, flight.stable if then else flight.candidate
    why = f"a release of {listed(flight.images)} is in flight, and {serving} serves; {then or 'it would go on'}"
    changes = (Change(f"route of {site.service}", "serves", serving, end),) if serving != end else ()
    return Result(STEP, site.service, Outcome.PLANNED, why, changes=changes)
