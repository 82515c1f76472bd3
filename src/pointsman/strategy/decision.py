"""What a strategy can decide. Every decision carries `why`, written once and shown everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prepare:
    """Put the wanted images on the candidate, with enough instances; create it when it is missing."""

    why: str


@dataclass(frozen=True)
class Await:
    """Wait until something changes: the platform is on its way."""

    why: str


@dataclass(frozen=True)
class CheckHealth:
    """Ask the candidate directly, before users do."""

    why: str


@dataclass(frozen=True)
class Shift:
    """Send `weight` percent of the requests to the candidate."""

    weight: int
    why: str


@dataclass(frozen=True)
class Confirm:
    """Read the effect of the last shift back from the data plane."""

    why: str


@dataclass(frozen=True)
class Bake:
    """Watch the candidate while it serves."""

    why: str


@dataclass(frozen=True)
class Retire:
    """Deal with the version users have left, as `cleanup` says."""

    why: str


@dataclass(frozen=True)
class Restore:
    """Put the candidate back to what it was before the release."""

    why: str


@dataclass(frozen=True)
class Abort:
    """The candidate is not good enough: undo everything, users stay on or return to stable."""

    why: str


@dataclass(frozen=True)
class Hold:
    """Stop here, safe and resumable: there is not enough evidence to go on or to undo."""

    why: str


@dataclass(frozen=True)
class GiveUp:
    """This cannot be completed without a person."""

    why: str


@dataclass(frozen=True)
class Done:
    """Nothing is left to do."""

    why: str
