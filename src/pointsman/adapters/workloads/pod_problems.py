"""What in a pod (or a Deployment's conditions) will not heal by waiting. Pure functions over plain JSON.

A first failure may pass: a crash is only final once the kubelet has restarted the container twice and backs off,
an unschedulable pod only after a cluster autoscaler had time to add a node, a refused pod only after the quota
stayed exceeded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pointsman.adapters.clock import epoch_of
from pointsman.model.version import Problem

Json = dict[str, Any]

_NEVER_STARTS = {
    "ImagePullBackOff": "the image cannot be pulled",
    "ErrImageNeverPull": "the image is not on the node and may not be pulled",
    "InvalidImageName": "the image name is not valid",
    "CreateContainerConfigError": "the container's configuration is broken (a missing ConfigMap, Secret or key)",
    "CreateContainerError": "the container cannot be created",
    "RunContainerError": "the container cannot be started",
}
_CRASHES_BEFORE_FINAL = 2
_UNSCHEDULABLE_GRACE = 60.0
_REFUSED_GRACE = 10.0


def problem_of_pods(pods: list[Json], now: float) -> Problem | None:
    """The first final problem among `pods` (in name order). `now` is seconds since 1970."""
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"])):
        for problem in _problems(pod, now):
            return problem
    return None


def problem_of_deployment(deployment: Json, now: float) -> Problem | None:
    """A final problem in the Deployment's own conditions: pods refused (quota, admission), deadline exceeded."""
    conditions = {one["type"]: one for one in deployment.get("status", {}).get("conditions", [])}
    refused = conditions.get("ReplicaFailure", {})
    if refused.get("status") == "True" and now - _since(refused, now) >= _REFUSED_GRACE:
        return Problem(refused.get("reason", "ReplicaFailure"), "", refused.get("message", "pods are refused"))
    progress = conditions.get("Progressing", {})
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Problem("ProgressDeadlineExceeded", "", progress.get("message", "no progress in time"))
    return None


def _problems(pod: Json, now: float) -> Iterator[Problem]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting", {})
        yield from _waiting_problem(name, container, waiting)
    for condition in status.get("conditions", []):
        if condition.get("reason") == "Unschedulable" and now - _since(condition, now) >= _UNSCHEDULABLE_GRACE:
            yield Problem("Unschedulable", name, condition.get("message", "no node fits"))


def _waiting_problem(pod: str, container: Json, waiting: Json) -> Iterator[Problem]:
    reason, said = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _NEVER_STARTS:
        yield Problem(reason, pod, f"container {container['name']}: {_NEVER_STARTS[reason]}: {said}".rstrip(": "))
    if reason == "CrashLoopBackOff" and container.get("restartCount", 0) >= _CRASHES_BEFORE_FINAL:
        ended = container.get("lastState", {}).get("terminated", {})
        how = f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode', '?')}"
        yield Problem(reason, pod, f"container {container['name']} crashed {container['restartCount']} times ({how})")


def _since(condition: Json, now: float) -> float:
    at = condition.get("lastTransitionTime")
    return epoch_of(at) if at else now
