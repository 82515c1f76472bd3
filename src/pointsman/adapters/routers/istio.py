"""An Istio VirtualService that splits requests between two destinations, one for each version.

Reads: virtualservices (get, list, watch), destinationrules (list) for subsets. Writes: virtualservices (patch): both
weights in every weighted http route; where a user has only stable's destination, the candidate's beside it; a response
header by which the candidate's answers are known; http routes named `pointsman-testers-…`; annotations
`pointsman.dev/…`. `withdraw` takes all of that but the weights away again. Cannot: mirror, keep a user on one version,
share an http route with further destinations.

Istio of today says nothing about a VirtualService in its status, and a wrong one leaves every proxy with what it had
before, in silence. So the effect is level 1 only where Istio does speak, and where it doesn't nothing is reached until
requests have met the split: wrap this router to send them. Neighbours: `route_router` is what it shares with other
routes, `istio_rules`, `_changes`, `_testers` and `_status` do the thinking, `istio_route` finds the VirtualService and
refuses unsafe ones before the first write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.kinds import Kind
from pointsman.adapters.kube.ownership import Path
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.adapters.routers.istio_changes import weight_operations, withdraw_operations
from pointsman.adapters.routers.istio_rules import Destinations, split_of
from pointsman.adapters.routers.istio_status import accepted
from pointsman.adapters.routers.istio_testers import matched_by, operations_for_testers
from pointsman.adapters.routers.route_router import RouteRouter
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock

VIRTUAL_SERVICE = Kind("/apis/networking.istio.io/v1", "virtualservices", "VirtualService")
DESTINATION_RULE = Kind("/apis/networking.istio.io/v1", "destinationrules", "DestinationRule")
HTTP: Path = ("f:spec", "f:http")


@dataclass(frozen=True)
class IstioGrammar:
    """How Istio writes a split; see `route_router.Grammar`. `asked`: requests will be sent to see the effect."""

    destinations: Destinations
    asked: bool = False
    rules: Path = HTTP

    @property
    def candidate(self) -> str:
        """The version that is released."""
        return self.destinations.candidate

    def behind(self, version: str) -> str:
        """The destination of a version."""
        return str(self.destinations.of[version]) if version in self.destinations.of else ""

    def split_of(self, route: Json) -> Split:
        """The split that every weighted http route has."""
        return split_of(route, self.destinations)

    def introduce(self, route: Json) -> list[Json]:
        """Nothing: Istio's proxies know every Service of their mesh."""
        del route
        return []

    def weigh(self, route: Json, percent: int) -> list[Json]:
        """Both weights of every weighted http route."""
        return weight_operations(route, self.destinations, percent)

    def withdraw(self, route: Json) -> list[Json]:
        """Only the user's own VirtualService."""
        return withdraw_operations(route, self.destinations)

    def matched(self, route: Json) -> Match | None:
        """The rule for testers."""
        return matched_by(route)

    def match(self, route: Json, rule: Match | None) -> list[Json]:
        """Exactly this rule for testers."""
        return operations_for_testers(route, self.destinations, rule)

    def accepted(self, route: Json) -> Effect:
        """What Istio says of it, if anything."""
        return accepted(route, self.asked)


class IstioRouter(RouteRouter):
    """`route` as it was read; `ready(version)` says how many of a version's endpoints are ready. The VirtualService is
    watched; `changed` is called when somebody writes it. `settle` is in seconds. `asked` says that requests will be
    sent to see the effect (see `measured`)."""

    def __init__(
        self,
        api: KubeApi,
        route: Json,
        destinations: Destinations,
        ready: Callable[[str], int],
        fence: Fence,
        clock: Clock,
        settle: float = SETTLE_SECONDS,
        changed: Callable[[], None] = lambda: None,
        asked: bool = False,
    ) -> None:
        watched = WatchedObject(api, VIRTUAL_SERVICE, route, fence, clock, changed)
        super().__init__(watched, IstioGrammar(destinations, asked), ready, clock, settle)
