"""The router of a canary whose requests an object in the cluster splits: an HTTPRoute, a VirtualService, an Ingress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.colours import target_port
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.probers.pod_markers import PodMarkers
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.routers import gateway_api_route, ingress_main, istio_route
from pointsman.adapters.routers.backends import Backends, ready_endpoints
from pointsman.adapters.routers.gateway_api import HTTP_ROUTE, GatewayApiRouter
from pointsman.adapters.routers.ingress_nginx import IngressNginxRouter
from pointsman.adapters.routers.istio import IstioRouter
from pointsman.adapters.routers.istio_changes import MARK
from pointsman.adapters.routers.istio_rules import Destination, Destinations
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.adapters.routers.route_services import ready_pods_behind
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.adapters.workloads.deployment_state import is_ready, terminating
from pointsman.entry.canary_ways import GATEWAY_API, Way
from pointsman.entry.wiring import Surroundings, Values
from pointsman.model.errors import InputError
from pointsman.model.evidence import Probe
from pointsman.ports.clock import Clock


@dataclass(frozen=True)
class InIstio:
    """A VirtualService as it was read, both versions as it names them, and the labels of their subsets."""

    route: Json
    destinations: Destinations
    subsets: istio_route.Subsets

    @property
    def labels(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """The subsets of stable and of the candidate, with their labels."""
        names = (self.destinations.of_stable.subset, self.destinations.of_candidate.subset)
        return tuple((name, self.subsets.get(name, {})) for name in names)


def in_istio(api: KubeApi, service: str, way: Way, names: tuple[str, str], undoing: bool) -> InIstio:
    """What the cluster has of it. Raises InputError when the VirtualService is missing or, unless users are only sent
    back, a subset."""
    route = istio_route.virtual_service(api, way.route)
    target = Destination(service, way.subset) if way.subset else Destination(way.candidate_service)
    destinations = istio_route.destinations_in(route, *names, service, target, way.rule)
    if not way.subset:
        return InIstio(route, destinations, {})
    rules = istio_route.destination_rules(api, service)
    if not undoing:
        istio_route.refuse_missing_subsets(destinations, rules)
    return InIstio(route, destinations, istio_route.subsets_of(rules))


def split_router(
    api: KubeApi,
    service: Json,
    way: Way,
    workload: DeploymentWorkload,
    names: tuple[str, str],
    lock: LeaseLock,
    values: Values,
    clock: Clock,
    undoing: bool,
) -> GatewayApiRouter | IngressNginxRouter | MeasuredMatchingRouter:
    """An HTTPRoute or an Ingress: by its own word and a delay, or by requests where the address of users is known."""
    backends, observed = backends_of(service["metadata"]["name"], way, names), bool(values.get("url"))
    ready, delay = partial(ready_endpoints, api, backends), 0.0 if observed else SETTLE_SECONDS
    route: GatewayApiRouter | IngressNginxRouter
    if way.router == GATEWAY_API:
        route = gateway_api_route.opened(
            api, HTTP_ROUTE, way.route, backends, ready, lock, clock, delay, changed=workload.wake, undoing=undoing
        )
    else:
        route = ingress_main.opened(api, way.route, backends, ready, lock, clock, delay, workload.wake, undoing)
    return _with_header(api, service, route, workload, values, clock) if observed else route


def backends_of(service: str, way: Way, names: tuple[str, str]) -> Backends:
    """Both versions, stable behind `service`."""
    stable, candidate = names
    return Backends(stable, candidate, {stable: service, candidate: way.candidate_service}, way.rule)


def _with_header(
    api: KubeApi,
    service: Json,
    route: GatewayApiRouter | IngressNginxRouter,
    workload: DeploymentWorkload,
    values: Values,
    clock: Clock,
) -> MeasuredMatchingRouter:
    """What the header says for each version is learned from its own pods."""
    header = values["version-header"]
    users = HttpUrlProber(clock, lambda _: (), values["url"], marker_header=header)
    _, target = target_port(service, "")
    marker_of = PodMarkers(api, workload.ready_pods, target, values["url"], header)
    return MeasuredMatchingRouter(route, users.probe_service, marker_of, clock, users.probe_service_as)


def istio_router(
    api: KubeApi,
    found: InIstio,
    way: Way,
    workload: DeploymentWorkload,
    lock: LeaseLock,
    around: Surroundings,
    undoing: bool,
) -> IstioRouter | MeasuredMatchingRouter:
    """By requests where the address of users is known, else by what Istio says."""

    def ready(version: str) -> int:
        target = found.destinations.of[version]
        pods = ready_pods_behind(api, target.service)
        return len(pods & ready_pods(workload, version) if target.subset else pods)

    asked = bool(way.url)
    prober = HttpUrlProber(around.clock, lambda _: (), way.url, marker_header=MARK)
    if asked and not undoing:
        _refuse_silence(prober.probe_service())
    inner = istio_route.opened(
        api,
        found.route,
        found.destinations,
        ready,
        lock,
        around.clock,
        0.0 if asked else SETTLE_SECONDS,
        workload.wake,
        asked,
        undoing,
    )
    return _measured(inner, found.destinations.stable, prober) if asked else inner


def _refuse_silence(probe: Probe) -> None:
    """Raises InputError for an address that nobody answers: no weight would ever be seen there, nor the way back."""
    if probe.status == 0:
        raise InputError(
            f"--url {probe.target} does not answer: {probe.detail}",
            "check the address, and that it can be reached from where this step runs",
        )


def _measured(inner: IstioRouter, stable: str, prober: HttpUrlProber) -> MeasuredMatchingRouter:
    """The candidate's answers carry its name, added by Envoy; those of stable carry none."""

    def told(probe: Probe) -> Probe:
        return replace(probe, marker=probe.marker or stable)

    return MeasuredMatchingRouter(
        inner,
        lambda: told(prober.probe_service()),
        lambda version: version,
        prober.clock,
        lambda rule: told(prober.probe_service_as(rule)),
    )


def ready_pods(workload: DeploymentWorkload, version: str) -> set[str]:
    """The names of a version's pods that are ready and stay."""
    pods = workload.pods_of(version)
    return {pod["metadata"]["name"] for pod in pods if is_ready(pod) and not terminating(pod)}
