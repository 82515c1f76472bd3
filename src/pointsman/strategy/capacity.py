"""How many instances a share of the traffic needs, reckoned from what carries all of it now."""

from __future__ import annotations

from pointsman.model.version import VersionState


def instances_for(weight: int, whole: int, floor: int = 1) -> int:
    """Instances that carry `weight` percent of the traffic when `whole` carry all of it: rounded up, at least 1, and
    at least `floor` (what an autoscaler would not go below, say). 0 for no traffic."""
    if weight <= 0:
        return 0
    return max(-(-whole * weight // 100), floor, 1)


def whole_of(stable: VersionState | None, begun_with: int) -> int:
    """Instances that carry all of the traffic. What stable began with counts for as long as the release lasts: an
    autoscaler that takes some away because the candidate has the requests says nothing about the load."""
    if stable is None:
        return max(begun_with, 1)
    return max(stable.ready, stable.desired, begun_with, 1)
