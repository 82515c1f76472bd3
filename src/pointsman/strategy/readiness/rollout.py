"""Whether a rollout of the workload can go well, be seen to fail, and be undone."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.model.readiness import Answer, Facts, Item, Json, failed, passed
from pointsman.strategy.readiness.objects import (
    containers,
    dig,
    listed,
    lowest,
    mapping,
    number,
    quantity,
    serving,
    share,
)

_FOREVER = 3600


def keeps_serving(facts: Facts, deployment: Item) -> Answer | None:
    """Some pods serve at every moment of a rollout."""
    strategy = mapping(deployment.spec, "strategy")
    if strategy.get("type") == "Recreate":
        return failed(
            "strategy Recreate: every release begins with an outage",
            "use RollingUpdate with maxUnavailable: 0",
            deployment.place,
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}},
        )
    least = lowest(facts, deployment)
    gone = share(dig(strategy, "rollingUpdate", "maxUnavailable"), least, "25%", up=False)
    if least and gone >= least:
        return failed(
            f"a rollout may take {gone} of {least} instance(s) away at once",
            "write maxUnavailable: 0",
            deployment.place,
            {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}},
        )
    return passed(f"a rollout leaves at least {least - gone} of {least} instance(s)", deployment.place)


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
        hard, used = mapping(quota.spec, "hard"), mapping(quota.body, "status", "used")
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


def rolled_out(facts: Facts, deployment: Item) -> Answer | None:
    """In a cluster: what runs is this generation, all of it, and all of it is ready. T42: a status of an older
    generation says nothing."""
    del facts
    if not deployment.live:
        return None
    status, wanted = mapping(deployment.body, "status"), number(deployment.spec.get("replicas"), 1)
    if number(status.get("observedGeneration"), 0) < number(deployment.metadata.get("generation"), 0):
        return failed(
            "its controller has not seen this generation yet", "wait for the rollout, then ask again", deployment.place
        )
    counts = [number(status.get(name), 0) for name in ("updatedReplicas", "readyReplicas", "replicas")]
    if counts == [wanted] * 3:
        return passed(f"{wanted} of {wanted} instances run this template and are ready", deployment.place)
    return failed(
        f"{counts[0]} of {wanted} instances run this template, {counts[1]} are ready, {counts[2]} exist",
        "see why with verify-health",
        deployment.place,
    )


def not_owned(facts: Facts, deployment: Item) -> Answer | None:
    """No release controller of another product runs it (Argo Rollouts, Flagger, OpenKruise)."""
    marks = {**deployment.labels, **deployment.annotations}
    owners = [str(one.get("kind")) for one in listed(deployment.metadata, "ownerReferences")]
    found = [_CONTROLLERS[kind] for kind in owners if kind in _CONTROLLERS]
    found += [product for mark, product in _MARKS.items() if mark in marks]
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
