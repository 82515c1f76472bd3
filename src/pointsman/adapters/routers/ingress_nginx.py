"""A canary Ingress of ingress-nginx beside the user's own Ingress, which is never written.

Reads: ingresses (get, list, watch). Writes: one Ingress of ours (create, patch, delete), named after the user's, with
the `nginx.ingress.kubernetes.io/canary…` annotations; `withdraw` removes it. Cannot: mirror, keep a user on one
version, split what the user's `defaultBackend` gets.

The controller says nothing of these annotations, in no status: what is written was observed, a settle delay follows,
and the effect stays level 0 with words that say so. Wrap this router to see the split with requests. While the Service
of the user's Ingress has no ready endpoint, the controller answers everybody with 503, whatever the weight: then no
weight is raised and none counts as in effect. Neighbours: `ingress_canary` does the thinking, `ingress_main` finds
the user's Ingress and refuses unsafe ones before the first write.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence
from pointsman.adapters.kube.kinds import INGRESS
from pointsman.adapters.kube.owned import OwnedObject
from pointsman.adapters.kube.ownership import owner_of
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.ingress_canary import (
    WEIGHT,
    canary_manifest,
    canary_name,
    canary_spec,
    matched_by,
    named,
    operations_for_testers,
    weight_of,
    weight_operations,
)
from pointsman.adapters.routers.route_router import await_ready
from pointsman.adapters.routers.settling import SETTLE_SECONDS, Settling
from pointsman.model.drift import Field, Writer
from pointsman.model.errors import InputError
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock

_WEIGHT_FIELD = ("f:metadata", "f:annotations", f"f:{WEIGHT}")


class IngressNginxRouter:
    """`main` is the user's Ingress and `canary` ours (None: there is none yet), as they were read; `ready(version)`
    says how many of a version's endpoints are ready. Both are watched; `changed` is called when somebody writes one.
    `settle` is in seconds."""

    def __init__(
        self,
        api: KubeApi,
        main: Json,
        canary: Json | None,
        backends: Backends,
        ready: Callable[[str], int],
        fence: Fence,
        clock: Clock,
        settle: float = SETTLE_SECONDS,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._main = WatchedObject(api, INGRESS, main, fence, clock, changed)
        self._name = canary_name(main)
        self._canary = OwnedObject(api, INGRESS, self._name, canary, self._manifest, fence, clock, changed)
        self._backends, self._ready, self._clock, self._settle = backends, ready, clock, settle
        self._settling = Settling(clock, settle)

    def read(self) -> Split:
        """The split that the annotations mean; all requests reach stable while there is no canary Ingress."""
        return self._split(weight_of(self._canary.read()))

    def write(self, split: Split) -> None:
        """Write the weight. Raises InputError before more requests meet a version, or an Ingress, that cannot answer
        them."""
        self._refuse(split)
        percent, main = split.share(self._backends.candidate), self._main.live()
        self._change(lambda now: weight_operations(now, main, self._backends, percent), self._settle)

    def matched(self) -> Match | None:
        """The rule for testers as it is written now."""
        return matched_by(self._canary.live())

    def match(self, rule: Match | None) -> None:
        """Write the annotations for testers, or take them away. The delay that follows is never left out: no request
        can show that who was a tester is none any more, when weights alone are looked at."""
        self._change(lambda now: operations_for_testers(now, rule), max(self._settle, SETTLE_SECONDS))

    def withdraw(self) -> None:
        """Remove the canary Ingress. Raises InputError while the candidate has a share."""
        share = weight_of(self._canary.item)
        if share:
            raise InputError(f"{self._backends.candidate} still gets {share} % of the requests", "write 0 first")
        self._canary.remove()

    def settled(self, split: Split) -> Effect:
        """Reached once what is written was seen, and a delay after that."""
        effect = self._written(split)
        if not effect.reached:
            self._settling.begin_anew()
            return effect
        if not self._settling.over():
            return Effect(False, 0, f"{effect.detail}; giving the controller {self._settling.seconds:.0f} s to follow")
        if split.weight and self._ready(split.stable) == 0:
            return Effect(False, 0, self._empty(split.stable))
        return Effect(True, 0, f"{effect.detail}; no controller says so, and it was not observed with requests")

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the weight last."""
        del name, field
        item = self._canary.item
        return Writer(owner_of(item, _WEIGHT_FIELD) if item else "", f"{WEIGHT} of Ingress {self._name}")

    def stamp(self) -> None:
        """Leave our fencing number on the canary Ingress."""
        self._canary.stamp()

    def number(self) -> int:
        """The fencing number on the canary Ingress."""
        return self._canary.number()

    def _manifest(self) -> Json:
        return canary_manifest(self._main.live(), self._backends)

    def _split(self, percent: int) -> Split:
        return Split(self._backends.stable, self._backends.candidate, percent)

    def _change(self, operations_of: Callable[[Json], list[Json]], settle: float) -> None:
        before = self._canary.item
        self._canary.change(operations_of)
        after = self._canary.item
        if (weight_of(before), matched_by(before)) != (weight_of(after), matched_by(after)):
            self._settling = Settling(self._clock, settle)

    def _written(self, split: Split) -> Effect:
        canary, main = self._canary.live(), self._main.live()
        try:
            share = weight_of(canary)
        except InputError as refused:
            return Effect(False, 0, refused.message)
        if share != split.share(self._backends.candidate):
            return Effect(False, 0, f"Ingress {self._name} sends {share} % to {self._backends.candidate}")
        if canary is not None and canary["spec"] != canary_spec(main, self._backends):
            return Effect(False, 0, f"hosts or paths of Ingress {self._name} are not those of {named(main)} any more")
        return Effect(True, 0, f"{share} % is written" if canary else f"there is no Ingress {self._name}")

    def _refuse(self, split: Split) -> None:
        now = self._share_now()
        await_ready(split, now, named(self._main.item), self._behind, self._ready, self._clock)
        if split.weight > now and self._ready(split.stable) == 0:
            raise InputError(
                self._empty(split.stable),
                f"give {split.stable} a ready instance first; nothing was written",
            )

    def _behind(self, version: str) -> str:
        services = self._backends.services
        return f"Service {services[version]}" if version in services else ""

    def _empty(self, stable: str) -> str:
        return (
            f"Service {self._backends.services[stable]} of {named(self._main.item)} has no ready endpoint: "
            "ingress-nginx then answers everybody with 503, whatever share the canary Ingress has"
        )

    def _share_now(self) -> int:
        try:
            return weight_of(self._canary.item)
        except InputError:  # nonsense is written there: whatever we write, somebody gets more
            return 0
