"""The ports on Kubernetes, and every reason to refuse that can be known before the first write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pointsman.adapters.clock import token
from pointsman.adapters.kube.access import require
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.colours import colours_of, pod_labels, target_port
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.adapters.kube.kinds import SERVICE
from pointsman.adapters.kube.ownership import refuse_foreign_owner, refuse_gitops_field, refuse_gitops_owner
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.probers.pod_markers import PodMarkers
from pointsman.adapters.probers.pod_proxy import PodProxyProber
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.routers.measured import MeasuredRouter
from pointsman.adapters.routers.service_selector import Colours, ServiceSelectorRouter, named_by
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.adapters.workloads.deployment_state import is_ready, terminating
from pointsman.entry import needs
from pointsman.entry.wiring import (
    Surroundings,
    Values,
    colour_names,
    run_name,
    switch_inputs,
)
from pointsman.model.drift import Field
from pointsman.model.errors import InputError
from pointsman.model.expectation import Expectation
from pointsman.model.result import Result
from pointsman.ports.prober import Prober
from pointsman.steps import blue_green_switch, status
from pointsman.steps.site import Site


def perform_on_kubernetes(step: str, values: Values, around: Surroundings) -> Result:
    """Run the step called `step` against the cluster the inputs name."""
    if step == "verify-health":
        from pointsman.entry.wiring_health import verify_on_kubernetes

        return verify_on_kubernetes(values, around)
    api = api_for(values, around)
    if step == "dead-man":
        from pointsman.entry.wiring_dead_man import keep_watch

        return counted(keep_watch(api, values, around), api)
    if step == "canary-step":
        from pointsman.entry.wiring_canary import step_on_kubernetes

        return counted(step_on_kubernetes(api, values, around), api)
    if step in ("promote", "abort"):
        from pointsman.entry.wiring_hurry import hurry_on_kubernetes

        return counted(hurry_on_kubernetes(step, api, values, around), api)
    if step == "rollback":
        from pointsman.entry.wiring_rollback import roll_back

        return counted(roll_back(api, values, around), api)
    return counted({"blue-green-switch": _switch, "status": _status}[step](api, values, around), api)


def counted(result: Result, api: KubeApi) -> Result:
    """`result` with the number of API requests it took, for machines and benchmarks."""
    return replace(result, details={**result.details, "api_requests": api.requests})


def api_for(values: Values, around: Surroundings) -> KubeApi:
    """A connection to the cluster and namespace the inputs name. Raises InputError when there is none."""
    source = kube_source(values["kubeconfig"], values["context"], around.environment)
    connection = around.clock.attended(lambda: connect(source))  # a credential plugin may take its time
    return KubeApi(connection, values["namespace"] or "default", around.clock)


def kube_source(kubeconfig: str | None, context: str | None, environment: Mapping[str, str]) -> KubeSource:
    """The rules of kubectl: the option, KUBECONFIG, ~/.kube/config; then the pod's own service account."""
    paths = kubeconfig or environment.get("KUBECONFIG", "")
    home = Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"
    if not paths and home.exists():
        paths = str(home)
    if paths:
        if not any(Path(one).is_file() for one in paths.split(":") if one):
            raise InputError(f"the kubeconfig {paths} does not exist", "check --kubeconfig and KUBECONFIG")
        return KubeSource(paths, context or "")
    if environment.get("KUBERNETES_SERVICE_HOST"):
        return KubeSource(in_cluster=True)
    raise InputError(
        "no kubeconfig was given and none was found", "give --kubeconfig FILE, or set KUBECONFIG in the job"
    )


def _switch(api: KubeApi, values: Values, around: Surroundings) -> Result:
    guard = needs.POST_DEAD_MAN if values["dead-man"] else ()
    told = needs.role_printed("blue-green-switch", api.namespace, dead_man=bool(guard))
    require(api, (*needs.BLUE_GREEN_SWITCH, *guard), told)
    site = site_of(api, values, around, values["adopt"] or "", refuse=_refuse_gitops_fields(values))
    if values["dead-man"]:
        from pointsman.entry.wiring_dead_man import dead_man_of

        site = replace(site, dead_man=dead_man_of(api, values, around))
    return blue_green_switch.run(site, switch_inputs(values))


def _status(api: KubeApi, values: Values, around: Surroundings) -> Result:
    name, key = values["service"], values["selector-key"]
    selector = service_of(api, name)["spec"].get("selector") or {}
    told = {key: selector[key]} if key in selector else selector
    pods = ",".join(f"{label}={value}" for label, value in sorted(told.items()))
    serving = f"{name} sends requests to pods with {pods}" if pods else f"{name} selects no pods"
    return status.run(name, ConfigMapRecord(api, name), lock_for(api, name, around), serving)


def _refuse_gitops_fields(values: Values) -> Callable[[Json, bool], None]:
    """Refuses a colour (is it idle?) whose fields this switch would write, and somebody's repository owns."""

    def refuse(deployment: Json, idle: bool) -> None:
        updated = values["cleanup"] == "update"
        if values["image"] is not None and (idle or updated):
            refuse_gitops_field(deployment, Field.IMAGE)
        if not idle and values["cleanup"] == "scale-down":
            refuse_gitops_field(deployment, Field.INSTANCES)

    return refuse


def site_of(
    api: KubeApi,
    values: Values,
    around: Surroundings,
    adopt: str = "",
    lock: LeaseLock | None = None,
    settle: float = SETTLE_SECONDS,
    refuse: Callable[[Json, bool], None] | None = None,
) -> Site:
    """The ports of the service. Raises InputError for every unsafe arrangement, before anything is touched."""
    name, key = values["service"], values["selector-key"]
    blue, green = colour_names(values)
    service = service_of(api, name)
    refuse_foreign_owner(service)
    refuse_gitops_owner(service, key)
    lock = lock or lock_for(api, name, around)
    labels = _Labels(service, key)
    workload = DeploymentWorkload(
        api, labels.text(blue, green), labels.told_apart, lock, around.clock, frozenset({blue, green})
    )
    deployments = workload.deployments()
    adopting = bool(adopt) and key not in (service["spec"].get("selector") or {})
    labels.colours = colours_of(service, deployments, blue, green, key, adopting)
    for item in deployments:
        if item["metadata"]["name"] in (blue, green, adopt):
            refuse_foreign_owner(item)
        if refuse is not None and item["metadata"]["name"] in (blue, green):
            refuse(item, named_by(service, labels.colours) != item["metadata"]["name"])
    prober = prober_for(api, service, workload, values, around)
    router = _router(api, service, labels.colours, workload, lock, values, around, prober, settle)
    return Site(
        service=name,
        blue=blue,
        green=green,
        workload=workload,
        router=router,
        prober=prober,
        records=ConfigMapRecord(api, name),
        lock=lock,
        clock=around.clock,
        progress=around.progress,
        run=run_name(around.context),
        release_key=around.context.release_key,
        stamps=(workload, router),
    )


@dataclass
class _Labels:
    """The labels of the colours; their values are known only once the Deployments were listed."""

    service: Json
    key: str
    colours: Colours | None = None

    def text(self, blue: str, green: str) -> str:
        return pod_labels(self.service, Colours(self.key, {blue: "blue", green: "green"}))

    def told_apart(self, name: str) -> Mapping[str, str]:
        return {self.key: self.colours.values[name]} if self.colours else {}


def service_of(api: KubeApi, name: str) -> Json:
    """The Service. Raises InputError naming those that exist."""
    service = api.get(SERVICE, name)
    if service is not None:
        return service
    if not api.namespace_exists():
        raise InputError(f"there is no namespace {api.namespace}", "check --namespace and --context")
    names = sorted(item["metadata"]["name"] for item in api.list(SERVICE, limit=50).get("items", []))
    raise InputError(
        f"there is no Service {name} in namespace {api.namespace}",
        f"Services there: {', '.join(names) or 'none'}",
    )


def lock_for(api: KubeApi, service: str, around: Surroundings) -> LeaseLock:
    """The lock of a service, as this run would hold it."""
    return LeaseLock(api, service, run_name(around.context), token()[:8], around.clock, around.progress)


def prober_for(
    api: KubeApi, service: Json, workload: DeploymentWorkload, values: Values, around: Surroundings
) -> Prober:
    """Asks versions through the API server, and the service where users reach it, if that is known."""
    port, target = target_port(service, values.get("health-port") or "")
    expected = Expectation(values["health-path"], "200-299")
    pods = PodProxyProber(api, service["metadata"]["name"], port, target, expected, workload.ready_pods, around.clock)
    if not values.get("url"):
        return pods
    url = HttpUrlProber(around.clock, lambda _: (), values["url"], marker_header=values["version-header"] or "")
    return _PodsThenUrl(pods, url)


def _router(
    api: KubeApi,
    service: Json,
    colours: Colours,
    workload: DeploymentWorkload,
    lock: LeaseLock,
    values: Values,
    around: Surroundings,
    prober: Prober,
    settle: float,
) -> ServiceSelectorRouter | MeasuredRouter:
    def ready_pods(version: str) -> set[str]:
        pods = workload.pods_of(version)
        return {pod["metadata"]["name"] for pod in pods if is_ready(pod) and not terminating(pod)}

    observed = bool(values.get("url") and values.get("version-header"))
    delay = 0.0 if observed else settle
    inner = ServiceSelectorRouter(api, service, colours, ready_pods, lock, around.clock, delay, workload.wake)
    if not observed:
        return inner
    _, target = target_port(service, "")
    marker_of = PodMarkers(api, workload.ready_pods, target, values["url"], values["version-header"])
    return MeasuredRouter(inner, prober.probe_service, marker_of, around.clock)


class _PodsThenUrl:
    """Versions are asked through the API server, the service where users reach it."""

    def __init__(self, pods: PodProxyProber, url: HttpUrlProber) -> None:
        self.probe_version = pods.probe_version
        self.probe_service = url.probe_service
