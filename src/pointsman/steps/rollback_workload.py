"""rollback of a single workload in place: with its own rolling update, which keeps users served.

To a revision of its own, for a Deployment that no record covers; or to a version of the record, for the workload on
which a canary was promoted. The target is looked up before anything moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pointsman.model.errors import ConflictError, InputError
from pointsman.model.evidence import Check, Verdict
from pointsman.model.record import Flight
from pointsman.model.result import Outcome, Result
from pointsman.model.version import VersionState, snapshot_of
from pointsman.ports.workload import KeepsTemplates
from pointsman.steps.colour_acts import listed
from pointsman.steps.journal import Journal, locked
from pointsman.steps.rollback import STEP, RollbackInputs, record_return, unknown_revision
from pointsman.steps.site import Desk
from pointsman.steps.trouble import explained
from pointsman.strategy.canary_seen import CANARY
from pointsman.strategy.rollback import ReturnTo, Unknown, target_of


@dataclass(frozen=True)
class _Goal:
    """The template to go to: its revision, hash and images, and why this one."""

    revision: str
    template: str
    images: Mapping[str, str]
    why: str


def run(site: Desk, inputs: RollbackInputs) -> Result:
    """Roll the workload called `site.service` back in place."""
    name = site.service
    journal = Journal(site)
    state = _state(site, name)
    if inputs.dry_run:
        goal = _goal(site, name, inputs)
        why = f"would put back revision {goal.revision}: {goal.why}" if goal else "nothing to roll back"
        return Result(STEP, name, Outcome.PLANNED, why)
    with locked(site, journal, inputs.lock_wait):
        if journal.record.flight is not None:
            _refuse_a_canary(name, journal.record.flight)
            return _finish(site, journal, inputs, journal.record.flight)
        state = _state(site, name)  # another run may have changed it while this one waited for the lock
        idle = _already_back(journal, state, inputs.to_revision)
        goal = None if idle else _goal(site, name, inputs)
        if goal is None or goal.template == state.revision:
            why = idle or f"{name} has no other revision to go to"
            return _result(journal, Outcome.UNCHANGED, why, state, [])
        return _go(site, journal, inputs, state, goal)


def to_recorded(site: Desk, name: str, inputs: RollbackInputs) -> Result:
    """Put the version that the record of `site.service` says was good back on its workload `name`. Raises InputError
    for a revision that is not known, ConflictError when something else is in flight."""
    state = _state(site, name)
    if inputs.dry_run:
        target = target_of(site.records.load(), inputs.to_revision, inputs.scope)
        if isinstance(target, Unknown):
            raise unknown_revision(target.wanted, target.known)
        return Result(STEP, site.service, Outcome.PLANNED, f"would act on {name} so: {target.why}")
    journal = Journal(site)
    with locked(site, journal, inputs.lock_wait):
        if journal.record.flight is not None:
            _refuse_what_moves_users(site.service, journal.record.flight)
            return _numbered(_finish(site, journal, inputs, journal.record.flight), journal)
        state = _state(site, name)
        match target_of(journal.record, inputs.to_revision, inputs.scope):
            case Unknown(wanted, known):
                raise unknown_revision(wanted, known)
            case ReturnTo(version, why):
                template = version.template if version.workload == name else ""
                goal = _Goal(str(version.number), template, version.images, why)
                return _numbered(_go(site, journal, inputs, state, goal), journal)
            case target:
                return _numbered(_result(journal, Outcome.UNCHANGED, target.why, state, []), journal)


def _numbered(result: Result, journal: Journal) -> Result:
    """A service counts its revisions in its record, not in its Deployment."""
    serving = journal.record.serving
    return replace(result, outputs={**result.outputs, "revision": str(serving.number) if serving else ""})


def _refuse_what_moves_users(service: str, flight: Flight) -> None:
    """A release that began while we waited for the lock is undone by sending users back, not in place."""
    if flight.stable != flight.candidate:
        advice = f"run `pointsman rollback --service {service}` again: it undoes that"
        raise ConflictError(f"a {flight.action} of {service} has begun meanwhile", advice)


def _refuse_a_canary(name: str, flight: Flight) -> None:
    """A workload that shares its name with a service shares its record."""
    if flight.strategy == CANARY:
        raise ConflictError(f"a canary of {name} is in flight", f"run `pointsman rollback --service {name}` to undo it")


def _go(site: Desk, journal: Journal, inputs: RollbackInputs, state: VersionState, goal: _Goal) -> Result:
    flight = Flight(
        release=_release(goal.revision),
        action="rollback",
        stable=state.name,
        candidate=state.name,
        images=dict(goal.images),
        before=snapshot_of(state),
        needed=max(state.desired, 1),
        started=site.clock.now(),
        run=site.run,
        reason=inputs.reason,
        template=goal.template,
    )
    if inputs.reason:
        journal.note("reason", inputs.reason)
    journal.begin(flight, "rollback", f"{goal.why}: putting revision {goal.revision} back on {state.name}")
    for container, image in goal.images.items():
        journal.changed(state.name, f"image of {container}", state.images.get(container, ""), image)
    return _finish(site, journal, inputs, flight)


def _finish(site: Desk, journal: Journal, inputs: RollbackInputs, flight: Flight) -> Result:
    name = flight.candidate
    site.workload.release(name, flight.images, flight.needed, name, flight.template)
    end = site.clock.seconds() + inputs.timeout
    while True:
        state = _state(site, name)
        if state.rolled_out and state.ready >= flight.needed and dict(state.images) == dict(flight.images):
            return _back(journal, flight, state)
        if state.problem or site.clock.seconds() > end:
            return _stuck(site, journal, state, flight)
        waited = inputs.timeout - (end - site.clock.seconds())
        site.progress.waiting(state.waiting_for(flight.needed), waited, inputs.timeout)
        site.workload.wait(5.0)


def _back(journal: Journal, flight: Flight, state: VersionState) -> Result:
    check = Check(f"{state.name} is rolled out", Verdict.PASS, f"{state.ready} ready, template {state.revision}")
    record_return(journal, flight, state)
    why = f"{state.name} runs {listed(flight.images)} again"
    journal.finish("rolled-back", 0, why)
    return _result(journal, Outcome.ROLLED_BACK, why, state, [check])


def _stuck(site: Desk, journal: Journal, state: VersionState, flight: Flight) -> Result:
    trouble = state.problem.sentence() if state.problem else state.waiting_for(flight.needed)
    problem = explained(site.workload, state.name, state.problem)
    journal.note("stuck", trouble)
    journal.finish("stuck", 0, trouble)
    check = Check(f"{state.name} is rolled out", Verdict.FAIL, trouble)
    why = f"the rollback did not complete: {state.name} does not come to health: {trouble}"
    following = (
        "a person is needed now: pods of the older template go on serving as far as the update strategy allows",
        "repair the cause, or name a revision with --to-revision (see `pointsman status` or `kubectl rollout history`)",
    )
    return replace(_result(journal, Outcome.STUCK, why, state, [check]), problem=problem, following=following)


def _goal(site: Desk, name: str, inputs: RollbackInputs) -> _Goal | None:
    if not isinstance(site.workload, KeepsTemplates):
        raise InputError(f"{name} keeps no revisions to go back to", "use rollback --service")
    if inputs.to_revision is not None:
        asked = site.workload.template(name, str(inputs.to_revision))
        if asked is None:
            raise InputError(
                f"{name} has no revision {inputs.to_revision}",
                f"see `kubectl rollout history deployment/{name}`",
            )
        return _Goal(*asked, why=f"revision {inputs.to_revision} was asked for")
    found = site.workload.previous(name)
    return _Goal(*found, why="no verified good version is recorded, so the previous revision") if found else None


def _already_back(journal: Journal, state: VersionState, wanted: int | None) -> str:
    """Why there is nothing to do. A revision that was put back has got a new number; the record knows the old one."""
    last, serving = journal.record.last, journal.record.serving
    if last is None or (wanted is not None and last.release != _release(wanted)):
        return ""
    if serving and last.outcome == "rolled-back" and serving.template == state.revision:
        return f"{state.name} was rolled back already and runs the version verified then"
    return ""


def _release(revision: object) -> str:
    return f"rollback to revision {revision}"


def _state(site: Desk, name: str) -> VersionState:
    state = site.workload.observe(name)
    if state is None:
        raise InputError(f"there is no Deployment {name}", "check --workload and --namespace")
    return state


def _result(journal: Journal, outcome: Outcome, why: str, state: VersionState, checks: list[Check]) -> Result:
    outputs = {
        "active": state.name,
        "image": listed(state.images),
        "digest": listed(state.digests),
        "revision": state.revision,
    }
    return Result(
        STEP,
        journal.record.service,
        outcome,
        why,
        changes=tuple(journal.changes),
        checks=tuple(checks),
        timeline=tuple(journal.timeline),
        outputs=outputs,
    )
