"""Whether a rollout of the workload can go well, be seen to fail, and be undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pointsman.model.readiness import Answer, Facts, Item, Json, failed, passed, unknown
from pointsman.strategy.readiness.objects import (
    autoscaler_of,
    containers,
    dig,
    listed,
    lowest,
    mapping,
    marks,
    number,
    quantity,
    serving,
    share,
)

_FOREVER = 3600
_RUN_SOME = "run two instances or more"


def keeps_serving(facts: Facts, workload: Item) -> Answer | None:
    """Some pods serve at every moment of a rollout."""
    if workload.kind == "Deployment":
        return _surging(facts, workload)
    if mapping(workload.spec, "updateStrategy").get("type") == "OnDelete":
        return passed("updateStrategy OnDelete: a rollout takes no pod by itself", workload.place)
    told = dig(workload.spec, "updateStrategy", "rollingUpdate", "maxUnavailable")
    if workload.kind == "StatefulSet":
        return _in_order(facts, workload, told)
    return _on_nodes(workload, told)


def _in_order(facts: Facts, workload: Item, told: Any) -> Answer:
    """A StatefulSet ends a pod before it makes the new one, so one at least is always away."""
    least = lowest(facts, workload)
    if least == 0:
        return _nothing_to_keep(workload)
    gone = min(least, max(1, share(told, least, "1", up=True)))
    if gone >= least:
        return failed(
            f"a rollout takes {gone} of {least} instance(s) away at once",
            "run more instances than a rollout takes: a StatefulSet ends a pod before it makes the new one",
            workload.place,
            None if autoscaler_of(facts, workload) else {"spec": {"replicas": gone + 1}},
        )
    return passed(f"a rollout leaves at least {least - gone} of {least} instance(s)", workload.place)


def _on_nodes(workload: Item, told: Any) -> Answer:
    """How many nodes there are only the cluster knows."""
    nodes = number(dig(_status_bearer(workload), "status", "desiredNumberScheduled"), 0)
    gone = share(told, nodes, "1", up=True)
    if str(told) == "100%" or (nodes and gone >= nodes):
        return failed(
            f"a rollout may take every pod away at once (maxUnavailable {1 if told is None else told})",
            "write maxSurge: 1 and maxUnavailable: 0",
            workload.place,
            {"spec": {"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}},
        )
    return passed(f"a rollout takes {1 if told is None else told} at once", workload.place)


def _status_bearer(workload: Item) -> Json:
    """The object as the cluster has it, where it was asked: a manifest has no status."""
    return workload.running or workload.body


def _surging(facts: Facts, deployment: Item) -> Answer:
    strategy = mapping(deployment.spec, "strategy")
    if strategy.get("type") == "Recreate":
        return failed(
            "strategy Recreate: every release begins with an outage",
            "use RollingUpdate with maxUnavailable: 0",
            deployment.place,
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}},
        )
    least = lowest(facts, deployment)
    if least == 0:
        return _nothing_to_keep(deployment)
    gone = share(dig(strategy, "rollingUpdate", "maxUnavailable"), least, "25%", up=False)
    if gone >= least:
        return failed(
            f"a rollout may take {gone} of {least} instance(s) away at once",
            "write maxUnavailable: 0",
            deployment.place,
            {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}},
        )
    return passed(f"a rollout leaves at least {least - gone} of {least} instance(s)", deployment.place)


def _nothing_to_keep(workload: Item) -> Answer:
    return unknown("as few as 0 instances are asked for: there is nothing to keep", _RUN_SOME, workload.place)


def surge_room(facts: Facts, deployment: Item) -> Answer | None:
    """New pods may come before old ones go, and the namespace has room for them."""
    strategy, least = mapping(deployment.spec, "strategy"), lowest(facts, deployment)
    if strategy.get("type") == "Recreate":
        return None
    extra = share(dig(strategy, "rollingUpdate", "maxSurge"), max(least, 1), "25%", up=True)
    if extra == 0:
        return failed(
            "maxSurge is 0: each rollout runs with fewer instances than the load needs",
            "write maxSurge: 1 or more, and maxUnavailable: 0",
            deployment.place,
            {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}},
        )
    full = next(iter(_full_quotas(facts, deployment, extra)), None)
    if full:
        return failed(full[1], "raise the quota by what a surge needs; else no new pod ever starts", full[0].place)
    return passed(f"{extra} more instance(s) during a rollout", deployment.place)


def _full_quotas(facts: Facts, deployment: Item, extra: int) -> Iterable[tuple[Item, str]]:
    needs = {"pods": float(extra), "count/pods": float(extra)}
    for what in ("cpu", "memory"):
        asked = [quantity(dig(one, "resources", "requests", what)) or 0.0 for one in containers(deployment)]
        needs[f"requests.{what}"] = needs[what] = extra * sum(asked)
    for quota in facts.of("ResourceQuota"):
        hard, used = mapping(quota.spec, "hard"), mapping(_status_bearer(quota), "status", "used")
        for name, need in needs.items():
            most = quantity(hard[name]) if name in hard else None
            taken = quantity(used.get(name)) if name in used else None
            if most is not None and taken is not None and taken + need > most:
                yield quota, f"ResourceQuota {quota.name} has {used[name]} of {hard[name]} {name} in use: no room"


def progress_deadline(facts: Facts, deployment: Item) -> Answer | None:
    """A rollout that hangs is seen to, and a slow start is not mistaken for one."""
    del facts
    deadline = number(deployment.spec.get("progressDeadlineSeconds"), 600)
    start = number(deployment.spec.get("minReadySeconds"), 0) + max(map(_start, serving(deployment)), default=0)
    if deadline > _FOREVER:
        return failed(
            f"progressDeadlineSeconds is {deadline}: a rollout that hangs is never called failed",
            "write 600, or what the slowest start needs",
            deployment.place,
            {"spec": {"progressDeadlineSeconds": 600}},
        )
    if deadline <= start:
        return failed(
            f"progressDeadlineSeconds is {deadline}, and a healthy pod may take {start} s",
            "give it more than a pod may take to start",
            deployment.place,
            {"spec": {"progressDeadlineSeconds": max(600, 2 * start)}},
        )
    return passed(f"{deadline} s, of which a start may take {start} s", deployment.place)


def _start(container: Json) -> int:
    """How long a container may take until it is ready, by its own probes."""
    startup, readiness = mapping(container, "startupProbe"), mapping(container, "readinessProbe")
    tries = number(startup.get("failureThreshold"), 3) * number(startup.get("periodSeconds"), 10) if startup else 0
    return tries + sum(number(one.get("initialDelaySeconds"), 0) for one in (startup, readiness))


def min_ready(facts: Facts, deployment: Item) -> Answer | None:
    """A new pod is watched for a moment before the next one goes."""
    del facts
    seconds = number(deployment.spec.get("minReadySeconds"), 0)
    if seconds > 0:
        return passed(f"minReadySeconds is {seconds}", deployment.place)
    return failed(
        "minReadySeconds is 0: a pod that is ready for a second counts as good",
        "write minReadySeconds: 10 or more, so that a crash after the start stops the rollout",
        deployment.place,
        {"spec": {"minReadySeconds": 10}},
    )


def revision_history(facts: Facts, deployment: Item) -> Answer | None:
    """Something is kept to go back to."""
    del facts
    kept = number(deployment.spec.get("revisionHistoryLimit"), 10)
    if kept >= 2:
        return passed(f"{kept} older revisions are kept", deployment.place)
    return failed(
        f"revisionHistoryLimit is {kept}: there is hardly anything to roll back to",
        "keep 5 or more",
        deployment.place,
        {"spec": {"revisionHistoryLimit": 5}},
    )


def not_paused(facts: Facts, deployment: Item) -> Answer | None:
    """A paused Deployment takes no release."""
    del facts
    if deployment.spec.get("paused") is not True:
        return passed("not paused", deployment.place)
    return failed(
        "it is paused: a new image changes nothing",
        f"run `kubectl rollout resume deployment/{deployment.name}`",
        deployment.place,
        {"spec": {"paused": False}},
    )


def rolled_out(facts: Facts, workload: Item) -> Answer | None:
    """In a cluster: what runs is this generation, all of it, and all of it is ready. T42: a status of an older
    generation says nothing. A manifest beside it says nothing of it either."""
    del facts
    running = workload.body if workload.live else workload.running
    if running is None:
        return None
    status, wanted = mapping(running, "status"), _wanted(running)
    if number(status.get("observedGeneration"), 0) < number(dig(running, "metadata", "generation"), 0):
        return failed(
            "its controller has not seen this generation yet", "wait for the rollout, then ask again", workload.place
        )
    if wanted == 0:
        return unknown("0 instances are wanted, so none shows that this template runs", _RUN_SOME, workload.place)
    counts = [number(status.get(name), 0) for name in _COUNTS.get(workload.kind, _COUNTS["Deployment"])]
    if counts == [wanted] * 3:
        return passed(f"{wanted} of {wanted} instances run this template and are ready", workload.place)
    return failed(
        f"{counts[0]} of {wanted} instances run this template, {counts[1]} are ready, {counts[2]} exist",
        "see why with verify-health" if workload.kind == "Deployment" else "see why with kubectl rollout status",
        workload.place,
    )


_COUNTS = {
    "Deployment": ("updatedReplicas", "readyReplicas", "replicas"),
    "StatefulSet": ("updatedReplicas", "readyReplicas", "replicas"),
    "DaemonSet": ("updatedNumberScheduled", "numberReady", "currentNumberScheduled"),
}


def _wanted(running: Json) -> int:
    """How many instances there should be; a DaemonSet's controller counts the nodes."""
    if running.get("kind") == "DaemonSet":
        return number(dig(running, "status", "desiredNumberScheduled"), 0)
    return number(dig(running, "spec", "replicas"), 1)


def not_owned(facts: Facts, deployment: Item) -> Answer | None:
    """No release controller of another product runs it (Argo Rollouts, Flagger, OpenKruise)."""
    owners = [
        str(one.get("kind"))
        for body in (deployment.body, deployment.running)
        for one in listed(body, "metadata", "ownerReferences")
    ]
    found = [_CONTROLLERS[kind] for kind in owners if kind in _CONTROLLERS]
    found += [product for mark, product in _MARKS.items() if mark in marks(deployment)]
    for item in facts.of("Canary", "Rollout"):
        reference = mapping(item.spec, "targetRef") or mapping(item.spec, "workloadRef")
        if reference.get("name") == deployment.name:
            found.append(_CONTROLLERS[item.kind])
    if not found:
        return passed("no other release controller runs it", deployment.place)
    return failed(
        f"{found[0]} runs it too",
        f"two release controllers on one service undo each other: take it out of {found[0]} first",
        deployment.place,
    )


_CONTROLLERS = {"Rollout": "Argo Rollouts", "Canary": "Flagger", "CloneSet": "OpenKruise"}
_MARKS = {
    "argo-rollouts.argoproj.io/managed-by-rollouts": "Argo Rollouts",
    "rollouts.kruise.io/in-progressing": "OpenKruise Rollouts",
}
