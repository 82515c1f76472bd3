"""The Job that guards a release: what it runs, as whom, and how it is confined. Pure functions over plain JSON.

It runs as a service account that may do only what undoing a release takes, passes the `restricted` Pod Security
Standard, and its pods carry no label that a Service of the user's could select.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsman.adapters.kube.kinds import JOB
from pointsman.model.errors import InputError

Json = dict[str, Any]

RELEASE = "pointsman.dev/release"
TOKEN = "pointsman.dev/run-token"  # noqa: S105 - tells our own Job from another run's, no secret
KEPT_SECONDS = 300
_RESTARTS = 6
_LONGEST_NAME = 63  # the Job controller puts the name into a label of the pods
_NOBODY = 65532


@dataclass(frozen=True)
class Post:
    """What is posted: the guard's image, arguments and account, and the `seconds` after which it ends anyway."""

    service: str
    image: str
    account: str
    arguments: Sequence[str]
    seconds: int


def job_name(service: str) -> str:
    """`pointsman-SERVICE-dead-man`; a service name too long for that is cut and told apart by a digest."""
    name = f"pointsman-{service}-dead-man"
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(service.encode()).hexdigest()[:8]
    return f"pointsman-{service[:34]}-{digest}-dead-man"


def job_of(post: Post, namespace: str, release: str, token: str) -> Json:
    """The Job that guards `release`; `token` is this run's."""
    template = {"metadata": _pod_metadata(post.service), "spec": _pod(post, release)}
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": {
            "name": job_name(post.service),
            "namespace": namespace,
            "labels": pod_labels(post.service),
            "annotations": {RELEASE: release, TOKEN: token},
        },
        "spec": {
            "backoffLimit": _RESTARTS,
            "activeDeadlineSeconds": post.seconds,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": template,
        },
    }


def pod_labels(service: str) -> dict[str, str]:
    """The labels of the Job and of its pods."""
    return {
        "app.kubernetes.io/managed-by": "pointsman",
        "pointsman.dev/service": service,
        "pointsman.dev/part": "dead-man",
    }


def refuse_selected(service: str, selector: Mapping[str, str]) -> None:
    """Raises InputError when `selector` (without the key of the colour) would take the guard for a user's pod."""
    labels = pod_labels(service)
    if selector and all(labels.get(name) == value for name, value in selector.items()):
        words = ", ".join(f"{name}={value}" for name, value in selector.items())
        raise InputError(
            f"the selector of Service {service} ({words}) would select the pods of the dead-man switch",
            "add a label of your own to the selector and to the pods, or leave out --dead-man",
        )


def _pod_metadata(service: str) -> Json:
    # A proxy beside it would start after it and never end, so that the Job would neither work nor complete.
    labels = {**pod_labels(service), "sidecar.istio.io/inject": "false"}
    return {"labels": labels, "annotations": {"linkerd.io/inject": "disabled"}}


def _pod(post: Post, release: str) -> Json:
    container: Json = {
        "name": "dead-man",
        "image": post.image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["dead-man", *post.arguments, f"--release={release}"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - inside the container
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    return {
        "serviceAccountName": post.account,
        "restartPolicy": "OnFailure",
        "terminationGracePeriodSeconds": 10,
        "enableServiceLinks": False,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}}],
    }
