"""What a blue-green switch would change, for a dry run: every object, field, old and new value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.model.result import Change
from pointsman.model.version import VersionState
from pointsman.steps.colour_acts import listed
from pointsman.strategy.blue_green import Cleanup, needed_for


def planned_changes(
    service: str,
    active: VersionState,
    idle: VersionState | None,
    idle_name: str,
    images: Mapping[str, str],
    cleanup: Cleanup,
) -> Iterator[Change]:
    """The changes in their order."""
    for container, image in images.items():
        old = idle.images.get(container, "") if idle else "(new)"
        if old != image:
            yield Change(idle_name, f"image of {container}", old, image)
    needed = needed_for(active)
    if idle is None or idle.desired < needed:
        yield Change(idle_name, "instances", str(idle.desired if idle else 0), str(needed))
    yield Change(f"route of {service}", "serves", active.name, idle_name)
    if cleanup is Cleanup.SCALE_DOWN:
        yield Change(active.name, "instances", str(active.desired), "0")
    if cleanup is Cleanup.UPDATE:
        yield Change(active.name, "image", listed(active.images), listed(images))
