"""The exit codes in users' words; the numbers are those of the model."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.model.errors import Cancelled, ConflictError, InputError, PointsmanError, RemoteError
from pointsman.model.result import Outcome

MEANINGS: Mapping[int, str] = {
    0: "Done; the outcome is in the outputs.",
    PointsmanError.exit_code: "A defect in Pointsman; the log has the traceback.",
    InputError.exit_code: "The inputs cannot be honoured; nothing was touched.",
    RemoteError.exit_code: "The cluster or a service refused, or is unreachable; safe to run again.",
    ConflictError.exit_code: "Somebody else holds the lock or changed the object; safe to run again.",
    Outcome.REJECTED.exit_code: "The version is not good; users are on the one that was good before.",
    Outcome.HELD.exit_code: "Held: not enough evidence in the time given; the state is safe and resumable.",
    Outcome.STUCK.exit_code: "A rollback did not complete; a person is needed.",
    Cancelled.exit_code: "Cancelled; the state is safe and resumable.",
}

_NEVER = {
    "verify-health": (ConflictError.exit_code, Outcome.STUCK.exit_code),
    "readiness-check": (ConflictError.exit_code, Outcome.HELD.exit_code, Outcome.STUCK.exit_code),
    "rollback": (Outcome.REJECTED.exit_code, Outcome.HELD.exit_code),
    "abort": (Outcome.REJECTED.exit_code, Outcome.HELD.exit_code),
    "dead-man": (Outcome.REJECTED.exit_code, Outcome.HELD.exit_code),
    "status": (Outcome.REJECTED.exit_code, Outcome.HELD.exit_code, Outcome.STUCK.exit_code),
}
_OWN_WORDS = {
    ("verify-health", Outcome.UNHEALTHY.exit_code): "It is not healthy; nothing was changed.",
    ("verify-health", Outcome.HELD.exit_code): "It could not be asked, so there is no verdict.",
    ("readiness-check", Outcome.NOT_READY.exit_code): "It is not ready: what counts has no proof, or the score is low.",
    ("status", ConflictError.exit_code): "The release record is damaged: somebody edited it.",
}


def meanings_for(step: str) -> dict[int, str]:
    """The exit codes that `step` can end with."""
    return {
        code: _OWN_WORDS.get((step, code), words)
        for code, words in MEANINGS.items()
        if code not in _NEVER.get(step, ())
    }
