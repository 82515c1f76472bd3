"""HTTPRoutes as an API server returns them, cut to what matters."""

from __future__ import annotations

from typing import Any

from pointsman.adapters.routers.backends import Backends

Json = dict[str, Any]
BACKENDS = Backends("shop-blue", "shop-green", {"shop-blue": "blue", "shop-green": "green"})
ROOT = {"path": {"type": "PathPrefix", "value": "/"}}


def ref(name: str, weight: int | None = 1, **more: Any) -> Json:
    """A backendRef to a Service; without a weight for None."""
    weighed = {} if weight is None else {"weight": weight}
    return {"group": "", "kind": "Service", "name": name, "port": 80, **weighed, **more}


def rule(*refs: Json, **more: Any) -> Json:
    """A rule for every path."""
    return {"matches": [ROOT], "backendRefs": list(refs), **more}


def both(stable: int, candidate: int, **more: Any) -> Json:
    """A rule with both Services."""
    return rule(ref("blue", stable), ref("green", candidate), **more)


def route(*rules: Json, **more: Any) -> Json:
    """Generation 4 of HTTPRoute web, whose parent is Gateway public."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "uid-web",
            "generation": 4,
            "resourceVersion": "900",
            "annotations": {"team": "shop", **more.get("annotations", {})},
            "labels": more.get("labels", {}),
            "managedFields": more.get("managers", []),
        },
        "spec": {"parentRefs": more.get("parents", [{"name": "public"}]), "rules": list(rules)},
        "status": {"parents": more.get("status", [])},
    }


def words(generation: int = 4, by: str = "example.com/gateway", parent: Json | None = None, **conditions: str) -> Json:
    """What a controller says: Accepted and ResolvedRefs are True unless told."""
    said = {"Accepted": "True", "ResolvedRefs": "True", **conditions}
    return {
        "parentRef": parent or {"name": "public"},
        "controllerName": by,
        "conditions": [
            {"type": kind, "status": status, "observedGeneration": generation, "reason": f"{kind}Reason", "message": ""}
            for kind, status in said.items()
            if status
        ],
    }
