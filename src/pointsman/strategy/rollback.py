"""Where a rollback goes: decided from the record alone, before anything moves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pointsman.model.record import Flight, GoodVersion, Record

_REPLACED = ("switched", "promoted")


class Scope(Enum):
    """How far a rollback may reach: to the last release even when that is over, or to what is in flight alone."""

    RELEASE = "release"
    IN_FLIGHT = "in-flight"


@dataclass(frozen=True)
class AbortFlight:
    """A release is in flight: undo it."""

    flight: Flight
    why: str


@dataclass(frozen=True)
class ReturnTo:
    """Nothing is in flight: go back to a version that was verified good."""

    version: GoodVersion
    why: str


@dataclass(frozen=True)
class PreviousRevision:
    """The record knows no good version: the workload's own previous revision is the best there is."""

    why: str


@dataclass(frozen=True)
class Nothing:
    """There is nothing to roll back."""

    why: str


@dataclass(frozen=True)
class Unknown:
    """The revision that was asked for is not known; `known` are the ones that are."""

    wanted: str
    known: tuple[int, ...]


Target = AbortFlight | ReturnTo | PreviousRevision | Nothing | Unknown


def target_of(record: Record | None, wanted: int | None = None, scope: Scope = Scope.RELEASE) -> Target:
    """What a rollback should do. A release in flight comes first: it must be undone before anything else."""
    if record is not None and record.flight is not None:
        return AbortFlight(record.flight, f"a release of {_images(record.flight)} is in flight; undoing it")
    if scope is Scope.IN_FLIGHT:
        return Nothing("no release is in flight, and one that is over is left alone")
    if wanted is not None:
        return _asked_for(record, wanted)
    if record is None or record.serving is None:
        return PreviousRevision("there is no record of a verified good version")
    return _last_good(record)


def _asked_for(record: Record | None, wanted: int) -> Target:
    version = record.good(wanted) if record else None
    if version is None:
        return Unknown(str(wanted), tuple(known.number for known in record.known()) if record else ())
    if record and record.serving and record.serving.number == wanted:
        return Nothing(f"revision {wanted} serves already")
    return ReturnTo(version, f"revision {wanted} was asked for")


def _last_good(record: Record) -> Target:
    if record.last is None or record.last.outcome not in _REPLACED:
        ended = record.last.outcome if record.last else "never started"
        return Nothing(f"no release is in flight and the last one ended {ended}: nothing to roll back")
    version = record.good(record.last.left)
    if version is None:
        return Nothing("the last release replaced a version that was never verified good: name one with --to-revision")
    return ReturnTo(version, f"revision {version.number} is the last verified good version before this one")


def _images(flight: Flight) -> str:
    return ", ".join(sorted(flight.images.values()))
