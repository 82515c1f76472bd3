"""A canary without a mesh: one Service selects the pods of both versions, and requests follow their numbers.

Reads: endpointslices (list, watch). Writes nothing itself: a split is the candidate's number of instances, which the
workload scales, under its fence; stable keeps its own, so no instance ever gets more than its part of stable alone.
Cannot: 100 percent (promotion does that), shares finer than one instance, headers, mirroring. A candidate gets
requests as soon as one of its pods is ready, whether a weight was written or not.

What is read is the real share: ready endpoints by version. kube-proxy follows EndpointSlices with a lag that the API
does not show, so the effect is level 1 and a settle delay follows; wrap this router to meet it with requests.
Neighbours: `replica_share` does the arithmetic, `service_selector` reads the slices.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.colours import selects
from pointsman.adapters.kube.kinds import ENDPOINT_SLICE
from pointsman.adapters.kube.mirror import Mirror
from pointsman.adapters.routers.replica_share import WITHIN, in_percent, instances_for, misses, share_of, weight_of
from pointsman.adapters.routers.service_selector import ready_targets
from pointsman.adapters.routers.settling import SETTLE_SECONDS, Settling
from pointsman.model.drift import Field, Writer
from pointsman.model.errors import InputError
from pointsman.model.evidence import Effect
from pointsman.model.split import Split
from pointsman.ports.clock import Clock
from pointsman.ports.record import Stamps
from pointsman.ports.workload import Workload
from pointsman.ports.writers import KnowsWriters

MOST = 50


class ScaledWorkload(Workload, Stamps, KnowsWriters, Protocol):
    """A workload whose versions carry the fencing number and remember who scaled them."""


class ReplicaRatioRouter:
    """`service` selects the pods of both versions; `pods_of(version)` names the ready ones as the workload sees them.

    The candidate gets at most `most` instances, and a share at most `within` percentage points from the weight.
    `settle` is in seconds; `changed` is called when an EndpointSlice was written.
    """

    def __init__(
        self,
        api: KubeApi,
        service: str,
        stable: str,
        candidate: str,
        workload: ScaledWorkload,
        pods_of: Callable[[str], set[str]],
        clock: Clock,
        most: int = MOST,
        within: int = WITHIN,
        settle: float = SETTLE_SECONDS,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._api, self._service, self._stable, self._candidate = api, service, stable, candidate
        self._workload, self._pods_of, self._clock, self._changed = workload, pods_of, clock, changed
        self._most, self._within, self._settling = most, within, Settling(clock, settle)
        self._slices: Mirror | None = None
        self._was_there: bool | None = None
        self._written: tuple[Split, int] | None = None

    def read(self) -> Split:
        """The real share, in whole percent: whatever the candidate's ready endpoints are of all."""
        self._was_there = self._workload.observe(self._candidate) is not None
        ready, everything = self.ready()
        return Split(self._stable, self._candidate, weight_of(share_of(ready, everything - ready)))

    def ready(self) -> tuple[int, int]:
        """(ready endpoints of the candidate, all ready endpoints) of the Service now."""
        seen = self._endpoints()
        return len(seen & self._pods_of(self._candidate)), len(seen)

    def real_share(self) -> float:
        """The part of the requests that reaches the candidate now."""
        ready, everything = self.ready()
        return float(share_of(ready, everything - ready))

    def write(self, split: Split) -> None:
        """Scale the candidate, and only it, to the nearest share. Raises InputError for one that is not near enough,
        ConflictError when somebody changed the candidate after our reading."""
        self._refuse_strangers(split)
        instances = self._instances_for(split)
        if self._was_there is None:
            self.read()
        self._settling.begin_anew()
        if instances or self._was_there:
            self._workload.scale(self._candidate, instances)
        self._written = (split, instances)

    def settled(self, split: Split) -> Effect:
        """Level 1 once the EndpointSlices hold exactly the ready pods of both versions, as many of the candidate as
        make the share, and a delay after that."""
        try:
            effect = self._reached(split)
        except InputError as inexpressible:
            return Effect(False, 0, inexpressible.message)
        if not effect.reached:
            self._settling.begin_anew()
            return effect
        if not self._settling.over():
            return Effect(False, 1, f"{effect.detail}; giving the data plane {self._settling.seconds:.0f} s to follow")
        return effect

    def writer(self, name: str, field: Field) -> Writer:
        """Who scaled the candidate last."""
        del name, field
        return self._workload.writer(self._candidate, Field.INSTANCES)

    def stamp(self) -> None:
        """Leave our fencing number on what is scaled."""
        self._workload.stamp()

    def number(self) -> int:
        """The fencing number on what is scaled."""
        return self._workload.number()

    def _reached(self, split: Split) -> Effect:
        wanted, state = self._wanted_for(split), self._workload.observe(self._candidate)
        asked = state.desired if state else 0
        if asked != wanted:
            return Effect(False, 0, f"{self._candidate} is to have {asked} instances, {split.weight} % takes {wanted}")
        stable, candidate = self._pods_of(self._stable), self._pods_of(self._candidate)
        return effect_of(self._endpoints(), stable, candidate, wanted, split, self._within)

    def _instances_for(self, split: Split) -> int:
        stable = self._workload.observe(self._stable)
        return instances_for(split.weight, stable.desired if stable else 0, self._most, self._within)

    def _wanted_for(self, split: Split) -> int:
        """What this run has written holds, however many instances an autoscaler has given stable since."""
        return self._written[1] if self._written and self._written[0] == split else self._instances_for(split)

    def _endpoints(self) -> set[str]:
        if self._slices is None:
            labels = f"kubernetes.io/service-name={self._service}"
            self._slices = Mirror(self._api, ENDPOINT_SLICE, labels, self._clock, self._changed)
        return ready_targets(self._slices.all())

    def _refuse_strangers(self, split: Split) -> None:
        if (split.stable, split.candidate) != (self._stable, self._candidate):
            raise InputError(
                f"the share of {split.candidate} beside {split.stable} is not what Service {self._service} is about",
                f"here {self._candidate} is scaled beside {self._stable}",
            )


def effect_of(seen: set[str], stable: set[str], candidate: set[str], wanted: int, split: Split, within: int) -> Effect:
    """How the endpoints seen compare with the ready pods of both versions, of which `wanted` are the candidate's."""
    strangers, missing = seen - stable - candidate, (stable | candidate) - seen
    share = share_of(len(seen & candidate), len(seen & stable))
    if strangers:
        return Effect(False, 1, f"{len(strangers)} endpoint(s) of neither version: {min(strangers)}")
    if missing:
        return Effect(False, 1, f"{len(seen)} of {len(stable | candidate)} ready pods are endpoints yet")
    if len(candidate) > wanted:
        return Effect(False, 1, f"{len(candidate)} instance(s) of {split.candidate} are still there, {wanted} wanted")
    if len(candidate) < wanted:
        return Effect(False, 1, f"{len(candidate)} of {wanted} instances of {split.candidate} are ready")
    if not stable:
        return Effect(False, 1, f"no pod of {split.stable} is ready")
    if misses(share, split.weight, within):
        return Effect(False, 1, f"{in_percent(share)} of the endpoints are {split.candidate}'s, not {split.weight} %")
    return Effect(True, 1, _in_words(share, stable, candidate, split))


def refuse_unfit_service(service: Json, deployments: tuple[Json, Json]) -> None:
    """Raises InputError when the Service does not send requests to the pods of both Deployments in equal parts."""
    name, spec = service["metadata"]["name"], service["spec"]
    if spec.get("sessionAffinity", "None") != "None":
        raise InputError(
            f"Service {name} has sessionAffinity {spec['sessionAffinity']}: clients stay with their pods, so the share "
            "of requests does not follow the number of pods",
            "set sessionAffinity to None, or use a router that has weights",
        )
    for deployment in deployments:
        if not selects(spec.get("selector") or {}, deployment):
            raise InputError(
                f"Service {name} does not select the pods of Deployment {deployment['metadata']['name']}",
                "its selector must hold only labels that the pods of both versions have",
            )


def _in_words(share: Fraction, stable: set[str], candidate: set[str], split: Split) -> str:
    exact = "" if 100 * share == split.weight else f", the nearest to {split.weight} %"
    pods = f"exactly the ready pods, {len(stable)} of {split.stable} and {len(candidate)} of {split.candidate}"
    return f"EndpointSlices hold {pods}: {in_percent(share)} of the requests reach {split.candidate}{exact}"
