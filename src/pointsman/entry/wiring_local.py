"""The ports of the local platform: versions are processes, a real Envoy splits the requests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pointsman.adapters.local.layout import Folder, folder_of
from pointsman.adapters.local.platform import up
from pointsman.adapters.local.service import Service, service_of
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.records.file_lock import FileLock
from pointsman.adapters.records.file_record import FileRecord
from pointsman.adapters.routers.local_envoy import LocalEnvoyRouter
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from pointsman.entry.canary_versions import canary_pair
from pointsman.entry.wiring import Surroundings, Values, colour_names, rollback_inputs, run_name, switch_inputs
from pointsman.entry.wiring_canary_local import canary_ports, step_locally
from pointsman.entry.wiring_health import url_prober
from pointsman.entry.wiring_hurry import hurry_locally
from pointsman.model.errors import InputError
from pointsman.model.result import Result
from pointsman.steps import blue_green_switch, rollback, status, verify_health
from pointsman.steps.site import Routed, Site
from pointsman.steps.verify_health import HealthInputs, HealthSite

ROOT_VARIABLE = "POINTSMAN_LOCAL_ROOT"


def perform_local(step: str, values: Values, around: Surroundings) -> Result:
    """Run the step called `step` on the local platform."""
    folder = folder_of(local_root(around.environment), values["namespace"] or "default")
    match step:
        case "blue-green-switch":
            _refuse_cluster_words(values)
            return blue_green_switch.run(_site(folder, values, around), switch_inputs(values))
        case "canary-step":
            return step_locally(folder, _service(folder, values), values, around)
        case "promote" | "abort":
            return hurry_locally(step, folder, _service(folder, values), values, around)
        case "rollback":
            return rollback.run(_rolled_back(folder, values, around), rollback_inputs(values))
        case "verify-health":
            return _verify(folder, values, around)
        case "dead-man":
            raise InputError("dead-man guards a release from inside a cluster", "leave out --platform local")
        case _:
            return _status(folder, values, around)


def local_root(environment: Mapping[str, str]) -> Path:
    """Where the local platform keeps its state: POINTSMAN_LOCAL_ROOT, else the user's state folder."""
    given = environment.get(ROOT_VARIABLE)
    if given:
        return Path(given)
    state = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME', '.')}/.local/state"
    return Path(state) / "pointsman" / "local"


def _refuse_cluster_words(values: Values) -> None:
    for name in ("adopt", "health-port", "version-header", "url"):
        if values[name]:
            raise InputError(f"--{name} means nothing with --platform local", "leave it out")


def _service(folder: Folder, values: Values) -> Service:
    service = service_of(folder)
    if service.service != values["service"]:
        raise InputError(
            f"namespace {folder.path.name} holds the service {service.service}, not {values['service']}",
            "check --service and --namespace",
        )
    return service


def _site(folder: Folder, values: Values, around: Surroundings) -> Site:
    if values.get("workload"):
        raise InputError("--workload means nothing with --platform local", "give --service")
    service = _service(folder, values)
    if not values["dry-run"]:
        up(folder, around.clock)
    blue, green = colour_names(values)
    workload = LocalProcessWorkload(folder, service, around.clock)
    router = LocalEnvoyRouter(folder, service, around.clock, blue, green)
    return Site(
        service=service.service,
        blue=blue,
        green=green,
        workload=workload,
        router=router,
        prober=_prober(workload, service, values, around),
        records=FileRecord(folder.record(service.service)),
        lock=FileLock(folder.lock(service.service), run_name(around.context), around.clock),
        clock=around.clock,
        progress=around.progress,
        run=run_name(around.context),
        release_key=around.context.release_key,
        stamps=(workload, router),
    )


def _rolled_back(folder: Folder, values: Values, around: Surroundings) -> Routed:
    """The two colours, or the two versions of a canary where the last release was one."""
    if not values["service"]:
        return _site(folder, values, around)
    service = _service(folder, values)
    pair = _canary(folder, service)
    return canary_ports(folder, service, *pair, values, around) if pair else _site(folder, values, around)


def _canary(folder: Folder, service: Service) -> tuple[str, str] | None:
    record = FileRecord(folder.record(service.service)).load()
    return canary_pair(record, lambda stable: next(one for one in service.versions if one != stable))


def _names(folder: Folder, service: Service, values: Values) -> tuple[str, str]:
    """The versions between which requests are split: those of the last canary, the two colours, or the first two."""
    colours = colour_names(values)
    known = colours if set(colours) <= set(service.versions) else service.versions[:2]
    return _canary(folder, service) or (known[0], known[1])


def _prober(workload: LocalProcessWorkload, service: Service, values: Values, around: Surroundings) -> HttpUrlProber:
    path = values.get("health-path") or values.get("path") or service.health_path
    return HttpUrlProber(around.clock, workload.addresses, f"http://127.0.0.1:{service.port}{path}", path=path)


def _verify(folder: Folder, values: Values, around: Surroundings) -> Result:
    if values["workload"]:
        raise InputError("--workload means nothing with --platform local", "give --service")
    if not values["service"]:
        site = HealthSite(None, None, lambda _: set(), url_prober(values, around), around.clock, around.progress)
        return verify_health.run(site, HealthInputs(values["url"], (), values["successes"], values["timeout"]))
    service = _service(folder, values)
    workload = LocalProcessWorkload(folder, service, around.clock)
    url = values["url"] or f"http://127.0.0.1:{service.port}"
    prober = url_prober({**values, "url": url}, around) if values["successes"] else None
    serving = LocalEnvoyRouter(folder, service, around.clock, *service.versions[:2]).read().serving
    site = HealthSite(workload, None, lambda _: set(), prober, around.clock, around.progress)
    inputs = HealthInputs(service.service, (serving,), values["successes"], values["timeout"])
    return verify_health.run(site, inputs)


def _status(folder: Folder, values: Values, around: Surroundings) -> Result:
    service = _service(folder, values)
    split = LocalEnvoyRouter(folder, service, around.clock, *_names(folder, service, values)).read()
    lock = FileLock(folder.lock(service.service), run_name(around.context), around.clock)
    other = split.stable if split.serving == split.candidate else split.candidate
    also = f", {split.share(other)} % of them to {other}" if split.share(other) else ""
    serving = f"{service.service} sends requests to {split.serving}{also}"
    return status.run(service.service, FileRecord(folder.record(service.service)), lock, serving)
