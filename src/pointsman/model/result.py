"""What one run of a step came to: one object, rendered everywhere (`report/`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from pointsman.model.evidence import Check
from pointsman.model.version import Problem


class Outcome(Enum):
    """How a step ended, as it stands in the output `outcome`."""

    SWITCHED = "switched"
    ADVANCED = "advanced"
    PROMOTED = "promoted"
    UNCHANGED = "unchanged"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    ROLLED_BACK = "rolled-back"
    REJECTED = "rejected"
    HELD = "held"
    STUCK = "stuck"
    CANCELLED = "cancelled"
    FAILED = "failed"
    PLANNED = "planned"
    KNOWN = "known"
    READY = "ready"
    NOT_READY = "not-ready"

    @property
    def exit_code(self) -> int:
        """The exit code of the process that reports this outcome."""
        return _EXIT_CODES.get(self, 0)

    @property
    def good(self) -> bool:
        """True when the pipeline may go on."""
        return self.exit_code == 0

    @property
    def judged(self) -> bool:
        """True when evidence spoke against going on, or not clearly enough for it; False when nobody could judge."""
        return self in _JUDGED


_JUDGED = {Outcome.REJECTED, Outcome.UNHEALTHY, Outcome.NOT_READY, Outcome.HELD, Outcome.STUCK}
_EXIT_CODES = {
    Outcome.REJECTED: 10,
    Outcome.UNHEALTHY: 10,
    Outcome.NOT_READY: 10,
    Outcome.HELD: 11,
    Outcome.STUCK: 20,
    Outcome.CANCELLED: 130,
    Outcome.FAILED: 1,
}


@dataclass(frozen=True)
class Change:
    """One thing that changed (or would, in a dry run): object, field, old value, new value."""

    what: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Moment:
    """One line of the timeline; `at` is RFC 3339 in UTC, `seconds` since the step began."""

    at: str
    seconds: float
    text: str


@dataclass(frozen=True)
class Result:
    """The verdict of a step with all it rests on.

    `why` is one sentence, written once and shown in the log, the summary, the status and the audit trail.
    `outputs` are the step's outputs besides `outcome` and `why`. `following` says what to do next.
    """

    step: str
    subject: str
    outcome: Outcome
    why: str
    changes: tuple[Change, ...] = ()
    checks: tuple[Check, ...] = ()
    timeline: tuple[Moment, ...] = ()
    following: tuple[str, ...] = ()
    problem: Problem | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    exit_code_override: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The exit code the process ends with."""
        return self.outcome.exit_code if self.exit_code_override is None else self.exit_code_override
