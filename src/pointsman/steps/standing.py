"""Where users are when a run ends before its release does: for the person who reads its error at night."""

from __future__ import annotations

from pointsman.model.record import Flight, Record
from pointsman.strategy.canary_seen import CANARY

_MOVED = ("shifted", "retiring")


def standing(record: Record) -> str:
    """What the run knew of its users; empty when no release is in flight."""
    if record.flight is None:
        return ""
    unseen = ", if what it began last took effect" if record.intent else ""
    return f"this run last knew {_users(record.flight)}{unseen}"


def _users(flight: Flight) -> str:
    if flight.strategy == CANARY:
        return f"{flight.weight} % of the requests on {flight.candidate}, the rest on {flight.stable}"
    if flight.phase in _MOVED:
        return f"all users on {flight.candidate}"
    return f"all users {'back ' if flight.phase == 'undoing' else ''}on {flight.stable}"
