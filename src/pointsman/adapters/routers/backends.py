"""Both versions with the Service of each, for routers that tell versions apart by their Services; what such routers
refuse alike.

Reads: services and endpointslices (list). Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pointsman.adapters.kube.api import ENDPOINT_SLICE, SERVICE, Json, KubeApi
from pointsman.adapters.routers.service_selector import ready_targets
from pointsman.model.errors import InputError
from pointsman.model.split import Split


@dataclass(frozen=True)
class Backends:
    """Both versions and the Service of each. `rule` names the one rule of a route that splits; left out, each rule
    that names stable's Service does."""

    stable: str
    candidate: str
    services: Mapping[str, str]
    rule: str = ""

    def __post_init__(self) -> None:
        if self.service_of_stable == self.service_of_candidate:
            raise InputError(
                f"{self.stable} and {self.candidate} both have Service {self.service_of_stable}",
                "give each version a Service of its own: a route tells versions apart by their Services",
            )

    @property
    def service_of_stable(self) -> str:
        """The Service behind which stable's pods are."""
        return self.services[self.stable]

    @property
    def service_of_candidate(self) -> str:
        """The Service behind which the candidate's pods are."""
        return self.services[self.candidate]


def services_of(api: KubeApi) -> dict[str, Json]:
    """Every Service of the namespace, by name."""
    return {one["metadata"]["name"]: one for one in api.list(SERVICE).get("items", [])}


def ready_endpoints(api: KubeApi, backends: Backends, version: str) -> int:
    """How many endpoints of a version's Service are ready, by all its EndpointSlices; one request."""
    slices = api.list(ENDPOINT_SLICE, labels=f"kubernetes.io/service-name={backends.services[version]}")
    return len(ready_targets(slices.get("items", [])))


def refuse_absent_services(backends: Backends, services: Mapping[str, Json]) -> None:
    """Raises InputError when a version's Service is missing: its share of the requests would be errors."""
    for version, service in backends.services.items():
        if service not in services:
            raise InputError(
                f"there is no Service {service} for {version}",
                f"Services there: {', '.join(sorted(services)) or 'none'}",
            )


def refuse_strangers(split: Split, backends: Backends, where: str) -> None:
    """Raises InputError for a version that has no Service here; `where` names the object that splits."""
    strangers = sorted({split.stable, split.candidate} - set(backends.services))
    if strangers:
        raise InputError(f"{where} has no Service for {', '.join(strangers)}")


def refuse_unready_candidate(split: Split, now: int, backends: Backends, ready: Callable[[str], int]) -> None:
    """Raises InputError when a candidate without a ready endpoint would get more than the `now` percent it has."""
    if split.weight > now and ready(split.candidate) == 0:
        raise InputError(
            f"{split.candidate} has no ready instance behind Service {backends.services[split.candidate]}: "
            f"{split.weight} % of the requests would fail",
            "wait until its pods are ready; nothing was written",
        )
