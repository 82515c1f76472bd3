"""Which two versions the last release of a service was about, when that was a canary; its record knows."""

from __future__ import annotations

from collections.abc import Callable

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
