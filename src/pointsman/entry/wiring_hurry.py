"""promote and abort: the ports of whatever canary the record says is in flight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pointsman.entry.shared_inputs import HEALTH_PATH
from pointsman.entry.wiring import Surroundings, Values, run_name
from pointsman.model.record import Flight, Record
from pointsman.model.result import Result
from pointsman.steps import in_a_hurry
from pointsman.steps.in_a_hurry import ABORT, PROMOTE, HurryInputs
from pointsman.steps.site import CanaryPorts
from pointsman.steps.unfinished import refuse_other_actions
from pointsman.strategy.canary_seen import CANARY

if TYPE_CHECKING:
    from pointsman.adapters.kube.api import KubeApi
    from pointsman.adapters.local.layout import Folder
    from pointsman.adapters.local.service import Service

HURRIED: Mapping[str, Callable[[CanaryPorts, HurryInputs], Result]] = {
    PROMOTE: in_a_hurry.promote,
    ABORT: in_a_hurry.abort,
}


def hurry_on_kubernetes(step: str, api: KubeApi, values: Values, around: Surroundings) -> Result:
    """Run promote or abort in the cluster."""
    from pointsman.adapters.kube.access import require
    from pointsman.adapters.records.config_map import ConfigMapRecord
    from pointsman.entry import needs
    from pointsman.entry.wiring_canary import flight_ports, refuse_owned_image
    from pointsman.entry.wiring_kubernetes import service_of

    require(api, needs.OF_STEP[step], needs.role_printed(step, api.namespace))
    service_of(api, values["service"])

    def ports(flight: Flight) -> CanaryPorts:
        if step == PROMOTE:
            refuse_owned_image(api, flight)
        return flight_ports(api, flight, _addressed(values), around, undoing=step == ABORT)

    return _hurried(step, ConfigMapRecord(api, values["service"]).load(), ports, values, around)


def hurry_locally(step: str, folder: Folder, service: Service, values: Values, around: Surroundings) -> Result:
    """Run promote or abort on the local service."""
    from pointsman.adapters.records.file_record import FileRecord
    from pointsman.entry.wiring_canary_local import canary_ports

    def ports(flight: Flight) -> CanaryPorts:
        return canary_ports(folder, service, flight.stable, flight.candidate, _addressed(values), around)

    return _hurried(step, FileRecord(folder.record(service.service)).load(), ports, values, around)


def _hurried(
    step: str, record: Record | None, ports: Callable[[Flight], CanaryPorts], values: Values, around: Surroundings
) -> Result:
    """The record is looked at before the lock, for it says which ports there are; under the lock it is read again."""
    flight = record.flight if record else None
    if flight is None:
        return in_a_hurry.nothing(step, values["service"])
    refuse_other_actions(values["service"], flight, CANARY)
    return HURRIED[step](ports(flight), _inputs(values, around))


def _addressed(values: Values) -> Values:
    """An abort asks nobody for health, so it takes no path for that; the ports want one all the same."""
    return {HEALTH_PATH.name: HEALTH_PATH.default, **values}


def _inputs(values: Values, around: Surroundings) -> HurryInputs:
    usual = HurryInputs(values["timeout"], values["lock-wait"])
    return HurryInputs(
        timeout=values["timeout"],
        lock_wait=values["lock-wait"],
        soak=values.get("soak", usual.soak),
        drain=values.get("drain", usual.drain),
        by=around.context.actor or run_name(around.context),
        reason=values["reason"] or "",
        dry_run=values["dry-run"],
    )
