"""A Kubernetes Service whose selector names the version that serves: all requests or none.

Reads: services (get, list, watch), endpointslices (list, watch). Writes: services (patch of one selector
key). Cannot: weights between 0 and 100, headers, mirroring.

The effect is read back from the union of all EndpointSlices of the Service: every ready address must be a pod of
the serving version, and there must be as many as it has ready. kube-proxy follows EndpointSlices with a lag of up
to a second or more that the API does not show: without a URL to ask, the effect stays level 1 and a settle delay
follows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence, escaped
from pointsman.adapters.kube.kinds import ENDPOINT_SLICE, SERVICE
from pointsman.adapters.kube.mirror import Mirror
from pointsman.adapters.kube.ownership import owner_of_selector_key
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.adapters.routers.settling import SETTLE_SECONDS, Settling
from pointsman.model.drift import Field, Writer
from pointsman.model.errors import InputError
from pointsman.model.evidence import Effect
from pointsman.model.split import Split
from pointsman.ports.clock import Clock


@dataclass(frozen=True)
class Colours:
    """The selector key, and for each version (workload name) the value its pods carry under it."""

    key: str
    values: Mapping[str, str]

    def version(self, value: str) -> str:
        """The version whose pods carry `value`; empty when none does."""
        return next((name for name, carried in self.values.items() if carried == value), "")


class ServiceSelectorRouter:
    """`pods_of(version)` names the ready pods of a version, as the workload sees them. The Service is watched;
    `changed` is called when somebody writes it."""

    def __init__(
        self,
        api: KubeApi,
        service: Json,
        colours: Colours,
        pods_of: Callable[[str], set[str]],
        fence: Fence,
        clock: Clock,
        settle: float = SETTLE_SECONDS,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._api, self._colours, self._pods_of, self._clock = api, colours, pods_of, clock
        self._service = WatchedObject(api, SERVICE, service, fence, clock, changed)
        self._settling = Settling(clock, settle)
        self._slices: Mirror | None = None

    def read(self) -> Split:
        """All requests go to the version that the selector names. Raises ConflictError when the Service is gone."""
        return split_of(self._service.read(), self._colours)

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the selector last."""
        del name, field
        key = self._colours.key
        return Writer(owner_of_selector_key(self._service.item, key), f"spec.selector.{key} of Service {self._name}")

    def write(self, split: Split) -> None:
        """Point the selector at the version that has 100 percent."""
        if split.weight not in (0, 100):
            raise InputError(
                f"a Service selector cannot send {split.weight} percent",
                "use 0 or 100, or a router that has weights",
            )
        value = self._colours.values[split.serving]
        self._settling.begin_anew()
        self._service.change(lambda now: selector_operations(now, self._colours.key, value))

    def stamp(self) -> None:
        """Leave our fencing number on the Service."""
        self._service.stamp()

    def number(self) -> int:
        """The fencing number on the Service."""
        return self._service.number()

    def settled(self, split: Split) -> Effect:
        """Level 1 once the EndpointSlices hold exactly the ready pods of the serving version for 3 s."""
        named = named_by(self._service.live(), self._colours)
        if named != split.serving:
            return Effect(False, 0, f"the selector names {named or 'neither version'}")
        seen = ready_targets(self._endpoint_slices())
        effect = effect_of(seen, self._pods_of(split.serving), split.serving)
        if not effect.reached:
            self._settling.begin_anew()
            return effect
        if not self._settling.over():
            return Effect(False, 1, f"{effect.detail}; giving the data plane {self._settling.seconds:.0f} s to follow")
        return effect

    def endpoints(self) -> set[str]:
        """The pods that the Service's EndpointSlices send requests to."""
        return ready_targets(self._endpoint_slices())

    @property
    def _name(self) -> str:
        return str(self._service.item["metadata"]["name"])

    def _endpoint_slices(self) -> list[Json]:
        if self._slices is None:
            labels = f"kubernetes.io/service-name={self._name}"
            self._slices = Mirror(self._api, ENDPOINT_SLICE, labels, self._clock, threading.Event().set)
        return self._slices.all()


def split_of(service: Json, colours: Colours) -> Split:
    """The split a Service's selector means. Raises InputError when it names neither version."""
    name, value = service["metadata"]["name"], (service["spec"].get("selector") or {}).get(colours.key)
    serving = named_by(service, colours)
    if not serving:
        known = ", ".join(f"{one} ({colours.key}={carried})" for one, carried in colours.values.items())
        raise InputError(
            f"the selector of Service {name} has {colours.key}={value!r}, which is neither of {known}",
            "check --selector-key, --blue and --green against `kubectl get service -o yaml`",
        )
    other = next(one for one in colours.values if one != serving)
    return Split(stable=serving, candidate=other, weight=0)


def named_by(service: Json, colours: Colours) -> str:
    """The version whose pods the selector names; empty when it names neither."""
    return colours.version((service["spec"].get("selector") or {}).get(colours.key) or "")


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
