"""What a canary did to users, moment by moment: promises are asserted from all that was seen, not the end alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from types import TracebackType
from typing import Self

from tests.cluster.canary_shop import CANARY, STABLE
from tests.cluster.harness.shop import tag
from tests.cluster.harness.watch import EndpointWatch, Sighting, Watch
from tests.cluster.harness.world import Object, World

_LATE = 0.3
"""Seconds by which one watch may tell later than another on a busy machine."""


@dataclass(frozen=True)
class Seen:
    """All states of the route and of both Deployments, and `ready` pods by version, each with its time."""

    routes: Sequence[Sighting]
    deployments: Sequence[Sighting]
    ready: Mapping[str, Sequence[tuple[float, set[str]]]]

    def walked(self) -> list[int]:
        """The candidate's share in percent, each time it changed."""
        shares = [share for _, share in self._shares()]
        return [*shares[:1], *(after for before, after in pairwise(shares) if after != before)]

    def broken(self) -> list[str]:
        """Every promise that did not hold at some moment, in words; empty when all held."""
        return [*self._without_capacity(), *self._taken_from_users(), *self._changed_under_users()]

    def _without_capacity(self) -> Iterator[str]:
        """Whoever has a share of the requests has a ready pod."""
        for name, history in self.ready.items():
            ends = [at for at, _ in history[1:]] + [inf]
            for (at, pods), end in zip(history, ends, strict=True):
                share = self._most_within(name, at + _LATE, end - _LATE)
                if not pods and share:
                    yield f"{name} had no ready pod with {share} % of the requests"

    def _taken_from_users(self) -> Iterator[str]:
        """The candidate keeps its instances for as long as it has users."""
        for before, after in self._changes_of(CANARY):
            share = self._share_at(after.at - _LATE)
            if share and (after.type == "DELETED" or instances(after.object) < instances(before.object)):
                yield f"{CANARY} was scaled down or deleted with {share} % of the requests"

    def _changed_under_users(self) -> Iterator[str]:
        """Stable gets another image only once nobody is on it, and is never scaled down."""
        for before, after in self._changes_of(STABLE):
            share = 100 - self._share_at(after.at - _LATE)
            if share and tag(after.object) != tag(before.object):
                yield f"{STABLE} got {tag(after.object)} with {share} % of the requests"
            if instances(after.object) < instances(before.object):
                yield f"{STABLE} was scaled down to {instances(after.object)}"

    def _changes_of(self, name: str) -> Iterator[tuple[Sighting, Sighting]]:
        yield from pairwise(one for one in self.deployments if one.name == name)

    def _shares(self) -> list[tuple[float, int]]:
        return [(one.at, share_of(one.object)) for one in self.routes]

    def _share_at(self, at: float) -> int:
        """The candidate's share in percent at a moment; before the first sighting that of the first."""
        shares = self._shares()
        return next((share for seen, share in reversed(shares) if seen <= at), shares[0][1])

    def _most_within(self, name: str, since: float, until: float) -> int:
        """The greatest share that a version had from one moment to another; 0 when these are none."""
        if until <= since:
            return 0
        shares = [self._share_at(since), *(share for at, share in self._shares() if since < at <= until)]
        return max(share if name == CANARY else 100 - share for share in shares)


class History:
    """Watches the route, both Deployments and both Services' endpoints while the `with` block runs."""

    def __init__(self, world: World, route: str = "web") -> None:
        self._routes = Watch(world, f"httproutes/{route}")
        self._deployments = Watch(world, "deployments")
        self.ready = {STABLE: EndpointWatch(world, STABLE), CANARY: EndpointWatch(world, CANARY)}
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        for watch in (self._routes, self._deployments, *self.ready.values()):
            self._ending.enter_context(watch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.__exit__(kind, error, trace)

    def walked(self) -> list[int]:
        """See `Seen.walked`; up to now."""
        return self._seen().walked()

    def broken(self) -> list[str]:
        """See `Seen.broken`; up to now."""
        return self._seen().broken()

    def _seen(self) -> Seen:
        ready = {name: watch.ready() for name, watch in self.ready.items()}
        return Seen(list(self._routes.seen), list(self._deployments.seen), ready)


def share_of(route: Object) -> int:
    """The candidate's share of the requests that come through the route's first rule, in percent."""
    weights = {one["name"]: one.get("weight", 1) for one in route["spec"]["rules"][0]["backendRefs"]}
    return round(100 * weights.get(CANARY, 0) / sum(weights.values()))


def instances(deployed: Object) -> int:
    """How many pods this Deployment object asks for."""
    return int(deployed["spec"]["replicas"])
