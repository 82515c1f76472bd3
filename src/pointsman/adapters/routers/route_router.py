"""A router that is one object of Kubernetes with a list of weighted rules: what all such products have in common.

`Grammar` is how one product writes a split (`gateway_api`, `istio`); everything here holds for each of them: the
object is watched and changed under the fence, a candidate without ready endpoints gets nobody, and what the control
plane says is followed by a delay, because it is no look at requests. Wrap it to look at those (`measured`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pointsman.adapters.kube.api import Json
from pointsman.adapters.kube.ownership import Path, owner_of
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.adapters.routers.route_words import named
from pointsman.adapters.routers.settling import SETTLE_SECONDS, Settling
from pointsman.model.drift import Field, Writer
from pointsman.model.errors import InputError, NotReady
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock

KNOWN_SECONDS = 1.0
"""How long proxies get to hear of a Service that was not in a route before, once that route is accepted."""
ENDPOINTS_SECONDS = 10.0
"""How long endpoints may lag behind the pods that are ready."""
_LOOKS, _ENDPOINT_LOOKS = 0.1, 0.5  # the route is watched; each look at endpoints is a request


class Grammar(Protocol):
    """How a product writes a split between two versions. All of it is pure."""

    @property
    def candidate(self) -> str:
        """The version that is released."""
        ...

    @property
    def rules(self) -> Path:
        """Where managedFields speaks of the rules: an atomic list, so it knows one owner of all of it."""
        ...

    def behind(self, version: str) -> str:
        """What requests of a version are sent to, in words; empty for a version it does not know."""
        ...

    def split_of(self, route: Json) -> Split:
        """The split that every weighted rule has. Raises InputError when there is none."""
        ...

    def introduce(self, route: Json) -> list[Json]:
        """The JSON Patch that names the candidate, without a share, before its first one; empty where it is named, or
        needs no introduction."""
        ...

    def weigh(self, route: Json, percent: int) -> list[Json]:
        """The JSON Patch that sends `percent` to the candidate, which was introduced; empty when it is so."""
        ...

    def withdraw(self, route: Json) -> list[Json]:
        """The JSON Patch that leaves only what the user wrote. Raises InputError while the candidate has a share."""
        ...

    def matched(self, route: Json) -> Match | None:
        """The rule for testers; None when there is none."""
        ...

    def match(self, route: Json, rule: Match | None) -> list[Json]:
        """The JSON Patch that lets exactly this rule for testers stand."""
        ...

    def accepted(self, route: Json) -> Effect:
        """How far those who serve the route have taken it in, by its own status: level 1 at most."""
        ...


class RouteRouter:
    """`ready(version)` says how many of a version's endpoints are ready; `settle` and `known` are in seconds."""

    def __init__(
        self,
        route: WatchedObject,
        grammar: Grammar,
        ready: Callable[[str], int],
        clock: Clock,
        settle: float = SETTLE_SECONDS,
        known: float = KNOWN_SECONDS,
    ) -> None:
        self._route, self._grammar, self._ready = route, grammar, ready
        self._clock, self._settle, self._known = clock, settle, known
        self._settling = Settling(clock, settle)

    def read(self) -> Split:
        """The split that every weighted rule has."""
        return self._grammar.split_of(self._route.read())

    def write(self, split: Split) -> None:
        """Write both weights of every weighted rule; a candidate that no rule names yet is named first, and made known.
        Raises NotReady before a candidate without ready endpoints gets more requests."""
        where = named(self._route.item)
        await_ready(split, self._share_now(split.candidate), where, self._grammar.behind, self._ready, self._clock)
        percent = split.share(self._grammar.candidate)
        if self._grammar.weigh(self._route.item, percent) and percent and self._grammar.introduce(self._route.item):
            self._change(self._grammar.introduce, self._settle)
            self._become_known()
        self._change(lambda now: self._grammar.weigh(now, percent), self._settle)

    def matched(self) -> Match | None:
        """The rule for testers as it is written now."""
        return self._grammar.matched(self._route.live())

    def match(self, rule: Match | None) -> None:
        """Let a testers' rule stand before each weighted rule, or none. The delay that follows is never left out: no
        request can show that who was a tester is none any more, when weights alone are looked at."""
        settle = max(self._settle, SETTLE_SECONDS)
        self._change(lambda now: self._grammar.match(now, rule), settle)

    def withdraw(self) -> None:
        """Leave only the user's own route: no testers' rules, nothing that we added, the weight stable had before.
        Raises InputError while the candidate has a share."""
        self._route.change(self._grammar.withdraw)

    def settled(self, split: Split) -> Effect:
        """What the control plane says of it, and a delay after that."""
        effect = self._written(split)
        if not effect.reached:
            self._settling.begin_anew()
            return effect
        if not self._settling.over():
            waiting = f"{effect.detail}; giving the data plane {self._settling.seconds:.0f} s to follow"
            return Effect(False, effect.level, waiting)
        return Effect(True, effect.level, f"{effect.detail}; the effect was not observed with requests")

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the rules last."""
        del name, field
        rules = self._grammar.rules
        where = ".".join(part.removeprefix("f:") for part in rules)
        return Writer(owner_of(self._route.item, rules), f"{where} of {named(self._route.item)}")

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

    def _become_known(self) -> None:
        """Let those who serve the route take it in, and a little more time pass. Who is silent for long is not waited
        for: whether requests follow is seen once the weight is written."""
        patience = self._clock.seconds() + SETTLE_SECONDS
        while not self._grammar.accepted(self._route.live()).reached and self._clock.seconds() < patience:
            self._clock.sleep(_LOOKS)
        self._clock.sleep(self._known)

    def _written(self, split: Split) -> Effect:
        route, candidate = self._route.live(), self._grammar.candidate
        try:
            found = self._grammar.split_of(route)
        except InputError as refused:
            return Effect(False, 0, refused.message)
        if found.share(candidate) != split.share(candidate):
            return Effect(False, 0, f"the route sends {found.share(candidate)} % to {candidate}")
        return self._grammar.accepted(route)

    def _share_now(self, version: str) -> int:
        try:
            return self._grammar.split_of(self._route.item).share(version)
        except InputError:  # the rules disagree, or refuse everybody: whatever is written, somebody gets more
            return 0


def await_ready(
    split: Split, now: int, where: str, behind: Callable[[str], str], ready: Callable[[str], int], clock: Clock
) -> None:
    """Wait for ready endpoints of a candidate that gets more than the `now` percent it has: they follow ready pods with
    a lag. Raises NotReady when none come, InputError for a version that the object (`where`) does not know."""
    strangers = sorted(one for one in (split.stable, split.candidate) if not behind(one))
    if strangers:
        raise InputError(f"{where} has no Service for {', '.join(strangers)}")
    patience = clock.seconds() + ENDPOINTS_SECONDS
    while split.weight > now and ready(split.candidate) == 0:
        if clock.seconds() >= patience:
            raise NotReady(
                f"{split.candidate} has no ready instance behind {behind(split.candidate)}: "
                f"{split.weight} % of the requests would fail",
                "see why its Service has no endpoints; then run again, and the release goes on",
            )
        clock.sleep(_ENDPOINT_LOOKS)
