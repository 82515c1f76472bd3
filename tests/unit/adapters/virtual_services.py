"""VirtualServices as an API server returns them, cut to what matters."""

from __future__ import annotations

from typing import Any

from pointsman.adapters.routers.istio_rules import Destination, Destinations

Json = dict[str, Any]
HOSTS = Destinations("shop-blue", "shop-green", {"shop-blue": Destination("blue"), "shop-green": Destination("green")})
SUBSETS = Destinations(
    "shop-blue", "shop-green", {"shop-blue": Destination("all", "v1"), "shop-green": Destination("all", "v2")}
)


def to(host: str, weight: int | None = None, subset: str = "", **more: Any) -> Json:
    """A destination with its weight; without one for None."""
    target = {"host": host, **({"subset": subset} if subset else {})}
    return {"destination": target, **({} if weight is None else {"weight": weight}), **more}


def http(*route: Json, **more: Any) -> Json:
    """An http route."""
    return {**more, "route": list(route)}


def both(stable: int | None, candidate: int | None, **more: Any) -> Json:
    """An http route to both Services."""
    return http(to("blue", stable), to("green", candidate), **more)


def virtual_service(*rules: Json, **more: Any) -> Json:
    """Generation 4 of VirtualService web, with hosts of its own."""
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "uid-web",
            "generation": 4,
            "resourceVersion": "900",
            "annotations": {"team": "shop", **more.get("annotations", {})},
            "labels": more.get("labels", {}),
            "ownerReferences": more.get("owners", []),
            "managedFields": more.get("managers", []),
        },
        "spec": {"hosts": more.get("hosts", ["shop.example.com"]), "gateways": ["public"], "http": list(rules)},
        "status": more.get("status", {}),
    }


def reconciled(generation: int = 4, status: str = "True") -> Json:
    """What an istiod that distributes status writes; numbers of 64 bits are text in its API."""
    condition = {"type": "Reconciled", "status": status, "message": "2/2 proxies up to date."}
    return {"conditions": [condition], "observedGeneration": str(generation)}
