"""rollback on Kubernetes: by whose ports a service, or a single Deployment, is taken back."""

from __future__ import annotations

from pointsman.adapters.kube.access import require
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.colours import selector_text
from pointsman.adapters.kube.kinds import DEPLOYMENT
from pointsman.adapters.kube.ownership import refuse_foreign_owner
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.adapters.workloads.deployment import DeploymentWorkload
from pointsman.entry import needs
from pointsman.entry.canary_versions import in_place
from pointsman.entry.wiring import Surroundings, Values, colour_names, deployment_name, rollback_inputs, run_name
from pointsman.entry.wiring_kubernetes import lock_for, service_of, site_of
from pointsman.model.errors import InputError
from pointsman.model.record import Record
from pointsman.model.result import Result
from pointsman.steps import rollback, rollback_workload
from pointsman.steps.site import Desk, Routed
from pointsman.strategy.canary_seen import CANARY


def roll_back(api: KubeApi, values: Values, around: Surroundings) -> Result:
    """Run rollback in the cluster."""
    require(api, needs.ROLLBACK, needs.role_printed("rollback", api.namespace))
    if values["workload"]:
        name = deployment_name(values["workload"])
        return rollback_workload.run(_desk(api, name, name, around), rollback_inputs(values))
    # a Service without that key can send nobody from one colour to the other, whatever its workloads are called
    name, inputs = values["service"], rollback_inputs(values)
    selector = service_of(api, name)["spec"].get("selector") or {}
    colours = colour_names(values) if values["selector-key"] in selector else ()
    record = ConfigMapRecord(api, name).load()
    if not colours and (record is None or (record.flight is None and record.serving is None)):
        return rollback.without_record(_desk_of(api, name, "", around), inputs)
    workload = in_place(record, colours)
    if workload:
        return rollback_workload.to_recorded(_desk(api, name, workload, around), workload, inputs)
    return rollback.run(_rolled_back(api, record, values, around), inputs)


def _rolled_back(api: KubeApi, record: Record | None, values: Values, around: Surroundings) -> Routed:
    """The two colours, or the two versions of a canary in flight."""
    if record is None or record.flight is None or record.flight.strategy != CANARY:
        return site_of(api, values, around)
    from pointsman.entry.wiring_canary import flight_ports

    return flight_ports(api, record.flight, values, around, undoing=True)


def _desk(api: KubeApi, service: str, name: str, around: Surroundings) -> Desk:
    """What it takes to put Deployment `name` back in place, under the lock and record of `service`."""
    deployment = api.get(DEPLOYMENT, name)
    if deployment is None:
        raise InputError(f"there is no Deployment {name} in namespace {api.namespace}", "check --workload")
    refuse_foreign_owner(deployment)
    return _desk_of(api, service, selector_text(deployment["spec"]["selector"]), around, name)


def _desk_of(api: KubeApi, service: str, labels: str, around: Surroundings, *names: str) -> Desk:
    """The lock and the record of `service`, and the Deployments `names`, whose pods have these labels."""
    lock = lock_for(api, service, around)
    workload = DeploymentWorkload(api, labels, lambda _: {}, lock, around.clock, frozenset(names))
    return Desk(
        service=service,
        workload=workload,
        records=ConfigMapRecord(api, service),
        lock=lock,
        clock=around.clock,
        progress=around.progress,
        run=run_name(around.context),
        release_key=around.context.release_key,
        stamps=(workload,) if names else (),
    )
