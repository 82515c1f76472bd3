"""From a Deployment, its ReplicaSets and its pods to a VersionState. Pure functions over plain JSON.

Health is bound to what was asked for: the controller must have observed this generation, and only pods of the
ReplicaSet that carries the Deployment's current revision count, so an older pod's health is never read as the
new one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pointsman.adapters.workloads.pod_problems import problem_of_deployment, problem_of_pods
from pointsman.model.version import VersionState

Json = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_HASH = "pod-template-hash"


def state_of(deployment: Json, replica_sets: Sequence[Json], pods: Sequence[Json], now: float) -> VersionState:
    """What the Deployment looks like at `now` (seconds since 1970). `pods` may hold other workloads' pods."""
    template = current_template(deployment, replica_sets)
    current = [pod for pod in pods if template and is_of(pod, deployment, template) and not terminating(pod)]
    looked_at = observed(deployment) and bool(template)
    status = deployment.get("status", {})
    seen = VersionState(
        name=deployment["metadata"]["name"],
        images=images_of(deployment["spec"]["template"]),
        desired=desired_of(deployment),
        updated=status.get("updatedReplicas", 0) if looked_at else 0,
        ready=_ready(deployment, current) if looked_at else 0,
        surplus=max(status.get("replicas", 0) - status.get("updatedReplicas", 0), 0),
        observed=looked_at,
        revision=template,
        digests=digests_of(current),
        restarts=sum(_restarts(pod) for pod in current),
    )
    if not looked_at:
        return seen
    return replace(seen, problem=problem_of_pods(current, now) or problem_of_deployment(deployment, now))


def pods_are_ahead(deployment: Json, state: VersionState) -> bool:
    """True when fewer pods are ready than the Deployment says itself: pods and Deployment are watched apart, so that
    the pods' end may be seen before what ended them, such as a scale to 0, which is not the pods' fault."""
    settled = state.observed and state.surplus == 0
    return settled and state.ready < int(deployment.get("status", {}).get("availableReplicas", 0))


def current_template(deployment: Json, replica_sets: Sequence[Json]) -> str:
    """The pod-template-hash of the Deployment's current revision; empty while its ReplicaSet is not there yet."""
    found = replica_set_of(deployment, replica_sets, deployment["metadata"].get("annotations", {}).get(REVISION, ""))
    return str(found["metadata"]["labels"].get(TEMPLATE_HASH, "")) if found else ""


def replica_set_of(deployment: Json, replica_sets: Sequence[Json], revision: str) -> Json | None:
    """The ReplicaSet of the Deployment that carries `revision`."""
    return next(
        (
            one
            for one in owned_by(deployment, replica_sets)
            if revision and one["metadata"].get("annotations", {}).get(REVISION) == revision
        ),
        None,
    )


def owned_by(deployment: Json, replica_sets: Sequence[Json]) -> list[Json]:
    """The ReplicaSets whose controller is this very Deployment (by uid)."""
    uid = deployment["metadata"]["uid"]
    return [
        one
        for one in replica_sets
        if any(owner.get("uid") == uid for owner in one["metadata"].get("ownerReferences", []))
    ]


def is_of(pod: Json, deployment: Json, template: str) -> bool:
    """True when the pod belongs to this Deployment's ReplicaSet with that template hash."""
    set_name = f"{deployment['metadata']['name']}-{template}"
    return any(owner.get("name") == set_name for owner in pod["metadata"].get("ownerReferences", []))


def terminating(pod: Json) -> bool:
    """True once somebody asked for the pod to go."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_ready(pod: Json) -> bool:
    """True when the kubelet says Ready."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def images_of(template: Json) -> dict[str, str]:
    """Container name to image, as asked for."""
    return {one["name"]: one.get("image", "") for one in template["spec"]["containers"]}


def desired_of(deployment: Json) -> int:
    """The replicas asked for; absent means 1."""
    return int(deployment["spec"].get("replicas", 1))


def digests_of(pods: Sequence[Json]) -> dict[str, str]:
    """Container name to the image id that ready pods really run; several ids are joined with a comma."""
    found: dict[str, set[str]] = {}
    for pod in filter(is_ready, pods):
        for one in pod.get("status", {}).get("containerStatuses", []):
            found.setdefault(one["name"], set()).add(one.get("imageID", ""))
    return {name: ",".join(sorted(ids)) for name, ids in found.items()}


def observed(deployment: Json) -> bool:
    """True once the controller has looked at this generation."""
    seen = deployment.get("status", {}).get("observedGeneration", 0)
    return bool(seen >= deployment["metadata"].get("generation", 1))


def _ready(deployment: Json, current: Sequence[Json]) -> int:
    ready = sum(1 for pod in current if is_ready(pod))
    held_back = deployment["spec"].get("minReadySeconds", 0) > 0
    return min(ready, deployment.get("status", {}).get("availableReplicas", 0)) if held_back else ready


def _restarts(pod: Json) -> int:
    return sum(one.get("restartCount", 0) for one in pod.get("status", {}).get("containerStatuses", []))
