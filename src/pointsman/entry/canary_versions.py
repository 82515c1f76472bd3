"""Which versions the last release of a service was about, when that was a canary; its record knows."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pointsman.model.record import Record
from pointsman.model.result import Outcome
from pointsman.strategy.canary_seen import CANARY


def canary_pair(record: Record | None, candidate_of: Callable[[str], str]) -> tuple[str, str] | None:
    """(stable, candidate) of the canary in flight, or of the one that was promoted last; None when the last release
    was none. `candidate_of(stable)` names the candidate of a release that is over."""
    if record is None:
        return None
    if record.flight is not None:
        return (record.flight.stable, record.flight.candidate) if record.flight.strategy == CANARY else None
    if record.last is None or record.last.outcome != Outcome.PROMOTED.value or record.serving is None:
        return None
    return record.serving.workload, candidate_of(record.serving.workload)


def in_place(record: Record | None, colours: Collection[str]) -> str:
    """The workload on which a version of the record is put back by its own rolling update: the one of a canary that
    is over, or of such a rollback that has not ended. Empty when users have to be sent elsewhere, to one of `colours`
    or away from a candidate."""
    if record is None:
        return ""
    if record.flight is not None:
        return record.flight.stable if record.flight.stable == record.flight.candidate else ""
    if record.last is None or record.serving is None:
        return ""
    moved = record.last.outcome == Outcome.SWITCHED.value or record.serving.workload in colours
    promoted = record.last.outcome == Outcome.PROMOTED.value
    return record.serving.workload if promoted or not moved else ""
