"""The ports of verify-health: on Kubernetes, or of nothing but a URL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from pointsman.adapters.kube.access import require
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.colours import selector_text, selects, target_port
from pointsman.adapters.kube.kinds import DEPLOYMENT, ENDPOINT_SLICE
from pointsman.adapters.kube.mirror import Mirror
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.probers.pod_proxy import PodProxyProber
from pointsman.adapters.routers.service_selector import ready_targets
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.entry import needs
from pointsman.entry.wiring import Surroundings, Values, deployment_name
from pointsman.entry.wiring_kubernetes import api_for, counted, service_of
from pointsman.model.errors import InputError
from pointsman.model.evidence import Probe
from pointsman.model.expectation import Expectation
from pointsman.model.result import Result
from pointsman.steps import verify_health
from pointsman.steps.verify_health import HealthInputs, HealthSite


def verify_on_kubernetes(values: Values, around: Surroundings) -> Result:
    """Verify what the inputs name; a URL alone needs no cluster."""
    if not (values["workload"] or values["service"]):
        site = HealthSite(None, None, lambda _: set(), url_prober(values, around), around.clock, around.progress)
        return verify_health.run(site, HealthInputs(values["url"], (), values["successes"], values["timeout"]))
    api = api_for(values, around)
    require(api, needs.VERIFY_HEALTH, needs.role_printed("verify-health", api.namespace))
    service = service_of(api, values["service"]) if values["service"] else None
    return counted(_verify(api, service, values, around), api)


def url_prober(values: Values, around: Surroundings) -> HttpUrlProber:
    """Asks the address itself; `--path` is added to an address without one. Raises InputError when both have one."""
    url, path = values["url"], values["path"]
    if urlsplit(url).path in ("", "/"):
        url = url.rstrip("/") + path
    elif path != "/healthz":
        raise InputError("--url has a path already, and --path gives another", "leave one of them out")
    return HttpUrlProber(around.clock, lambda _: (), url, mismatch=expectation(values).mismatch)


def expectation(values: Values) -> Expectation:
    """What a healthy answer looks like."""
    return Expectation(values["path"], values["expect-status"], values["expect-body"] or "")


def _verify(api: KubeApi, service: Json | None, values: Values, around: Surroundings) -> Result:
    name = deployment_name(values["workload"]) if values["workload"] else ""
    selector = _selector(api, service, name)
    workload = DeploymentWorkload(api, selector, lambda _: {}, _NoFence(), around.clock)
    names = (name,) if name else _behind(service or {}, workload)
    site = HealthSite(
        workload=workload,
        endpoints=_endpoints(api, service, around) if service else None,
        current=lambda one: {pod["metadata"]["name"] for pod in workload.ready_pods(one)},
        prober=_prober(api, service, names, workload, values, around),
        clock=around.clock,
        progress=around.progress,
    )
    subject = values["service"] or f"deployment/{name}"
    return verify_health.run(site, HealthInputs(subject, names, values["successes"], values["timeout"]))


def _selector(api: KubeApi, service: Json | None, name: str) -> str:
    if not name:
        pairs = (service or {})["spec"].get("selector") or {}
        return ",".join(f"{key}={value}" for key, value in sorted(pairs.items()))
    deployment = api.get(DEPLOYMENT, name)
    if deployment is None:
        raise InputError(f"there is no Deployment {name} in namespace {api.namespace}", "check --workload")
    return selector_text(deployment["spec"]["selector"])


def _behind(service: Json, workload: DeploymentWorkload) -> tuple[str, ...]:
    selector = service["spec"].get("selector") or {}
    names = tuple(item["metadata"]["name"] for item in workload.deployments() if selects(selector, item))
    if not names:
        raise InputError(
            f"no Deployment stands behind Service {service['metadata']['name']}",
            f"its selector is {selector or 'empty'}: check it, or give --workload or --url",
        )
    return names


def _endpoints(api: KubeApi, service: Json, around: Surroundings) -> Callable[[], set[str]]:
    labels = f"kubernetes.io/service-name={service['metadata']['name']}"
    slices = Mirror(api, ENDPOINT_SLICE, labels, around.clock, threading.Event().set)
    return lambda: ready_targets(slices.all())


def _prober(
    api: KubeApi,
    service: Json | None,
    names: tuple[str, ...],
    workload: DeploymentWorkload,
    values: Values,
    around: Surroundings,
) -> verify_health.AsksOnce | None:
    if values["successes"] == 0:
        return None
    if values["url"]:
        return url_prober(values, around)
    port, target = target_port(service, values["health-port"] or "") if service else ("", values["health-port"] or "")
    name = service["metadata"]["name"] if service else ""
    pods = PodProxyProber(api, name, port, target, expectation(values), workload.ready_pods, around.clock)
    return pods if service and port else _PodsInTurn(pods, names)


class _PodsInTurn:
    """A workload without a service in front: its pods are asked, one after the other."""

    def __init__(self, pods: PodProxyProber, names: tuple[str, ...]) -> None:
        self._pods, self._names = pods, names

    def probe_service(self) -> Probe:
        answers = [probe for name in self._names for probe in self._pods.probe_version(name, 1)]
        nobody = Probe(", ".join(self._names), False, 0, "no ready pod to ask", 0.0)
        return next((probe for probe in answers if not probe.ok), answers[0] if answers else nobody)


class _NoFence:
    """Nothing is written here."""

    number = 0

    def check(self) -> None:
        raise AssertionError("verify-health writes nothing")
