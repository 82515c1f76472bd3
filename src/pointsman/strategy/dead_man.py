"""What a dead-man switch does about the release it guards: it waits, it takes over, or its duty is over.

A lock that was given back is never a reason to act: the run ended on purpose and left a state it had chosen. One
that is still held but was not renewed for its whole time is a run that is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Pulse(Enum):
    """The lock of a service from outside: `SILENT` is held by a run that did not renew it for its whole time."""

    FREE = "free"
    LIVE = "live"
    SILENT = "silent"


@dataclass(frozen=True)
class Seen:
    """`guarded` is the release that is guarded, `flying` the one in flight (empty: none), `undoing` whether that one
    is being undone already."""

    guarded: str
    flying: str
    pulse: Pulse
    undoing: bool = False


@dataclass(frozen=True)
class Wait:
    """Look again when the lock changes."""

    why: str


@dataclass(frozen=True)
class TakeOver:
    """Take the lock and return users to stable."""

    why: str


@dataclass(frozen=True)
class Over:
    """There is nothing left to guard."""

    why: str


def decide(seen: Seen) -> Wait | TakeOver | Over:
    """What to do about what was seen."""
    if not seen.flying:
        return Over("no release is in flight any more")
    if seen.flying != seen.guarded:
        return Over(f"another release is in flight: {seen.flying}")
    match seen.pulse:
        case Pulse.LIVE:
            return Wait("a live run holds the lock")
        case Pulse.SILENT:
            return TakeOver("the run that held the lock has not renewed it for its time")
        case Pulse.FREE if seen.undoing:
            return TakeOver("the release was being undone when the lock was given back")
        case Pulse.FREE:
            return Wait("the lock was given back with the release in flight, so the run ended on purpose")
