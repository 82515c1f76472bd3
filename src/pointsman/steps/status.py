"""status: what serves, what is in flight, who holds the lock, what was good, what happened. Changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Protocol

from pointsman.model.record import Event, Flight, GoodVersion, Record, broken_link
from pointsman.model.result import Outcome, Result
from pointsman.ports.record import RecordStore
from pointsman.strategy.canary_seen import CANARY

STEP = "status"


class KnowsHolder(Protocol):
    """The part of the lock that can be asked."""

    def holder(self) -> str:
        """Who holds the lock now; empty when nobody does."""
        ...


def run(service: str, records: RecordStore, lock: KnowsHolder, serving: str) -> Result:
    """The record of `service` as a result; `serving` says in words what the router sends requests to now."""
    record, holder = records.load(), lock.holder()
    if record is None:
        why = f"{serving}; Pointsman has no record of a release here yet"
        return Result(STEP, service, Outcome.KNOWN, why, details={"serving": serving, "lock": holder, "record": None})
    broken = broken_link(record)
    details = {
        "serving": serving,
        "lock": holder,
        "audit_trail": "intact" if broken is None else f"edited at {broken.at}",
        "record": asdict(record),
        "lines": lines_of(record, serving, holder),
    }
    return Result(STEP, service, Outcome.KNOWN, f"{serving}; {_state(record)}", details=details)


def lines_of(record: Record, serving: str, holder: str) -> list[str]:
    """The record as a person reads it."""
    lines = [
        f"serves:     {serving}",
        f"in flight:  {_flight(record.flight)}",
        f"lock:       {holder or 'free'}",
    ]
    if record.intent:
        lines.append(f"open intent: {record.intent.act} since {record.intent.at}: {record.intent.detail}")
    lines.append("verified good:")
    lines += [f"  {_good(version)}" for version in record.known()] or ["  none yet"]
    lines.append("last events:")
    return lines + [f"  {_event(event)}" for event in record.events[-10:]]


def _state(record: Record) -> str:
    if record.flight:
        return f"in flight: {_flight(record.flight)}"
    return f"nothing in flight, the last release ended {record.last.outcome}" if record.last else "nothing in flight"


def _flight(flight: Flight | None) -> str:
    if flight is None:
        return "nothing"
    images = ", ".join(sorted(flight.images.values()))
    who = flight.run or "by hand"
    phase = f"{flight.phase} at {flight.weight} %" if flight.strategy == CANARY else flight.phase
    return f"{flight.action} of {images} onto {flight.candidate}, {phase}, since {flight.started} ({who})"


def _good(version: GoodVersion) -> str:
    images = ", ".join(sorted(version.images.values()))
    return f"revision {version.number}: {images} on {version.workload}, verified {version.at}"


def _event(event: Event) -> str:
    return f"{event.at} {event.kind}: {event.text}"
