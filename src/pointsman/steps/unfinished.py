"""A release that an earlier run has left in flight: whose it is, and whether it is the one that is asked for."""

from __future__ import annotations

from pointsman.model.errors import ConflictError
from pointsman.model.image import ImageChange
from pointsman.model.record import Flight


def refuse_other_actions(service: str, flight: Flight, ours: str) -> None:
    """Raises ConflictError unless what is in flight is of the action `ours`, on its way forward or being undone."""
    if flight.action != ours:
        advice = "run `pointsman rollback` to finish it first"
        raise ConflictError(f"a {flight.action} of {service} has not been finished", advice)


def is_asked_for(image: ImageChange | None, flight: Flight) -> bool:
    """True when this image (None: none was given) means the release in flight."""
    return image is None or image.applied_to(flight.images) == dict(flight.images)


def becomes(undoing: bool, asked_for: bool) -> str:
    """What would become of it: empty when it would go on."""
    if undoing and asked_for:
        return "it would be undone"
    return "" if asked_for else "it would be undone first, and then the new one begun"
