"""From checked inputs to a result: picks the platform, builds the ports, runs the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.adapters.clock import SystemClock
from pointsman.entry.context import CiContext
from pointsman.model.drift import OnDrift
from pointsman.model.errors import InputError
from pointsman.model.result import Result
from pointsman.ports.progress import Progress
from pointsman.steps.blue_green_switch import SwitchInputs
from pointsman.steps.rollback import RollbackInputs
from pointsman.strategy.blue_green import Cleanup, Plan
from pointsman.strategy.rollback import Scope

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Surroundings:
    """What a step gets from outside its inputs. `environment` is the process environment, read once."""

    context: CiContext
    environment: Mapping[str, str]
    clock: SystemClock
    progress: Progress


def perform(step: str, values: Values, around: Surroundings) -> Result:
    """Run the step called `step`. Raises PointsmanError."""
    refuse_contradictions(step, values)
    if step == "readiness-check":
        from pointsman.entry.wiring_readiness import check_readiness

        return check_readiness(values, around)
    if values["platform"] == "local":
        from pointsman.entry.wiring_local import perform_local

        return perform_local(step, values, around)
    from pointsman.entry.wiring_kubernetes import perform_on_kubernetes

    return perform_on_kubernetes(step, values, around)


def switch_inputs(values: Values) -> SwitchInputs:
    """The switch's inputs as its step wants them."""
    return SwitchInputs(
        image=values["image"],
        plan=Plan(
            values["bake"],
            values["soak"],
            values["keep-warm"],
            Cleanup(values["cleanup"]),
            on_drift=OnDrift(values["on-drift"]),
        ),
        timeout=values["timeout"],
        lock_wait=values["lock-wait"],
        adopt=values["adopt"] or "",
        dry_run=values["dry-run"],
        supersede=values["supersede"],
    )


def rollback_inputs(values: Values) -> RollbackInputs:
    """The rollback's inputs as its step wants them."""
    return RollbackInputs(
        timeout=values["timeout"],
        lock_wait=values["lock-wait"],
        to_revision=values["to-revision"],
        reason=values["reason"] or "",
        dry_run=values["dry-run"],
        scope=Scope(values["scope"]),
    )


def colour_names(values: Values) -> tuple[str, str]:
    """The workloads of the two colours. Raises InputError when they are the same."""
    blue = values["blue"] or f"{values['service']}-blue"
    green = values["green"] or f"{values['service']}-green"
    if blue == green:
        raise InputError(f"--blue and --green are both {blue}", "name two Deployments")
    return blue, green


def run_name(context: CiContext) -> str:
    """This run in the audit trail: its address where it has one."""
    return context.run_url or context.run_name


def refuse_contradictions(step: str, values: Values) -> None:
    """Raises InputError for inputs that cannot be honoured together or would be ignored."""
    if values["platform"] == "local" and (values["kubeconfig"] or values["context"]):
        raise InputError("--kubeconfig and --context mean nothing with --platform local", "leave them out")
    match step:
        case "blue-green-switch":
            _refuse_in_switch(values)
        case "canary-step":
            from pointsman.entry.canary_refusals import refuse_in_canary

            _refuse_dead_man(values)
            refuse_in_canary(values)
        case "verify-health":
            _refuse_in_health(values)
        case "readiness-check":
            _refuse_in_readiness(values)
        case "rollback":
            _refuse_in_rollback(values)


def _refuse_dead_man(values: Values) -> None:
    if values["dead-man"] and values["platform"] == "local":
        raise InputError("--dead-man means nothing with --platform local", "leave it out: it is a Job in a cluster")
    if values["dead-man-image"] and not values["dead-man"]:
        raise InputError("--dead-man-image means nothing without --dead-man", "add --dead-man, or leave it out")


def _refuse_in_switch(values: Values) -> None:
    _refuse_dead_man(values)
    if values["keep-warm"] and values["cleanup"] == "keep":
        raise InputError("--keep-warm means nothing with --cleanup keep", "choose --cleanup scale-down or update")
    if values["version-header"] and not values["url"]:
        raise InputError("--version-header needs --url", "give the address where users reach the service")
    if values["soak"] + values["bake"] + values["keep-warm"] >= values["timeout"]:
        raise InputError(
            "--timeout is not longer than --soak, --bake and --keep-warm together",
            "give a longer --timeout or a shorter --bake",
        )
    if values["adopt"] and values["adopt"] in colour_names(values):
        raise InputError("--adopt names one of the colours", "it names the plain Deployment that has no colour")


def _refuse_in_health(values: Values) -> None:
    if not (values["workload"] or values["service"] or values["url"]):
        raise InputError("there is nothing to verify", "give --workload, --service or --url")
    if (values["workload"] or values["service"]) and not values["namespace"]:
        raise InputError("--namespace is missing", "give the namespace of the workload or service")
    if values["expect-body"] and values["successes"] == 0:
        raise InputError("--expect-body means nothing with --successes 0", "ask at least once")
    if values["url"] and values["health-port"]:
        raise InputError("--health-port means nothing with --url", "put the port into the address")


def refuse_nothing_to_look_at(values: Values) -> None:
    """Raises InputError where no Kubernetes object could be evidence, or an input about a cluster would be ignored."""
    if values["platform"] == "local":
        raise InputError("readiness-check means nothing with --platform local", "it looks at Kubernetes objects")
    if not values["manifests"] and not values["namespace"]:
        raise InputError("there is nothing to look at", "give --manifests, or --namespace to ask the cluster")
    if not values["namespace"] and (values["kubeconfig"] or values["context"]):
        raise InputError(
            "--kubeconfig and --context mean nothing without --namespace", "give the namespace, or leave them out"
        )


def _refuse_in_readiness(values: Values) -> None:
    refuse_nothing_to_look_at(values)
    if values["min-score"] > 100:
        raise InputError(f"--min-score: {values['min-score']} is more than 100", "a score is 0 to 100")


def _refuse_in_rollback(values: Values) -> None:
    if bool(values["service"]) == bool(values["workload"]):
        raise InputError("give either --service or --workload", "--service for colours, --workload for one Deployment")
    if values["workload"] and (values["blue"] or values["green"]):
        raise InputError("--blue and --green mean nothing with --workload", "leave them out")
    if values["scope"] == Scope.IN_FLIGHT.value:
        _refuse_beside_in_flight(values)


def _refuse_beside_in_flight(values: Values) -> None:
    for name, words in (("to-revision", "names a release that is over"), ("workload", "has no release in flight")):
        if values[name] is not None:
            raise InputError(f"--{name} {words}, and --scope in-flight leaves it alone", "leave one of them out")


def deployment_name(workload: str) -> str:
    """`deployment/shop` -> `shop`. Raises InputError for another kind."""
    kind, slash, name = workload.rpartition("/")
    if slash and kind not in ("deployment", "deployments", "deploy"):
        raise InputError(f"workload {workload!r} is of a kind that is not supported", "write deployment/NAME")
    if not name:
        raise InputError(f"workload {workload!r} names nothing", "write deployment/NAME")
    return name
