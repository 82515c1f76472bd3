"""A canary on Kubernetes: two Deployments, and what splits the requests between their pods."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pointsman.adapters.kube.access import require
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.canary import (
    canary_labels,
    common_labels,
    refuse_shared_service,
    refuse_shared_subset,
    service_manifest,
    subset_labels,
)
from pointsman.adapters.kube.kinds import DEPLOYMENT, SERVICE
from pointsman.adapters.kube.ownership import refuse_foreign_owner, refuse_gitops_field
from pointsman.adapters.metrics.decidable import DecidableMetrics
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.routers.backends import ready_endpoints
from pointsman.adapters.routers.gateway_api import GatewayApiRouter
from pointsman.adapters.routers.ingress_main import refuse_empty_main, refuse_emptying_rollout
from pointsman.adapters.routers.ingress_nginx import IngressNginxRouter
from pointsman.adapters.routers.istio import IstioRouter
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.adapters.routers.replica_ratio import MOST, ReplicaRatioRouter, refuse_unfit_service
from pointsman.adapters.routers.replica_share import instances_for
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.entry import needs
from pointsman.entry.canary_inputs import canary_inputs, judge_of, percents_of, settings_of
from pointsman.entry.canary_ways import INGRESS_NGINX, ISTIO, Way, way_asked, way_of
from pointsman.entry.wiring import Surroundings, Values, deployment_name, run_name
from pointsman.entry.wiring_canary_routes import (
    InIstio,
    backends_of,
    in_istio,
    istio_router,
    ready_pods,
    split_router,
)
from pointsman.entry.wiring_kubernetes import lock_for, prober_for, service_of
from pointsman.entry.wiring_metrics import Versions, metrics_for
from pointsman.model.drift import Field
from pointsman.model.errors import InputError
from pointsman.model.record import Flight
from pointsman.model.result import Result
from pointsman.steps import canary_step
from pointsman.steps.site import CanaryPorts, CanarySite


def step_on_kubernetes(api: KubeApi, values: Values, around: Surroundings) -> Result:
    """Run canary-step in the cluster."""
    way = way_asked(values)
    guard = needs.POST_DEAD_MAN if values["dead-man"] else ()
    told = needs.role_printed("canary-step", api.namespace, way.router, bool(guard))
    require(api, (*needs.CANARY_STEP, *way.needs, *guard), told)
    stable = deployment_name(values["workload"])
    candidate = values["candidate"] or f"{stable}-canary"
    ports = canary_ports(api, stable, candidate, way, values, around)
    if not way.route:
        _refuse_weights(ports, values)
    elif way.router == INGRESS_NGINX:
        _refuse_empty_main(api, ports, way)
    labels = Versions(stable, candidate, *_labels(values, way))
    if values["dead-man"]:
        from pointsman.entry.wiring_dead_man import dead_man_of

        ports = replace(ports, dead_man=dead_man_of(api, values, around))
    site = CanarySite(
        **{name: getattr(ports, name) for name in CanaryPorts.__dataclass_fields__},
        metrics=DecidableMetrics(metrics_for(values, around, labels, ports.prober), settings_of(values)),
        judge=judge_of(values),
        look_every=values["interval"],
    )
    return canary_step.run(site, canary_inputs(values))


def canary_ports(
    api: KubeApi,
    stable: str,
    candidate: str,
    way: Way,
    values: Values,
    around: Surroundings,
    undoing: bool = False,
    lock: LeaseLock | None = None,
) -> CanaryPorts:
    """What moves users between two Deployments, forth and back (`undoing`: only back). Raises InputError for every
    unsafe arrangement, before anything is touched."""
    if stable == candidate:
        raise InputError(f"--workload and --candidate are both {stable}", "name two Deployments")
    name = values["service"]
    service, lock = service_of(api, name), lock or lock_for(api, name, around)
    names = (stable, candidate)
    beside = _candidate_service(api, service, way, undoing)
    found = in_istio(api, name, way, names, undoing) if way.router == ISTIO else None
    labels = subset_labels(found.labels[1][1]) if found and way.subset else canary_labels(beside)
    selector = common_labels(service, beside)
    workload = DeploymentWorkload(api, selector, lambda _: labels, lock, around.clock, frozenset(names))
    serving = workload.deployment(stable)
    if not undoing:  # whatever has become of the rest, users can go back to stable
        _refuse(service, beside, found, workload, serving, candidate, values)
    router = _router(api, service, way, found, workload, names, lock, values, around, undoing)
    return CanaryPorts(
        service=name,
        stable=stable,
        candidate=candidate,
        whole=bool(way.route),
        by_instances=not way.route,
        route=way.text,
        workload=workload,
        router=router,
        prober=prober_for(api, service, workload, {**values, "url": None}, around),
        records=ConfigMapRecord(api, name),
        lock=lock,
        clock=around.clock,
        progress=around.progress,
        run=run_name(around.context),
        release_key=around.context.release_key,
        stamps=(workload, router) if way.route else (workload,),
    )


def flight_ports(
    api: KubeApi,
    flight: Flight,
    values: Values,
    around: Surroundings,
    undoing: bool,
    lock: LeaseLock | None = None,
) -> CanaryPorts:
    """The ports of the canary that the record says is in flight. Raises InputError, and RemoteError when this account
    may not change its route."""
    way = way_of(flight.route)
    if way.needs:
        require(api, way.needs, needs.role_printed("canary-step", api.namespace, way.router))
    return canary_ports(api, flight.stable, flight.candidate, way, values, around, undoing, lock)


def refuse_owned_image(api: KubeApi, flight: Flight) -> None:
    """Raises InputError when a repository owns the image that a promotion of `flight` would write."""
    stable = api.get(DEPLOYMENT, flight.stable)
    if stable is not None:
        refuse_gitops_field(stable, Field.IMAGE)


def _refuse_weights(ports: CanaryPorts, values: Values) -> None:
    """Raises InputError for a weight that no number of pods comes near, before the first one is written."""
    serving = ports.workload.observe(ports.stable)
    for percent in percents_of(values):
        instances_for(percent, serving.desired if serving else 0, MOST)


def _refuse_empty_main(api: KubeApi, ports: CanaryPorts, way: Way) -> None:
    """Raises InputError where stable's Service has no endpoint, or may have none while stable is replaced."""
    stable = api.get(DEPLOYMENT, ports.stable)
    if stable is not None:
        refuse_emptying_rollout(stable)
    backends = backends_of(ports.service, way, (ports.stable, ports.candidate))
    refuse_empty_main(ports.router, backends, partial(ready_endpoints, api, backends))


def _labels(values: Values, way: Way) -> tuple[str, str]:
    """What stands for a version in Prometheus: where a product counts by Service, that, else the workload."""
    by_service = values["preset"] in ("traefik", "contour") and way.route and way.router != INGRESS_NGINX
    return (values["service"], way.candidate_service) if by_service else ("", "")


def _candidate_service(api: KubeApi, service: Json, way: Way, undoing: bool) -> Json | None:
    if not way.candidate_service:
        return None
    found = api.get(SERVICE, way.candidate_service)
    if found is None and not undoing:
        raise InputError(
            f"there is no Service {way.candidate_service} for the candidate's pods; a route tells versions apart by "
            "their Services",
            f"apply this once, then run again: {service_manifest(service, way.candidate_service)}",
        )
    return found


def _refuse(
    service: Json,
    beside: Json | None,
    found: InIstio | None,
    workload: DeploymentWorkload,
    serving: Json,
    candidate: str,
    values: Values,
) -> None:
    known = {item["metadata"]["name"]: item for item in workload.deployments()}
    for item in (serving, known.get(candidate, serving)):
        refuse_foreign_owner(item)
    if values.get("image") is not None and values.get("weights"):
        refuse_gitops_field(serving, Field.IMAGE)
    if beside is not None:
        refuse_shared_service(service, beside, serving, known.get(candidate))
    elif found is not None:
        refuse_shared_subset(service, found.labels, serving, known.get(candidate))
    else:
        refuse_unfit_service(service, (serving, known.get(candidate, serving)))


def _router(
    api: KubeApi,
    service: Json,
    way: Way,
    found: InIstio | None,
    workload: DeploymentWorkload,
    names: tuple[str, str],
    lock: LeaseLock,
    values: Values,
    around: Surroundings,
    undoing: bool,
) -> ReplicaRatioRouter | GatewayApiRouter | IngressNginxRouter | IstioRouter | MeasuredMatchingRouter:
    if found is not None:
        return istio_router(api, found, way, workload, lock, around, undoing)
    if way.route:
        return split_router(api, service, way, workload, names, lock, values, around.clock, undoing)
    ready = partial(ready_pods, workload)
    return ReplicaRatioRouter(
        api, service["metadata"]["name"], *names, workload, ready, around.clock, changed=workload.wake
    )
