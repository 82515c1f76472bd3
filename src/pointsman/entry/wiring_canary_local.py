"""A canary on the local platform: versions are processes, Envoy splits the requests and counts them."""

from __future__ import annotations

from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.platform import up
from pointsman.adapters.local.service import Service
from pointsman.adapters.metrics.decidable import DecidableMetrics
from pointsman.adapters.metrics.envoy import EnvoyMetrics
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.records.file_lock import FileLock
from pointsman.adapters.records.file_record import FileRecord
from pointsman.adapters.routers.local_envoy import LocalEnvoyRouter
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from pointsman.entry.canary_inputs import canary_inputs, judge_of, settings_of
from pointsman.entry.canary_refusals import metrics_of
from pointsman.entry.wiring import Surroundings, Values, deployment_name, run_name
from pointsman.entry.wiring_metrics import Versions, metrics_for
from pointsman.model.errors import InputError
from pointsman.model.result import Result
from pointsman.ports.metrics import Metrics
from pointsman.steps import canary_step
from pointsman.steps.site import CanaryPorts, CanarySite


def step_locally(folder: Folder, service: Service, values: Values, around: Surroundings) -> Result:
    """Run canary-step on the local service."""
    names = local_versions(service, values)
    ports = canary_ports(folder, service, *names, values, around)
    metrics = DecidableMetrics(_metrics(service, names, values, around, ports), settings_of(values))
    shared = {name: getattr(ports, name) for name in CanaryPorts.__dataclass_fields__}
    site = CanarySite(**shared, metrics=metrics, judge=judge_of(values), look_every=values["interval"])
    return canary_step.run(site, canary_inputs(values))


def local_versions(service: Service, values: Values) -> tuple[str, str]:
    """(stable, candidate): as given, else the first version of the service and the next one. Raises InputError."""
    stable = deployment_name(values["workload"]) if values["workload"] else service.versions[0]
    usual = next((one for one in service.versions if one != stable), "")
    candidate = values["candidate"] or usual
    unknown = [one for one in (stable, candidate) if one not in service.versions]
    if unknown:
        known = ", ".join(service.versions)
        raise InputError(f"the service has no version {unknown[0]!r}", f"its versions: {known}")
    if stable == candidate:
        raise InputError(f"--workload and --candidate are both {stable}", "name two versions of the service")
    return stable, candidate


def canary_ports(
    folder: Folder, service: Service, stable: str, candidate: str, values: Values, around: Surroundings
) -> CanaryPorts:
    """What moves users between the two versions, forth and back."""
    if not values["dry-run"]:
        up(folder, around.clock)
    workload = LocalProcessWorkload(folder, service, around.clock)
    router = LocalEnvoyRouter(folder, service, around.clock, stable, candidate)
    path = values["health-path"] or service.health_path
    return CanaryPorts(
        service=service.service,
        stable=stable,
        candidate=candidate,
        workload=workload,
        router=router,
        prober=HttpUrlProber(around.clock, workload.addresses, f"http://127.0.0.1:{service.port}{path}", path=path),
        records=FileRecord(folder.record(service.service)),
        lock=FileLock(folder.lock(service.service), run_name(around.context), around.clock),
        clock=around.clock,
        progress=around.progress,
        run=run_name(around.context),
        release_key=around.context.release_key,
        stamps=(workload, router),
    )


def _metrics(
    service: Service, names: tuple[str, str], values: Values, around: Surroundings, ports: CanaryPorts
) -> Metrics:
    if metrics_of(values) == "envoy":
        return EnvoyMetrics(service.admin_port, around.clock, *names)
    return metrics_for(values, around, Versions(*names), ports.prober)
