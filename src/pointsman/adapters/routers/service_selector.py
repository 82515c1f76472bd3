"""A Kubernetes Service whose selector names the version that serves: all requests or none.

Reads: services, endpointslices (list, watch). Writes: services (patch of one selector key). Cannot: weights
between 0 and 100, headers, mirroring.

The effect is read back from the union of all EndpointSlices of the Service: every ready address must be a pod of
the serving version, and there must be as many as it has ready. kube-proxy follows EndpointSlices with a lag of up
to a second or more that the API does not show: without a URL to ask, the effect stays level 1 and a settle delay
follows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pointsman.adapters.kube.api import ENDPOINT_SLICE, SERVICE, Json, KubeApi
from pointsman.adapters.kube.guarded import Fence, change, escaped, last_writer, stamp
from pointsman.adapters.kube.mirror import Mirror
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.evidence import Effect
from pointsman.model.split import Split
from pointsman.ports.clock import Clock

SETTLE_SECONDS = 3.0
_DRIFT_SECONDS = 5.0


@dataclass(frozen=True)
class Colours:
    """The selector key, and for each version (workload name) the value its pods carry under it."""

    key: str
    values: Mapping[str, str]

    def version(self, value: str) -> str:
        """The version whose pods carry `value`; empty when none does."""
        return next((name for name, carried in self.values.items() if carried == value), "")


class ServiceSelectorRouter:
    """`pods_of(version)` names the ready pods of a version, as the workload sees them."""

    def __init__(
        self,
        api: KubeApi,
        service: Json,
        colours: Colours,
        pods_of: Callable[[str], set[str]],
        fence: Fence,
        clock: Clock,
        settle: float = SETTLE_SECONDS,
    ) -> None:
        self._api, self._service, self._colours = api, service, colours
        self._pods_of, self._fence, self._clock, self._settle = pods_of, fence, clock, settle
        self._slices: Mirror | None = None
        self._seen_since: float | None = None
        self._refreshed = clock.seconds()
        self._read_under = fence.number
        self._stale = False

    def read(self) -> Split:
        """All requests go to the version that the selector names."""
        self._refresh_under_lock()
        return split_of(self._service, self._colours)

    def refresh(self) -> None:
        """Read the Service again: somebody else may have changed it since."""
        name = self._service["metadata"]["name"]
        fresh = self._api.get(SERVICE, name)
        if fresh is None:
            raise InputError(f"Service {name} is gone", "create it again, then run again")
        self._service = fresh

    def write(self, split: Split) -> None:
        """Point the selector at the version that has 100 percent."""
        if split.weight not in (0, 100):
            raise InputError(
                f"a Service selector cannot send {split.weight} percent",
                "use 0 or 100, or a router that has weights",
            )
        value = self._colours.values[split.serving]
        self._seen_since, self._refreshed = None, self._clock.seconds()
        try:
            self._service = change(
                self._api,
                SERVICE,
                self._service,
                lambda now: selector_operations(now, self._colours.key, value),
                self._fence,
            )
        except ConflictError:
            self._stale = True
            raise

    def stamp(self) -> None:
        """Leave our fencing number on the Service."""
        self._refresh_under_lock()
        self._service = stamp(self._api, SERVICE, self._service, self._fence)

    def settled(self, split: Split) -> Effect:
        """Level 1 once the EndpointSlices hold exactly the ready pods of the serving version for 3 s."""
        written = split_of(self._service, self._colours)
        if written.serving != split.serving:
            return Effect(False, 0, f"the selector names {written.serving}")
        seen = ready_targets(self._endpoint_slices())
        effect = effect_of(seen, self._pods_of(split.serving), split.serving)
        if not effect.reached:
            self._seen_since = None
            self._look_for_drift(split)
            return effect
        return self._after_settling(effect)

    def endpoints(self) -> set[str]:
        """The pods that the Service's EndpointSlices send requests to."""
        return ready_targets(self._endpoint_slices())

    def _refresh_under_lock(self) -> None:
        """What was read while another run held the lock, or before a refused write, may have changed since."""
        if self._stale or self._fence.number != self._read_under:
            self._read_under, self._stale = self._fence.number, False
            self.refresh()

    def _look_for_drift(self, split: Split) -> None:
        """Endpoints that stay wrong may mean that somebody changed the selector after us: look every 5 s."""
        now = self._clock.seconds()
        if now - self._refreshed < _DRIFT_SECONDS:
            return
        self._refreshed = now
        self.refresh()
        if split_of(self._service, self._colours).serving != split.serving:
            name, writer = self._service["metadata"]["name"], last_writer(self._service) or "somebody"
            raise ConflictError(
                f"the selector of Service {name} was changed by {writer} after this run had set it",
                f"stop {writer} from writing spec.selector during a release; then run again, or rollback",
            )

    def _after_settling(self, effect: Effect) -> Effect:
        now = self._clock.seconds()
        self._seen_since = now if self._seen_since is None else self._seen_since
        left = self._settle - (now - self._seen_since)
        if left > 0:
            return Effect(False, 1, f"{effect.detail}; giving the data plane {self._settle:.0f} s to follow")
        return effect

    def _endpoint_slices(self) -> list[Json]:
        if self._slices is None:
            labels = f"kubernetes.io/service-name={self._service['metadata']['name']}"
            self._slices = Mirror(self._api, ENDPOINT_SLICE, labels, self._clock, threading.Event().set)
        return self._slices.all()


def split_of(service: Json, colours: Colours) -> Split:
    """The split a Service's selector means. Raises InputError when it names neither version."""
    name, selector = service["metadata"]["name"], service["spec"].get("selector") or {}
    value = selector.get(colours.key)
    serving = colours.version(value or "")
    if not serving:
        known = ", ".join(f"{one} ({colours.key}={carried})" for one, carried in colours.values.items())
        raise InputError(
            f"the selector of Service {name} has {colours.key}={value!r}, which is neither of {known}",
            "check --selector-key, --blue and --green against `kubectl get service -o yaml`",
        )
    other = next(one for one in colours.values if one != serving)
    return Split(stable=serving, candidate=other, weight=0)


def selector_operations(service: Json, key: str, value: str) -> list[Json]:
    """Set one key of the selector, testing what it was."""
    selector = service["spec"].get("selector") or {}
    if selector.get(key) == value:
        return []
    path = f"/spec/selector/{escaped(key)}"
    if key not in selector:
        return [{"op": "add", "path": path, "value": value}]
    return [
        {"op": "test", "path": path, "value": selector[key]},
        {"op": "replace", "path": path, "value": value},
    ]


def ready_targets(slices: list[Json]) -> set[str]:
    """Names of the pods that are ready and not terminating in any slice; an address without a pod is named as such."""
    return {
        endpoint.get("targetRef", {}).get("name", endpoint["addresses"][0])
        for one in slices
        for endpoint in one.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready", True)
        and not endpoint.get("conditions", {}).get("terminating", False)
    }


def effect_of(seen: set[str], wanted: set[str], version: str) -> Effect:
    """How the endpoints seen compare with the ready pods of the version that should serve."""
    strangers = seen - wanted
    if strangers:
        return Effect(False, 1, f"{len(strangers)} endpoint(s) of another version still there: {sorted(strangers)[0]}")
    missing = wanted - seen
    if missing or not seen:
        return Effect(False, 1, f"{len(seen)} of {len(wanted)} ready pods of {version} are endpoints yet")
    return Effect(True, 1, f"EndpointSlices hold exactly the {len(seen)} ready pods of {version}")
