"""Both versions with the Service of each, for routers that tell versions apart by their Services.

Reads: endpointslices (list). Writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.routers.route_services import ready_pods_behind
from pointsman.model.errors import InputError


@dataclass(frozen=True)
class Backends:
    """Both versions and the Service of each. `rule` names the one rule that splits; left out, each rule that names
    stable's Service does."""

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


def ready_endpoints(api: KubeApi, backends: Backends, version: str) -> int:
    """How many endpoints of a version's Service are ready, by all its EndpointSlices; one request."""
    return len(ready_pods_behind(api, backends.services[version]))
