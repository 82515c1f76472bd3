"""What must hold at every instant of a release, whatever happened to the run, and what must hold at the end."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from pointsman.model.record import broken_link
from tests.crash.world import REPLICAS, SERVICE, Sight

_PAIRS = ({"blue", "green"}, {SERVICE, "canary"})
"""The versions that there may be: two colours, or a stable version and its candidate."""


def broken_at_any_instant(sight: Sight, there: Collection[str]) -> list[str]:
    """Every promise that this sight breaks, in words; `there` are the colours that were there at the beginning."""
    return [*_users(sight), *_versions(sight, there), *_memory(sight)]


def broken_at_the_end(sight: Sight, allowed: Collection[str]) -> list[str]:
    """At the end the world has one of the `allowed` shapes, none of them in flight or locked."""
    wrong = broken_at_any_instant(sight, ())
    if sight.shape not in allowed:
        wrong.append(f"ended as: {sight.shape}; allowed: {' | '.join(sorted(allowed))}")
    return wrong


def _users(sight: Sight) -> list[str]:
    if not sight.reached:
        return ["users are sent to nobody"]
    if set(sight.reached) - set(sight.versions):
        return [f"users are sent to {sight.serving}, of which only {', '.join(sight.versions) or 'nobody'} exists"]
    ready = {name: sum(sight.versions[name].ready.values()) for name in sight.reached}
    if len(sight.reached) > 1 and any(sight.reached.values()):
        return _shares(sight.reached, ready)
    if sum(ready.values()) < REPLICAS:
        return [f"users are sent to {ready}, fewer ready than {REPLICAS}"]
    return []


def _shares(weights: Mapping[str, int], ready: Mapping[str, int]) -> list[str]:
    """Each version has the instances that its part of the traffic needs, and the parts are all of it."""
    wrong = [] if sum(weights.values()) == 100 else [f"the weights {dict(weights)} are not 100 together"]
    for name, weight in weights.items():
        if ready[name] < math.ceil(REPLICAS * weight / 100):
            wrong.append(f"{name} gets {weight} % of the users with {ready[name]} ready")
    return wrong


def _versions(sight: Sight, there: Collection[str]) -> list[str]:
    wrong = []
    if not any(set(sight.versions) <= pair for pair in _PAIRS):
        wrong.append(f"there are other versions than two: {sorted(sight.versions)}")
    if not set(there) <= set(sight.versions):
        wrong.append(f"what was there before was deleted: {sorted(set(there) - set(sight.versions))}")
    return wrong


def _memory(sight: Sight) -> list[str]:
    if sight.damage:
        return [f"the record cannot be read: {sight.damage}"]
    if sight.record is None:
        return []
    broken = broken_link(sight.record)
    chain = [f"the audit trail is broken at {broken.kind} {broken.at}"] if broken else []
    return [*chain, *_order([event.kind for event in sight.record.events])]


def _order(kinds: Sequence[str]) -> list[str]:
    """Between a shift and the drain of what users have left stands the effect that was seen."""
    unseen = False
    for kind in kinds:
        if kind in ("shift", "effect"):
            unseen = kind == "shift"
        if kind in ("retire", "restore", "remove") and unseen:
            return [f"{kind} came before the last shift was seen to take effect"]
    return []
