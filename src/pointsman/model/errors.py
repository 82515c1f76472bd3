"""Every error Pointsman raises on purpose, with the exit code of the process and one line of advice.

PointsmanError
├── InputError        2    the inputs cannot be honoured; nothing was touched
├── RemoteError       3    the cluster or a service refused or is unreachable; safe to run again
│   ├── NotPermitted       our identity may not do this
│   ├── Unreachable        nobody answered within the deadline
│   ├── NotReady           a version cannot take the requests it should get now
│   └── SourceDown         a metric source cannot be asked; says nothing about any version
├── ConflictError     4    somebody else holds the lock or changed the object; safe to run again
│   ├── LockHeld           another run is live on this service
│   └── LockLost           this run lost its lock and must write no more
└── Cancelled         130  the pipeline asked us to stop; the state is safe and resumable

A rejected candidate (10), a held release (11) and a rollback that did not complete (20) are results,
not errors: see `model.result.Outcome`.
"""

from __future__ import annotations


class PointsmanError(Exception):
    """What is wrong and where (`message`), what to do now (`advice`), and where a release that was under way has left
    its users (`standing`)."""

    exit_code = 1

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.standing = ""


class InputError(PointsmanError):
    """The inputs cannot be honoured; raised before the first write."""

    exit_code = 2


class RemoteError(PointsmanError):
    """A cluster or service refused or could not be reached; the command can be run again."""

    exit_code = 3


class NotPermitted(RemoteError):
    """The identity we were given may not do this."""


class Unreachable(RemoteError):
    """Nobody answered within the deadline."""


class NotReady(RemoteError):
    """A version cannot take the requests that it should get now; whoever looks again may find it ready."""


class SourceDown(RemoteError):
    """A metric source cannot be asked, or its answer is not whole: no evidence for or against any version."""


class ConflictError(PointsmanError):
    """Somebody else changed what we were about to change."""

    exit_code = 4


class LockHeld(ConflictError):
    """Another run is live on this service."""


class LockLost(ConflictError):
    """Our lock ran out or was taken over: not one more write."""


class Cancelled(PointsmanError):
    """The pipeline asked us to stop between two mutations."""

    exit_code = 130
