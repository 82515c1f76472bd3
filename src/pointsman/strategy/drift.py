"""Drift: what this release has written no longer stands, and what to do about it. `steps/vigil.py` acts on it.

Expected is only what the release is known to have written: an open intent says nothing about what it was to write.
An autoscaler's number of instances is no drift, more instances than wanted are none, and pods that die are none:
they come back. Users come before policy: who has nobody to serve them is sent to whoever is ready.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pointsman.model.drift import Drift, Field, OnDrift
from pointsman.model.record import Flight, Intent
from pointsman.model.version import VersionState

REASSERTED_AT_MOST = 3
_WEIGHTS = {"preparing": 0, "shifted": 100, "retiring": 100}


class Seen(Protocol):
    """The part of what a strategy sees in which drift shows, whichever strategy it is."""

    @property
    def stable(self) -> VersionState | None: ...
    @property
    def candidate(self) -> VersionState | None: ...
    @property
    def weight(self) -> int: ...
    @property
    def astray(self) -> bool: ...
    @property
    def stable_differs(self) -> bool: ...


@dataclass(frozen=True)
class Expected:
    """What should stand. `weight` is the percent on the candidate; None, or nothing in a mapping, expects nothing."""

    stable: str
    candidate: str
    weight: int | None = None
    candidate_images: Mapping[str, str] = field(default_factory=dict)
    candidate_instances: int = 0
    stable_images: Mapping[str, str] = field(default_factory=dict)
    stable_instances: int = 0


@dataclass(frozen=True)
class ReturnUsers:
    """Nobody is left to serve the users where they are: to stable with them, then `OnDrift` is looked at."""

    why: str


@dataclass(frozen=True)
class Reassert:
    """Write again what was written."""

    drift: Drift


@dataclass(frozen=True)
class Stop:
    """End the run and write nothing more; `fought` says that it was written again too often already."""

    fought: bool = False


@dataclass(frozen=True)
class Undo:
    """Undo the release completely."""


Handling = ReturnUsers | Reassert | Stop | Undo


def expected_of(flight: Flight, intent: Intent | None, begun: bool) -> Expected:
    """What stands if nobody else wrote: from the flight and its open intent; `begun` is False before its first
    write."""
    act = intent.act if intent else ""
    prepared = begun and act != "prepare" and flight.phase != "undoing"
    untouched = flight.phase in ("preparing", "shifted")
    return Expected(
        flight.stable,
        flight.candidate,
        weight=None if act == "shift" else _WEIGHTS.get(flight.phase),
        candidate_images=flight.images if prepared else {},
        candidate_instances=flight.needed if prepared else 0,
        stable_images=flight.stable_images if untouched else {},
        stable_instances=flight.stable_instances if untouched else 0,
    )


def drifts_of(expected: Expected, seen: Seen, autoscaled: Collection[str] = ()) -> tuple[Drift, ...]:
    """Everything that is not as expected, what users feel first in front. `autoscaled` names the versions whose
    number of instances an autoscaler set."""
    return (*_route(expected, seen), *_candidate(expected, seen, autoscaled), *_stable(expected, seen, autoscaled))


def drift_of(expected: Expected, seen: Seen, autoscaled: Collection[str] = ()) -> Drift | None:
    """The gravest drift; None when everything is as expected."""
    return next(iter(drifts_of(expected, seen, autoscaled)), None)


def stranded(seen: Seen) -> bool:
    """True when users are where nobody serves them, or nobody will in a moment."""
    serving = seen.candidate if seen.weight > 0 else seen.stable
    return seen.astray or not _still_serves(serving)


def handling_of(drift: Drift, seen: Seen, policy: OnDrift, times: int) -> Handling:
    """What to do about `drift`, after `times` reassertions in this run."""
    reasserting = policy is OnDrift.REASSERT and times < REASSERTED_AT_MOST
    on_its_way = policy is OnDrift.ABORT or (reasserting and _can_serve_where_wanted(drift, seen))
    if stranded(seen) and not on_its_way and _stable_helps(seen) and times <= REASSERTED_AT_MOST:
        return ReturnUsers("nobody serves the users where they are, and stable is ready")
    match policy:
        case OnDrift.FAIL:
            return Stop()
        case OnDrift.REASSERT:
            return Reassert(drift) if reasserting else Stop(fought=True)
        case OnDrift.ABORT:
            # Without stable there is nothing to go back to, and the candidate may be all that is left.
            return Undo() if seen.stable is not None else Stop()


def _can_serve_where_wanted(drift: Drift, seen: Seen) -> bool:
    if drift.field is not Field.ROUTE:
        return False
    wanted = seen.candidate if seen.candidate and drift.wanted == seen.candidate.name else seen.stable
    return _is_ready(wanted)


def _stable_helps(seen: Seen) -> bool:
    return (seen.astray or seen.weight > 0) and _is_ready(seen.stable) and not seen.stable_differs


def _is_ready(state: VersionState | None) -> bool:
    return state is not None and state.ready > 0 and state.desired > 0


def _still_serves(state: VersionState | None) -> bool:
    """Pods of an older template serve until they are replaced, and what the platform has not looked at yet goes on."""
    return state is not None and state.desired > 0 and (state.ready > 0 or state.surplus > 0 or not state.observed)


def _route(expected: Expected, seen: Seen) -> Iterator[Drift]:
    wanted = expected.stable if expected.weight is None else _served(expected, expected.weight)
    if seen.astray:
        yield Drift(Field.ROUTE, "", wanted, "neither version")
    elif expected.weight is not None and seen.weight != expected.weight:
        yield Drift(Field.ROUTE, "", wanted, _served(expected, seen.weight))


def _served(expected: Expected, weight: int) -> str:
    """Who serves at `weight`, in words; the whole of it is a version's name."""
    return {0: expected.stable, 100: expected.candidate}.get(weight, f"{weight} % on {expected.candidate}")


def _candidate(expected: Expected, seen: Seen, autoscaled: Collection[str]) -> Iterator[Drift]:
    if expected.candidate_images:
        yield from _version(
            expected.candidate,
            seen.candidate,
            expected.candidate_images,
            expected.candidate_instances,
            autoscaled,
        )


def _stable(expected: Expected, seen: Seen, autoscaled: Collection[str]) -> Iterator[Drift]:
    if expected.stable_images:
        yield from _version(expected.stable, seen.stable, expected.stable_images, expected.stable_instances, autoscaled)


def _version(
    name: str, state: VersionState | None, images: Mapping[str, str], instances: int, autoscaled: Collection[str]
) -> Iterator[Drift]:
    if state is None:
        yield Drift(Field.EXISTENCE, name, _listed(images), "gone")
        return
    if dict(state.images) != dict(images):
        yield Drift(Field.IMAGE, name, _listed(images), _listed(state.images))
    if state.desired < instances and name not in autoscaled:
        yield Drift(Field.INSTANCES, name, str(instances), str(state.desired))


def _listed(images: Mapping[str, str]) -> str:
    return ", ".join(sorted(images.values()))
