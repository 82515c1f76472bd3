"""A Gateway API route (HTTPRoute, GRPCRoute) that splits requests between the Services of two versions.

Reads: httproutes or grpcroutes (get, list, watch). Writes: them (patch): both weights in every weighted rule; where a
user has only stable's ref, the candidate's beside it, taken away again by `withdraw`; rules named
`pointsman-testers-…`; annotations `pointsman.dev/…`. Cannot: mirror, keep a user on one version, name a Service of
another namespace, give percents of shares that are no whole parts (see `gateway_api_changes`).

The effect is level 1 at most: every parent of the route has accepted this generation and found both Services. That
says nothing about requests, so a settle delay follows and the detail says that nothing was observed; wrap this router
to see the split with requests. Neighbours: `gateway_api_rules`, `_changes`, `_testers` and `_status` do the
thinking, `gateway_api_route` finds the route and refuses unsafe ones before the first write.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman.adapters.kube.api import Json, Kind, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.ownership import owner_of
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.adapters.routers.backends import Backends, refuse_strangers, refuse_unready_candidate
from pointsman.adapters.routers.gateway_api_changes import weight_operations, withdraw_operations
from pointsman.adapters.routers.gateway_api_rules import named, split_of
from pointsman.adapters.routers.gateway_api_status import accepted
from pointsman.adapters.routers.gateway_api_testers import matched_by, operations_for_testers
from pointsman.adapters.routers.settling import SETTLE_SECONDS, Settling
from pointsman.model.drift import Field, Writer
from pointsman.model.errors import InputError
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock

HTTP_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute")
GRPC_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "grpcroutes", "GRPCRoute")
RULES = ("f:spec", "f:rules")  # an atomic list: managedFields knows one owner of all of it


class GatewayApiRouter:
    """`route` as it was read; `ready(version)` says how many of a version's endpoints are ready. The route is watched;
    `changed` is called when somebody writes it. `settle` is in seconds."""

    def __init__(
        self,
        api: KubeApi,
        kind: Kind,
        route: Json,
        backends: Backends,
        ready: Callable[[str], int],
        fence: Fence,
        clock: Clock,
        settle: float = SETTLE_SECONDS,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._route = WatchedObject(api, kind, route, fence, clock, changed)
        self._backends, self._ready, self._clock, self._settle = backends, ready, clock, settle
        self._settling = Settling(clock, settle)

    def read(self) -> Split:
        """The split that every weighted rule has."""
        return split_of(self._route.read(), self._backends)

    def write(self, split: Split) -> None:
        """Write both weights of every weighted rule. Raises InputError before a candidate without ready endpoints gets
        more requests."""
        self._refuse(split)
        percent = split.share(self._backends.candidate)
        self._change(lambda now: weight_operations(now, self._backends, percent), self._settle)

    def matched(self) -> Match | None:
        """The rule for testers as it is written now."""
        return matched_by(self._route.live())

    def match(self, rule: Match | None) -> None:
        """Let a testers' rule stand before each weighted rule, or none. The delay that follows is never left out: no
        request can show that who was a tester is none any more, when weights alone are looked at."""
        settle = max(self._settle, SETTLE_SECONDS)
        self._change(lambda now: operations_for_testers(now, self._backends, rule), settle)

    def withdraw(self) -> None:
        """Leave only the user's own route: no testers' rules, no ref that we added, the weight stable had before.
        Raises InputError while the candidate has a share."""
        self._route.change(lambda now: withdraw_operations(now, self._backends))

    def settled(self, split: Split) -> Effect:
        """Level 1 once every parent has accepted what is written, and a delay after that."""
        effect = self._written(split)
        if not effect.reached:
            self._settling.begin_anew()
            return effect
        if not self._settling.over():
            return Effect(False, 1, f"{effect.detail}; giving the data plane {self._settling.seconds:.0f} s to follow")
        return Effect(True, 1, f"{effect.detail}; the effect was not observed with requests")

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the rules last."""
        del name, field
        return Writer(owner_of(self._route.item, RULES), f"spec.rules of {named(self._route.item)}")

    def stamp(self) -> None:
        """Leave our fencing number on the route."""
        self._route.stamp()

    def number(self) -> int:
        """The fencing number on the route."""
        return self._route.number()

    def _change(self, operations_of: Callable[[Json], list[Json]], settle: float) -> None:
        before = self._route.item["spec"]
        self._route.change(operations_of)
        if self._route.item["spec"] != before:
            self._settling = Settling(self._clock, settle)

    def _written(self, split: Split) -> Effect:
        route = self._route.live()
        try:
            found = split_of(route, self._backends)
        except InputError as refused:
            return Effect(False, 0, refused.message)
        candidate = self._backends.candidate
        if found.share(candidate) != split.share(candidate):
            return Effect(False, 0, f"the route sends {found.share(candidate)} % to {candidate}")
        return accepted(route)

    def _refuse(self, split: Split) -> None:
        refuse_strangers(split, self._backends, named(self._route.item))
        refuse_unready_candidate(split, self._share_now(split.candidate), self._backends, self._ready)

    def _share_now(self, version: str) -> int:
        try:
            return split_of(self._route.item, self._backends).share(version)
        except InputError:  # the rules disagree, or refuse everybody: whatever is written, somebody gets more
            return 0
