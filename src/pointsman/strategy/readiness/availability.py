"""Whether users notice when a pod or a node goes: numbers, budgets, spread, autoscaling."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.model.readiness import Answer, Facts, Item, failed, passed
from pointsman.strategy.readiness.objects import (
    autoscaler_of,
    containers,
    dig,
    listed,
    lowest,
    mapping,
    matches,
    named,
    number,
    pod_labels,
    pod_patch,
    share,
    template,
)


def replicas(facts: Facts, deployment: Item) -> Answer | None:
    """At least two instances at any time."""
    least, scaler = lowest(facts, deployment), autoscaler_of(facts, deployment)
    where = scaler.place if scaler else deployment.place
    if least >= 2:
        return passed(f"at least {least} instances", where)
    fix = "run at least 2: with one, each node that goes and each restart is an outage"
    return failed(f"as few as {least} instance(s)", fix, where, None if scaler else {"spec": {"replicas": 2}})


def disruption_budget(facts: Facts, deployment: Item) -> Answer | None:
    """A PodDisruptionBudget over its pods that neither forbids every drain nor allows to take all pods."""
    budgets = [
        one for one in facts.of("PodDisruptionBudget") if matches(pod_labels(deployment), one.spec.get("selector"))
    ]
    if not budgets:
        return failed(
            "no PodDisruptionBudget selects its pods",
            "add one with maxUnavailable: 1, so that a drain of nodes takes one pod at a time",
            deployment.place,
        )
    trouble = [(one, words) for one in budgets if (words := _budget_trouble(one, lowest(facts, deployment)))]
    if trouble:
        return failed(
            trouble[0][1],
            "write maxUnavailable: 1",
            trouble[0][0].place,
            {"spec": {"maxUnavailable": 1, "minAvailable": None}},
        )
    return passed(f"PodDisruptionBudget {budgets[0].name} covers its pods", budgets[0].place)


def _budget_trouble(budget: Item, instances: int) -> str:
    least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
    if most is not None:
        gone = share(most, instances, "0", up=True)
        if gone == 0:
            return f"{budget.name} allows no pod to go: no node can be drained"
        return f"{budget.name} allows all {instances} pods to go at once" if gone >= instances > 1 else ""
    kept = share(least, instances, "1", up=True)
    if kept >= instances:
        return f"{budget.name} keeps {least} of {instances} pods: no node can be drained"
    return f"{budget.name} keeps no pod" if kept == 0 else ""


def spread(facts: Facts, deployment: Item) -> Answer | None:
    """Its pods do not all stand on one node."""
    del facts
    pod = template(deployment)
    constraints = listed(pod, "topologySpreadConstraints")
    if constraints:
        keys = ", ".join(str(one.get("topologyKey")) for one in constraints)
        return passed(f"topologySpreadConstraints over {keys}", deployment.place)
    if mapping(pod, "affinity", "podAntiAffinity"):
        return passed("podAntiAffinity", deployment.place)
    constraint = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(mapping(deployment.spec, "selector", "matchLabels"))},
    }
    return failed(
        "neither topologySpreadConstraints nor podAntiAffinity: all pods may stand on one node",
        "spread them over nodes, better over zones",
        deployment.place,
        pod_patch({"topologySpreadConstraints": [constraint]}),
    )


def autoscaler(facts: Facts, deployment: Item) -> Answer | None:
    """A HorizontalPodAutoscaler that can work; nothing is asked where there is none."""
    scaler = autoscaler_of(facts, deployment)
    if scaler is None or scaler.kind != "HorizontalPodAutoscaler":
        return None
    trouble = list(_scaler_trouble(scaler, deployment))
    if trouble:
        return failed("; ".join(what for what, _ in trouble), "; ".join(fix for _, fix in trouble), scaler.place)
    least, most = number(scaler.spec.get("minReplicas"), 1), number(scaler.spec.get("maxReplicas"), 0)
    return passed(f"{least} to {most} instances", scaler.place)


def _scaler_trouble(scaler: Item, deployment: Item) -> Iterable[tuple[str, str]]:
    least, most = number(scaler.spec.get("minReplicas"), 1), number(scaler.spec.get("maxReplicas"), 0)
    if most <= least:
        yield f"it can never scale: {least} to {most} instances", "raise maxReplicas above minReplicas"
    for what in sorted(_by_utilization(scaler)):
        bare = [one for one in containers(deployment) if dig(one, "resources", "requests", what) is None]
        if bare:
            yield (
                f"it scales by the share of requested {what}, and {named(bare[0])} requests none",
                f"set resources.requests.{what}: without it the autoscaler does nothing",
            )
    if not deployment.live and "replicas" in deployment.spec:
        yield (
            f"the manifest of {deployment.name} sets replicas: {deployment.spec['replicas']} beside the autoscaler",
            "take replicas out of the Deployment: each apply would undo what the autoscaler did",
        )


def _by_utilization(scaler: Item) -> set[str]:
    old = {"cpu"} if "targetCPUUtilizationPercentage" in scaler.spec else set()
    metrics = [mapping(one, "resource") for one in listed(scaler.spec, "metrics")]
    return old | {str(one.get("name")) for one in metrics if dig(one, "target", "type") == "Utilization"}
