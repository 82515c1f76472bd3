"""What a canary would change, for a dry run: every object, field, old and new value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.model.result import Change
from pointsman.model.version import VersionState
from pointsman.steps.colour_acts import listed
from pointsman.steps.site import CanaryPorts
from pointsman.strategy.canary_seen import Leftover, Plan
from pointsman.strategy.capacity import instances_for, whole_of


def planned_changes(
    site: CanaryPorts, plan: Plan, stable: VersionState, candidate: VersionState | None, images: Mapping[str, str]
) -> Iterator[Change]:
    """The changes in their order."""
    for container, image in images.items():
        old = candidate.images.get(container, "") if candidate else "(new)"
        if old != image:
            yield Change(site.candidate, f"image of {container}", old, image)
    yield from _walk(site, plan, stable, candidate)
    if plan.promote:
        yield Change(site.stable, "image", listed(stable.images), listed(images))
        yield Change(f"route of {site.service}", "weight", f"{plan.coming(100)} %", "0 %")
        gone = "removed" if candidate is None and plan.leftover is Leftover.REMOVE else "as before"
        yield Change(site.candidate, "afterwards", "", gone)


def _walk(site: CanaryPorts, plan: Plan, stable: VersionState, candidate: VersionState | None) -> Iterator[Change]:
    weight, count, whole = site.router.read().share(site.candidate), candidate.desired if candidate else 0, 0
    whole = whole_of(stable, stable.desired)
    for following in _weights(plan):
        needed = 0 if plan.by_instances else instances_for(following, whole, plan.floor)
        if needed > count:
            yield Change(site.candidate, "instances", str(count), str(needed))
        yield Change(f"route of {site.service}", "weight", f"{weight} %", f"{following} %")
        weight, count = following, max(needed, count)


def _weights(plan: Plan) -> list[int]:
    planned = [one.percent for one in plan.weights]
    everybody = plan.promote and plan.whole and (not planned or planned[-1] < 100)
    return [*planned, 100] if everybody else planned
