"""A canary on Kubernetes: two Deployments, and what splits the requests between their pods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pointsman.adapters.kube.access import Permission, require
from pointsman.adapters.kube.api import DEPLOYMENT, SERVICE, Json, KubeApi
from pointsman.adapters.kube.canary import canary_labels, common_labels, refuse_shared_service, service_manifest
from pointsman.adapters.kube.ownership import refuse_foreign_owner, refuse_gitops_field
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.routers import ingress_main
from pointsman.adapters.routers.backends import Backends, ready_endpoints
from pointsman.adapters.routers.gateway_api import HTTP_ROUTE, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_route import opened
from pointsman.adapters.routers.ingress_main import refuse_empty_main, refuse_emptying_rollout
from pointsman.adapters.routers.ingress_nginx import IngressNginxRouter
from pointsman.adapters.routers.replica_ratio import MOST, ReplicaRatioRouter, refuse_unfit_service
from pointsman.adapters.routers.replica_share import instances_for
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.adapters.workloads.deployment_state import is_ready, terminating
from pointsman.entry import needs
from pointsman.entry.canary_inputs import canary_inputs, judge_of, percents_of
from pointsman.entry.canary_refusals import ROUTED, router_of
from pointsman.entry.wiring import Surroundings, Values, deployment_name, run_name
from pointsman.entry.wiring_kubernetes import lock_for, prober_for, service_of
from pointsman.entry.wiring_metrics import Versions, metrics_for
from pointsman.model.drift import Field
from pointsman.model.errors import InputError
from pointsman.model.result import Result
from pointsman.steps import canary_step
from pointsman.steps.site import CanaryPorts, CanarySite

GATEWAY_API, INGRESS_NGINX = ROUTED


@dataclass(frozen=True)
class Way:
    """How requests are split: by a route (an HTTPRoute, an Ingress) and a Service of the candidate's own, or (no
    route) by numbers of pods."""

    route: str = ""
    candidate_service: str = ""
    router: str = GATEWAY_API

    @property
    def needs(self) -> tuple[Permission, ...]:
        """What RBAC must allow for it, beside what every canary needs."""
        if not self.route:
            return ()
        return needs.CANARY_INGRESS if self.router == INGRESS_NGINX else needs.SPLIT_ROUTE

    @property
    def text(self) -> str:
        """As the record keeps it."""
        return f"{self.router} {self.route} {self.candidate_service}" if self.route else "service"


def way_of(text: str) -> Way:
    """What `Way.text` was made of."""
    router, *names = text.split()
    if router not in ROUTED:
        return Way()
    route, candidate_service = names
    return Way(route, candidate_service, router)


def step_on_kubernetes(api: KubeApi, values: Values, around: Surroundings) -> Result:
    """Run canary-step in the cluster."""
    way = _way(values)
    require(api, (*needs.CANARY_STEP, *way.needs))
    stable = deployment_name(values["workload"])
    candidate = values["candidate"] or f"{stable}-canary"
    ports = canary_ports(api, stable, candidate, way, values, around)
    if not way.route:
        _refuse_weights(ports, values)
    elif way.router == INGRESS_NGINX:
        _refuse_empty_main(api, ports, way)
    labels = Versions(stable, candidate, *_labels(values, way))
    site = CanarySite(
        **{name: getattr(ports, name) for name in CanaryPorts.__dataclass_fields__},
        metrics=metrics_for(values, around, labels, ports.prober),
        judge=judge_of(values),
        look_every=values["interval"],
    )
    return canary_step.run(site, canary_inputs(values))


def canary_ports(
    api: KubeApi, stable: str, candidate: str, way: Way, values: Values, around: Surroundings
) -> CanaryPorts:
    """What moves users between two Deployments, forth and back. Raises InputError for every unsafe arrangement, before
    anything is touched."""
    if stable == candidate:
        raise InputError(f"--workload and --candidate are both {stable}", "name two Deployments")
    name = values["service"]
    service, lock = service_of(api, name), lock_for(api, name, around)
    beside = _candidate_service(api, service, way)
    workload = _workload(api, service, beside, (stable, candidate), lock, around)
    _refuse(service, beside, workload, stable, candidate, values)
    router = _router(api, service, way, workload, (stable, candidate), lock, around)
    return CanaryPorts(
        service=name,
        stable=stable,
        candidate=candidate,
        whole=bool(way.route),
        by_instances=not way.route,
        route=way.text,
        workload=workload,
        router=router,
        prober=prober_for(api, service, workload, values, around),
        records=ConfigMapRecord(api, name),
        lock=lock,
        clock=around.clock,
        progress=around.progress,
        run=run_name(around.context),
        release_key=around.context.release_key,
        stamps=(workload, router) if way.route else (workload,),
    )


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
    backends = _backends(ports.service, way, (ports.stable, ports.candidate))
    refuse_empty_main(ports.router, backends, partial(ready_endpoints, api, backends))


def _way(values: Values) -> Way:
    router = router_of(values)
    if router not in ROUTED:
        return Way()
    return Way(values["route"], values["candidate-service"] or f"{values['service']}-canary", router)


def _labels(values: Values, way: Way) -> tuple[str, str]:
    """What stands for a version in Prometheus: where a product counts by Service, that, else the workload."""
    by_service = values["preset"] in ("traefik", "contour") and way.route and way.router == GATEWAY_API
    return (values["service"], way.candidate_service) if by_service else ("", "")


def _candidate_service(api: KubeApi, service: Json, way: Way) -> Json | None:
    if not way.route:
        return None
    found = api.get(SERVICE, way.candidate_service)
    if found is None:
        raise InputError(
            f"there is no Service {way.candidate_service} for the candidate's pods; a route tells versions apart by "
            "their Services",
            f"apply this once, then run again: {service_manifest(service, way.candidate_service)}",
        )
    return found


def _workload(
    api: KubeApi,
    service: Json,
    beside: Json | None,
    names: tuple[str, str],
    lock: LeaseLock,
    around: Surroundings,
) -> DeploymentWorkload:
    labels = canary_labels(beside)
    selector = common_labels(service, beside)
    return DeploymentWorkload(api, selector, lambda _: labels, lock, around.clock, frozenset(names))


def _refuse(
    service: Json, beside: Json | None, workload: DeploymentWorkload, stable: str, candidate: str, values: Values
) -> None:
    serving = workload.deployment(stable)
    known = {item["metadata"]["name"]: item for item in workload.deployments()}
    for item in (serving, known.get(candidate, serving)):
        refuse_foreign_owner(item)
    if values.get("image") is not None and values.get("weights"):
        refuse_gitops_field(serving, Field.IMAGE)
    if beside is None:
        refuse_unfit_service(service, (serving, known.get(candidate, serving)))
        return
    refuse_shared_service(service, beside, serving, known.get(candidate))


def _router(
    api: KubeApi,
    service: Json,
    way: Way,
    workload: DeploymentWorkload,
    names: tuple[str, str],
    lock: LeaseLock,
    around: Surroundings,
) -> ReplicaRatioRouter | GatewayApiRouter | IngressNginxRouter:
    stable, candidate = names
    own = service["metadata"]["name"]
    if not way.route:
        ready = partial(_ready_pods, workload)
        return ReplicaRatioRouter(api, own, stable, candidate, workload, ready, around.clock, changed=workload.wake)
    backends = _backends(own, way, names)
    counted = partial(ready_endpoints, api, backends)
    if way.router == INGRESS_NGINX:
        return ingress_main.opened(api, way.route, backends, counted, lock, around.clock, changed=workload.wake)
    return opened(api, HTTP_ROUTE, way.route, backends, counted, lock, around.clock, changed=workload.wake)


def _backends(service: str, way: Way, names: tuple[str, str]) -> Backends:
    stable, candidate = names
    return Backends(stable, candidate, {stable: service, candidate: way.candidate_service})


def _ready_pods(workload: DeploymentWorkload, version: str) -> set[str]:
    pods = workload.pods_of(version)
    return {pod["metadata"]["name"] for pod in pods if is_ready(pod) and not terminating(pod)}
