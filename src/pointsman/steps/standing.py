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
    return f"as this run last knew, {_users(record.flight)}{unseen}"


def _users(flight: Flight) -> str:
    if flight.strategy == CANARY:
        return f"{flight.weight} % of the requests were on {flight.candidate}, the rest on {flight.stable}"
    if flight.phase == "undoing":  # capacity comes first: when they move is not recorded
        return f"users were being returned to {flight.stable}"
    return f"all users were on {flight.candidate if flight.phase in _MOVED else flight.stable}"
