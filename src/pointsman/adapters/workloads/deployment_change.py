"""What to send so that a Deployment becomes what is wanted. Pure functions over plain JSON.

Only the fields Pointsman owns are named in a patch, so what a user or another tool wrote survives. A selector is
never patched (it is immutable), a copied colour gets one of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pointsman.adapters.kube.guarded import FENCE
from pointsman.adapters.workloads.deployment_state import images_of
from pointsman.model.errors import InputError

Json = dict[str, Any]
MADE_BY = "pointsman.dev/made-by"
_OURS_NOT_TO_COPY = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "kubernetes.io/change-cause",
    "argocd.argoproj.io/tracking-id",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    FENCE,
)
_LABELS_OF_OWNERS = (
    "kustomize.toolkit.fluxcd.io/name",
    "kustomize.toolkit.fluxcd.io/namespace",
    "helm.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/namespace",
    "argocd.argoproj.io/instance",
)


def image_operations(deployment: Json, images: Mapping[str, str]) -> list[Json]:
    """Set the image of each named container. Raises InputError for a container that is not there."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    places = {one["name"]: index for index, one in enumerate(containers)}
    missing = sorted(set(images) - set(places))
    if missing:
        raise InputError(
            f"Deployment {deployment['metadata']['name']} has no container {missing[0]!r}",
            f"its containers: {', '.join(places)}",
        )
    return [
        {"op": "replace", "path": f"/spec/template/spec/containers/{places[name]}/image", "value": image}
        for name, image in images.items()
        if containers[places[name]].get("image") != image
    ]


def replica_operations(deployment: Json, instances: int) -> list[Json]:
    """Set spec.replicas, if it is another number."""
    if deployment["spec"].get("replicas") == instances:
        return []
    return [_add("/spec/replicas", instances)]


def template_operations(deployment: Json, replica_set: Json) -> list[Json]:
    """Put back the whole pod template of an older ReplicaSet, as `kubectl rollout undo` does."""
    template = copy.deepcopy(replica_set["spec"]["template"])
    template["metadata"].get("labels", {}).pop("pod-template-hash", None)
    if template == deployment["spec"]["template"]:
        return []
    return [{"op": "replace", "path": "/spec/template", "value": template}]


def copy_of(
    like: Json, name: str, labels: Mapping[str, str], images: Mapping[str, str], instances: int, fence: int
) -> Json:
    """A new Deployment `name` made from `like`, its pods told apart by `labels`, running `images`."""
    spec = copy.deepcopy(like["spec"])
    spec["replicas"] = instances
    spec["selector"] = copy.deepcopy(spec["selector"])
    spec["selector"].setdefault("matchLabels", {}).update(labels)
    template = spec["template"]
    template["metadata"] = {
        **template.get("metadata", {}),
        "labels": {**template.get("metadata", {}).get("labels", {}), **labels},
    }
    template["metadata"].pop("creationTimestamp", None)
    _retell_apart(template["spec"], like["spec"]["template"].get("metadata", {}).get("labels", {}), labels)
    for container in template["spec"]["containers"]:
        container["image"] = images.get(container["name"], container.get("image", ""))
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": like["metadata"]["namespace"],
            "labels": {
                **_without(like["metadata"].get("labels", {}), _LABELS_OF_OWNERS),
                **_shared(like, labels),
            },
            "annotations": {
                **_without(like["metadata"].get("annotations", {}), _OURS_NOT_TO_COPY),
                MADE_BY: f"copied from {like['metadata']['name']}",
                FENCE: str(fence),
            },
        },
        "spec": spec,
    }


def still_empty(found: Json, made: Json) -> bool:
    """True when `found` is what was `made`, without instances, and nobody has left another fencing number on it."""
    mark = (made["metadata"].get("annotations") or {}).get(FENCE)
    same = found["metadata"]["uid"] == made["metadata"]["uid"]
    return (
        same and not found["spec"].get("replicas") and (found["metadata"].get("annotations") or {}).get(FENCE) == mark
    )


def made_by(found: Json, body: Json) -> bool:
    """True when `found` is what creating `body` left behind: our fencing number, its images, no instances yet."""
    annotations = found["metadata"].get("annotations") or {}
    return (
        annotations.get(FENCE) == body["metadata"]["annotations"][FENCE]
        and found["spec"].get("replicas") == body["spec"]["replicas"]
        and images_of(found["spec"]["template"]) == images_of(body["spec"]["template"])
    )


def _retell_apart(part: Any, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Spread and affinity rules of the copy speak of its own pods where the original's spoke of its own."""
    if isinstance(part, list):
        for one in part:
            _retell_apart(one, old, new)
    if not isinstance(part, dict):
        return
    matched = part.get("matchLabels")
    if isinstance(matched, dict):
        matched.update({key: value for key, value in new.items() if key in matched and matched[key] == old.get(key)})
    for one in part.values():
        _retell_apart(one, old, new)


def _shared(like: Json, labels: Mapping[str, str]) -> dict[str, str]:
    known = like["metadata"].get("labels", {})
    return {key: value for key, value in labels.items() if key in known}


def _without(values: Mapping[str, str], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in keys}


def _add(path: str, value: Any) -> Json:
    return {"op": "add", "path": path, "value": value}
