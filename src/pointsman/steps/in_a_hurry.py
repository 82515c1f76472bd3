"""promote and abort: the canary in flight is taken to its end, or undone, because a person has said so.

Both know from the record alone what is in flight, so they are told nothing of images, weights, metrics or judges.
`canary_step.py` is the patient way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.model.errors import InputError
from pointsman.model.record import Flight
from pointsman.model.result import Change, Outcome, Result
from pointsman.steps.canary_ending import Canary
from pointsman.steps.canary_plan import planned_changes
from pointsman.steps.colour_acts import listed
from pointsman.steps.journal import Journal, locked
from pointsman.steps.rollback import RollbackInputs, abort_flight
from pointsman.steps.site import CanaryPorts
from pointsman.steps.unfinished import refuse_other_actions
from pointsman.strategy.canary_seen import CANARY, Phase, Plan

PROMOTE, ABORT = "promote", "abort"


@dataclass(frozen=True)
class HurryInputs:
    """What the person asked for. Seconds: `timeout` for each thing by itself (of an abort: for all of it), `soak` and
    `drain` as in `Plan`. `by` is who asks, for the audit trail, and `reason` why."""

    timeout: float
    lock_wait: float
    soak: float = 0.0
    drain: float = 10.0
    by: str = "somebody"
    reason: str = ""
    dry_run: bool = False

    @property
    def plan(self) -> Plan:
        """No further weights and no further evidence; everything else as in any promotion."""
        return Plan((), soak=self.soak, timeout=self.timeout, drain=self.drain).in_a_hurry()


def promote(site: CanaryPorts, inputs: HurryInputs) -> Result:
    """Let stable take over what the candidate runs, without waiting for further weights or further evidence. What is
    being undone is not promoted, and neither is what is not ready. Raises InputError for the former."""
    if inputs.dry_run:
        return _planned_promotion(site, inputs)
    journal = Journal(site)
    with locked(site, journal, inputs.lock_wait):
        flight = journal.record.flight
        if flight is None:
            return nothing(PROMOTE, site.service)
        _refuse_promotion(site, flight)
        words = _unwaited(flight, inputs)
        journal.note(PROMOTE, words)
        journal.save()
        told = Canary(site, journal, site.fitted(inputs.plan), step=PROMOTE).fly(flight)
        return replace(told, why=f"{told.why}; {words}")


def abort(site: CanaryPorts, inputs: HurryInputs) -> Result:
    """Put all users on stable and leave nothing of the candidate; unchanged when nothing is in flight."""
    if inputs.dry_run:
        return _planned_abort(site)
    journal = Journal(site)
    with locked(site, journal, inputs.lock_wait):
        flight = journal.record.flight
        if flight is None:
            return nothing(ABORT, site.service)
        refuse_other_actions(site.service, flight, CANARY)
        words = _because(f"{inputs.by} asked for an abort", inputs.reason)
        journal.note(ABORT, words)
        undo = RollbackInputs(inputs.timeout, inputs.lock_wait, reason=words)
        told = abort_flight(site, journal, undo, flight, f"undoing {listed(flight.images)} at {flight.weight} %")
        return replace(told, step=ABORT, why=f"{told.why}; {words}")


def nothing(step: str, service: str) -> Result:
    """No canary is in flight: unchanged, with what can be done instead."""
    return Result(
        step, service, Outcome.UNCHANGED, f"no release of {service} is in flight, so there is nothing to {step}",
        following=(
            f"to release: pointsman canary-step --service {service}",
            f"to go back to the version before this one: pointsman rollback --service {service}",
        ),
    )  # fmt: skip


def _refuse_promotion(site: CanaryPorts, flight: Flight) -> None:
    refuse_other_actions(site.service, flight, CANARY)
    if flight.phase == Phase.UNDOING.value:
        raise InputError(
            f"{listed(flight.images)} was given up ({flight.reason or 'no reason is recorded'}) and is being undone",
            f"finish that first: pointsman abort --service {site.service}",
        )
    if site.by_instances and flight.phase == Phase.PREPARING.value:
        raise InputError(
            f"{flight.candidate} has no instances yet, so there is nothing proven to promote",
            f"go on with pointsman canary-step --service {site.service}, or abort it",
        )


def _unwaited(flight: Flight, inputs: HurryInputs) -> str:
    """By whom, and what the promotion rests on instead of the evidence that nobody waited for."""
    if Phase(flight.phase).proven:
        return _because(f"{inputs.by} asked to promote, which had begun already", inputs.reason)
    last = flight.reached[-1] if flight.reached else None
    known = f"the last weight accepted was {last.weight} % with the verdict {last.verdict}" if last else "none was seen"
    asked = f"{inputs.by} asked to promote at {flight.weight} %; further evidence was not waited for, {known}"
    return _because(asked, inputs.reason)


def _because(words: str, reason: str) -> str:
    return f"{words} ({reason})" if reason else words


def _planned_promotion(site: CanaryPorts, inputs: HurryInputs) -> Result:
    """Nothing is written, not even the lock."""
    flight = _in_flight(site)
    if flight is None:
        return nothing(PROMOTE, site.service)
    _refuse_promotion(site, flight)
    stable, candidate = site.workload.observe(flight.stable), site.workload.observe(flight.candidate)
    if stable is None:
        raise InputError(f"{flight.stable}, which should take over, does not exist", "see `pointsman status`")
    changes = planned_changes(site, site.fitted(inputs.plan), stable, candidate, flight.images)
    why = f"would promote {listed(flight.images)} to {flight.stable} without further evidence"
    return Result(PROMOTE, site.service, Outcome.PLANNED, why, changes=tuple(changes))


def _planned_abort(site: CanaryPorts) -> Result:
    flight = _in_flight(site)
    if flight is None:
        return nothing(ABORT, site.service)
    refuse_other_actions(site.service, flight, CANARY)
    afterwards = listed(flight.before.images) if flight.before.existed else "removed"
    changes = (
        Change(f"route of {site.service}", "weight", f"{flight.weight} %", "0 %"),
        Change(flight.candidate, "afterwards", listed(flight.images), afterwards),
    )
    why = f"would undo {listed(flight.images)}; all users go to {flight.stable}"
    return Result(ABORT, site.service, Outcome.PLANNED, why, changes=changes)


def _in_flight(site: CanaryPorts) -> Flight | None:
    record = site.records.load()
    return record.flight if record else None
