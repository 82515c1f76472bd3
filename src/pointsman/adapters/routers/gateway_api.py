"""A Gateway API route (HTTPRoute, GRPCRoute) that splits requests between the Services of two versions.

Reads: httproutes or grpcroutes (get, list, watch). Writes: them (patch): both weights in every weighted rule; where a
user has only stable's ref, the candidate's beside it, a moment before its first share, taken away again by
`withdraw`; rules named `pointsman-testers-…`; annotations `pointsman.dev/…`. Cannot: mirror, keep a user on one
version, name a Service of another namespace, give percents of shares that are no whole parts (see
`gateway_api_changes`).

The effect is level 1 at most: every parent of the route has accepted this generation and found both Services. That
says nothing about requests, so a settle delay follows and the detail says that nothing was observed; wrap this router
to see the split with requests. Neighbours: `route_router` is what it shares with other routes, `gateway_api_rules`,
`_changes`, `_testers` and `_status` do the thinking, `gateway_api_route` finds the route and refuses unsafe ones before
the first write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.kinds import Kind
from pointsman.adapters.kube.ownership import Path
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api_changes import naming_operations, weight_operations, withdraw_operations
from pointsman.adapters.routers.gateway_api_rules import split_of
from pointsman.adapters.routers.gateway_api_status import accepted
from pointsman.adapters.routers.gateway_api_testers import matched_by, operations_for_testers
from pointsman.adapters.routers.route_router import KNOWN_SECONDS, RouteRouter
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock

HTTP_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute")
GRPC_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "grpcroutes", "GRPCRoute")
RULES: Path = ("f:spec", "f:rules")


@dataclass(frozen=True)
class GatewayGrammar:
    """How the Gateway API writes a split; see `route_router.Grammar`."""

    backends: Backends
    rules: Path = RULES

    @property
    def candidate(self) -> str:
        """The version that is released."""
        return self.backends.candidate

    def behind(self, version: str) -> str:
        """The Service of a version."""
        return f"Service {self.backends.services[version]}" if version in self.backends.services else ""

    def split_of(self, route: Json) -> Split:
        """The split that every weighted rule has."""
        return split_of(route, self.backends)

    def introduce(self, route: Json) -> list[Json]:
        """The candidate in every weighted rule, without a share."""
        return naming_operations(route, self.backends)

    def weigh(self, route: Json, percent: int) -> list[Json]:
        """Both weights of every weighted rule."""
        return weight_operations(route, self.backends, percent)

    def withdraw(self, route: Json) -> list[Json]:
        """Only the user's own route."""
        return withdraw_operations(route, self.backends)

    def matched(self, route: Json) -> Match | None:
        """The rule for testers."""
        return matched_by(route)

    def match(self, route: Json, rule: Match | None) -> list[Json]:
        """Exactly this rule for testers."""
        return operations_for_testers(route, self.backends, rule)

    def accepted(self, route: Json) -> Effect:
        """Level 1 once every parent has accepted what is written."""
        return accepted(route)


class GatewayApiRouter(RouteRouter):
    """`route` as it was read; `ready(version)` says how many of a version's endpoints are ready. The route is watched;
    `changed` is called when somebody writes it. `settle` and `known` are in seconds."""

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
        known: float = KNOWN_SECONDS,
    ) -> None:
        watched = WatchedObject(api, kind, route, fence, clock, changed)
        super().__init__(watched, GatewayGrammar(backends), ready, clock, settle, known)
