"""blue-green-switch: make the idle colour ready, prove it, send all users to it, watch it, and undo it if it is bad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pointsman.model.errors import ConflictError, InputError
from pointsman.model.evidence import Check, Verdict
from pointsman.model.image import ImageChange
from pointsman.model.record import Flight
from pointsman.model.result import Change, Outcome, Result
from pointsman.model.version import VersionState, snapshot_of
from pointsman.steps.adopting import adopt
from pointsman.steps.colours import Arrived, Colours, Held, Refused, Returned
from pointsman.steps.journal import Journal, locked
from pointsman.steps.site import Site
from pointsman.steps.trouble import explained
from pointsman.strategy.blue_green import Cleanup, Plan, needed_for

STEP = "blue-green-switch"


@dataclass(frozen=True)
class SwitchInputs:
    """What the user asked for; times in seconds. `adopt` names a plain Deployment to make colours of."""

    image: ImageChange | None
    plan: Plan
    timeout: float
    lock_wait: float
    adopt: str = ""
    dry_run: bool = False


@dataclass(frozen=True)
class _Intended:
    """The release that the inputs mean, given what serves now."""

    active: VersionState
    idle: VersionState | None
    idle_name: str
    images: Mapping[str, str]


def run(site: Site, inputs: SwitchInputs) -> Result:
    """Do one blue-green release, resume an unfinished one, or say that nothing is to do."""
    if inputs.dry_run:
        return _planned(site, inputs)
    if not inputs.adopt:
        _intended(site, inputs)  # every reason to refuse comes before the first write
    journal = Journal(site)
    with locked(site, journal, inputs.lock_wait):
        if inputs.adopt:
            adopt(site, journal, inputs.adopt, inputs.timeout)
        return _release(site, journal, inputs)


def _release(site: Site, journal: Journal, inputs: SwitchInputs) -> Result:
    flight = journal.record.flight
    if flight is not None:
        unfinished = _finish_older(site, journal, inputs, flight)
        if unfinished is not None:
            return unfinished
    wanted = _intended(site, inputs)
    reason = _unchanged(site, journal, inputs, wanted)
    if reason:
        return _nothing_changed(site, journal, wanted, reason)
    _remember_stable(journal, wanted.active)
    return _fly(site, journal, inputs, _flight_for(site, journal, wanted))


def _finish_older(site: Site, journal: Journal, inputs: SwitchInputs, flight: Flight) -> Result | None:
    """A release that died: go on with it when it is the same one, else undo it completely first."""
    if flight.action != "switch":
        raise ConflictError(
            f"a {flight.action} of {site.service} has not been finished",
            "run `pointsman rollback` to finish it first",
        )
    if flight.phase == "undoing":
        journal.say(f"finishing the undo of {_listed(flight.images)}: {flight.reason}")
        return _undo(site, journal, inputs, flight, flight.reason, Colours(site, journal, flight, inputs.plan, 0))
    if _same_release(site, inputs, flight):
        journal.say(f"resuming the release of {_listed(flight.images)} begun {flight.started}")
        return _fly(site, journal, inputs, flight)
    journal.say(f"an unfinished release of {_listed(flight.images)} stands in the way; undoing it first")
    undone = _undo(
        site, journal, inputs, flight, "a newer release came", Colours(site, journal, flight, inputs.plan, 0)
    )
    return undone if undone.outcome is Outcome.STUCK else None


def _same_release(site: Site, inputs: SwitchInputs, flight: Flight) -> bool:
    if inputs.image is None:
        return True
    return inputs.image.applied_to(flight.images) == dict(flight.images)


def _intended(site: Site, inputs: SwitchInputs) -> _Intended:
    split = site.router.read()
    active, idle = site.workload.observe(split.serving), site.workload.observe(site.other(split.serving))
    if active is None:
        raise InputError(
            f"{split.serving}, which {site.service} should serve, does not exist", "check --blue and --green"
        )
    if idle is None and inputs.image is None:
        raise InputError(
            f"{site.other(split.serving)} does not exist and no --image was given",
            "give --image, or create it first",
        )
    base = idle.images if inputs.image is None and idle is not None else active.images
    images = inputs.image.applied_to(base) if inputs.image else dict(base)
    return _Intended(active, idle, site.other(split.serving), images)


def _unchanged(site: Site, journal: Journal, inputs: SwitchInputs, wanted: _Intended) -> str:
    """Why there is nothing to do; empty when there is something."""
    if dict(wanted.images) == dict(wanted.active.images) and _same_template(inputs, wanted):
        return f"{_listed(wanted.images)} serves already, on {wanted.active.name}"
    last = journal.record.last
    if inputs.image is None and site.release_key and last and last.release == site.release_key:
        return f"this run has switched to {wanted.active.name} already"
    if inputs.image is None and wanted.idle and _was_left(journal, wanted.idle):
        return f"{wanted.idle_name} still runs what users have left; put a new version on it, or use rollback to return"
    return ""


def _same_template(inputs: SwitchInputs, wanted: _Intended) -> bool:
    """Without --image two colours with one image may still differ in configuration; then a switch means something."""
    if inputs.image is not None or wanted.idle is None:
        return True
    return wanted.idle.revision == wanted.active.revision


def _was_left(journal: Journal, idle: VersionState) -> bool:
    left = journal.record.good(journal.record.last.left) if journal.record.last else None
    return left is not None and left.workload == idle.name and left.template == idle.revision


def _remember_stable(journal: Journal, active: VersionState) -> None:
    serving = journal.record.serving
    known = serving is not None and serving.workload == active.name and serving.template == active.revision
    if not known and active.rolled_out and active.ready > 0:
        journal.good(active)


def _flight_for(site: Site, journal: Journal, wanted: _Intended) -> Flight:
    started = site.clock.now()
    return Flight(
        release=site.release_key or f"{_listed(wanted.images)}@{started}",
        action="switch",
        stable=wanted.active.name,
        candidate=wanted.idle_name,
        images=dict(wanted.images),
        before=snapshot_of(wanted.idle),
        needed=needed_for(wanted.active),
        started=started,
        run=site.run,
    )


def _fly(site: Site, journal: Journal, inputs: SwitchInputs, flight: Flight) -> Result:
    colours = Colours(site, journal, flight, inputs.plan, inputs.timeout)
    ending = colours.forward()
    match ending:
        case Arrived(why):
            return _switched(site, journal, inputs, flight, colours, why)
        case Held(why):
            journal.note("hold", why)
            journal.save()
            return _result(site, journal, Outcome.HELD, why, colours.checks, flight, _HELD_ADVICE)
        case Refused(why, _):
            return _undo(site, journal, inputs, flight, why, colours, ending)


def _switched(site: Site, journal: Journal, inputs: SwitchInputs, flight: Flight, colours: Colours, why: str) -> Result:
    candidate = site.workload.observe(flight.candidate)
    left = journal.record.serving.number if journal.record.serving else 0
    if candidate is not None:
        journal.good(candidate)
    update_failed = _await_update(site, inputs, flight, colours)
    sentence = f"{_listed(flight.images)} serves on {flight.candidate}: {why}"
    journal.finish("switched", left, sentence)
    if update_failed:
        return _result(site, journal, Outcome.HELD, f"{sentence}; but {update_failed}", colours.checks, flight)
    return _result(site, journal, Outcome.SWITCHED, sentence, colours.checks, flight, _next_after_switch(site, inputs))


def _await_update(site: Site, inputs: SwitchInputs, flight: Flight, colours: Colours) -> str:
    """With `cleanup: update` the old colour must come up with the new image too; why it did not, if so."""
    if inputs.plan.cleanup is not Cleanup.UPDATE:
        return ""
    end = site.clock.seconds() + inputs.timeout
    while (state := site.workload.observe(flight.stable)) is not None and not state.rolled_out:
        if state.problem or site.clock.seconds() > end:
            trouble = state.problem.sentence() if state.problem else state.waiting_for(state.desired)
            colours.checks.append(Check(f"{flight.stable} runs the new image too", Verdict.FAIL, trouble))
            return f"{flight.stable} did not come up with the new image: {trouble}"
        site.progress.waiting(state.waiting_for(state.desired), 0, inputs.timeout)
        site.workload.wait(5.0)
    colours.checks.append(Check(f"{flight.stable} runs the new image too", Verdict.PASS, "rolled out"))
    return ""


def _undo(
    site: Site,
    journal: Journal,
    inputs: SwitchInputs,
    flight: Flight,
    why: str,
    colours: Colours,
    refused: Refused | None = None,
) -> Result:
    problem = explained(site.workload, flight.candidate, refused.problem if refused else None)
    journal.note("reject", why)
    journal.record = replace(journal.record, flight=replace(flight, reason=why))
    ending = colours.back()
    if isinstance(ending, Returned):
        left = journal.record.serving.number if journal.record.serving else 0
        journal.finish("rejected", left, why)
        sentence = f"{_listed(flight.images)} was rejected: {why}; users are on {flight.stable}"
        result = _result(site, journal, Outcome.REJECTED, sentence, colours.checks, flight, _REJECTED_ADVICE)
    else:
        journal.note("stuck", ending.why)
        journal.save()
        sentence = f"{_listed(flight.images)} was rejected ({why}), but undoing it did not complete: {ending.why}"
        result = _result(site, journal, Outcome.STUCK, sentence, colours.checks, flight, _STUCK_ADVICE)
    return replace(result, problem=problem)


def _nothing_changed(site: Site, journal: Journal, wanted: _Intended, reason: str) -> Result:
    active = wanted.active
    if not active.rolled_out or active.ready == 0:
        trouble = active.problem.sentence() if active.problem else active.waiting_for(active.desired)
        check = Check(f"{active.name} is rolled out", Verdict.FAIL, trouble)
        why = f"{reason}, but it is not healthy: {trouble}"
        return _plain(site, journal, Outcome.UNHEALTHY, why, [check], active)
    check = Check(f"{active.name} is rolled out", Verdict.PASS, f"{active.ready} ready")
    return _plain(site, journal, Outcome.UNCHANGED, reason, [check], active)


def _plain(
    site: Site, journal: Journal, outcome: Outcome, why: str, checks: list[Check], active: VersionState
) -> Result:
    outputs = {
        "active": active.name,
        "previous": site.other(active.name),
        "image": _listed(active.images),
        "digest": _listed(active.digests),
    }
    return Result(
        STEP,
        site.service,
        outcome,
        why,
        checks=tuple(checks),
        timeline=tuple(journal.timeline),
        changes=tuple(journal.changes),
        outputs=outputs,
    )


def _result(
    site: Site,
    journal: Journal,
    outcome: Outcome,
    why: str,
    checks: list[Check],
    flight: Flight,
    following: tuple[str, ...] = (),
) -> Result:
    serving = site.router.read().serving
    state = site.workload.observe(serving)
    base = _plain(site, journal, outcome, why, checks, state or VersionState(serving, {}, 0))
    return replace(base, following=following)


def _planned(site: Site, inputs: SwitchInputs) -> Result:
    """The dry run: every object, field, old and new value; nothing is written, not even the lock."""
    wanted = _intended(site, inputs)
    outcome, why = Outcome.PLANNED, f"would release {_listed(wanted.images)} on {wanted.idle_name}"
    if dict(wanted.images) == dict(wanted.active.images) and _same_template(inputs, wanted):
        return Result(STEP, site.service, outcome, f"nothing to do: {_listed(wanted.images)} serves already")
    return Result(STEP, site.service, outcome, why, changes=tuple(_planned_changes(site, inputs, wanted)))


def _planned_changes(site: Site, inputs: SwitchInputs, wanted: _Intended) -> Iterator[Change]:
    idle, needed = wanted.idle, needed_for(wanted.active)
    for container, image in wanted.images.items():
        old = idle.images.get(container, "") if idle else "(new)"
        if old != image:
            yield Change(wanted.idle_name, f"image of {container}", old, image)
    if idle is None or idle.desired < needed:
        yield Change(wanted.idle_name, "instances", str(idle.desired if idle else 0), str(needed))
    yield Change(f"route of {site.service}", "serves", wanted.active.name, wanted.idle_name)
    if inputs.plan.cleanup is Cleanup.SCALE_DOWN:
        yield Change(wanted.active.name, "instances", str(wanted.active.desired), "0")
    if inputs.plan.cleanup is Cleanup.UPDATE:
        yield Change(wanted.active.name, "image", _listed(wanted.active.images), _listed(wanted.images))


def _next_after_switch(site: Site, inputs: SwitchInputs) -> tuple[str, ...]:
    back = f"to go back: pointsman rollback --service {site.service}"
    if inputs.plan.cleanup is Cleanup.KEEP:
        return (back, "the version users have left still runs, so going back takes seconds")
    return (back,)


_HELD_ADVICE = (
    "nothing was lost: run the same command again to go on, or `pointsman rollback` to undo",
    "see the check table for what could not be observed",
)
_REJECTED_ADVICE = (
    "users were kept on, or returned to, the version that was good",
    "see what failed above, correct it, then run again",
)
_STUCK_ADVICE = (
    "a person is needed now: `pointsman status` shows where the release stands",
    "bring the stable version's pods up, then run `pointsman rollback` again: it goes on where this run ended",
)


def _listed(images: Mapping[str, str]) -> str:
    return ", ".join(sorted(images.values()))
