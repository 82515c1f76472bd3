"""Deployments, ReplicaSets and pods as an API server returns them, cut to what matters."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
NOW = 1_767_225_660.0  # 2026-01-01T00:01:00Z


def deployment(name: str = "shop-blue", **more: Any) -> Json:
    """Rolled out: generation 4 observed, revision 2, three replicas of shop:2."""
    status = {"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    labels = {"app": "shop", "version": name.rpartition("-")[2]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "generation": more.get("generation", 4),
            "resourceVersion": "900",
            "annotations": {"deployment.kubernetes.io/revision": "2", **more.get("annotations", {})},
            "labels": more.get("labels", {"app": "shop"}),
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": dict(labels)},
            "template": {
                "metadata": {"labels": dict(labels), "creationTimestamp": None},
                "spec": {"containers": more.get("containers", [{"name": "app", "image": "shop:2", "ports": []}])},
            },
            **more.get("spec", {}),
        },
        "status": {**status, **more.get("status", {})},
    }


def replica_set(revision: int, template: str, name: str = "shop-blue", image: str = "shop:2") -> Json:
    """One of the Deployment's templates."""
    return {
        "metadata": {
            "name": f"{name}-{template}",
            "labels": {"pod-template-hash": template},
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": [{"kind": "Deployment", "name": name, "uid": f"uid-{name}"}],
        },
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "shop", "pod-template-hash": template}},
                "spec": {"containers": [{"name": "app", "image": image}]},
            }
        },
    }


def pod(number: int, template: str = "new", ready: bool = True, **more: Any) -> Json:
    """A running pod of shop-blue."""
    container = {"name": "app", "imageID": f"shop@sha256:{template}", "restartCount": 0, "state": {"running": {}}}
    metadata = {
        "name": f"shop-blue-{template}-{number}",
        "ownerReferences": [{"kind": "ReplicaSet", "name": f"shop-blue-{template}"}],
        **more.pop("metadata", {}),
    }
    status = {
        "conditions": [{"type": "Ready", "status": str(ready)}, *more.pop("conditions", [])],
        "containerStatuses": [{**container, **more.pop("container", {})}],
    }
    return {"metadata": metadata, "spec": {"containers": [{"name": "app"}]}, "status": {**status, **more}}


def service(selector: Json | None = None, **more: Any) -> Json:
    """The Service in front, on blue."""
    chosen = {"app": "shop", "version": "blue"} if selector is None else selector
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    metadata = {"name": "shop", **more.pop("metadata", {})}
    return {"kind": "Service", "metadata": metadata, "spec": {"selector": chosen, "ports": ports, **more}}
