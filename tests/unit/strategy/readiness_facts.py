"""Builders for facts about a shop that is in order; each test spoils one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from pointsman.model.readiness import Answer, Facts, Item, Page, Place, Settings, Status
from pointsman.strategy.readiness.policy import POLICY
from pointsman.strategy.readiness.verdict import assess

TODAY = date(2026, 11, 27)
LABELS = {"app": "shop"}


def item(kind: str, name: str = "shop", spec: Mapping[str, Any] | None = None, live: bool = False, **more: Any) -> Item:
    """An object; `labels`, `annotations`, `metadata` and `status` as keywords."""
    metadata = {"name": name, **more.pop("metadata", {})}
    metadata.update({key: more.pop(key) for key in ("labels", "annotations") if key in more})
    body = {"kind": kind, "metadata": metadata, "spec": dict(spec or {}), **more}
    return Item(body, Place(f"{kind}/{name}", f"{kind.lower()}.yaml", 1), live)


def container(**more: Any) -> dict[str, Any]:
    """The shop's container, in order."""
    return {
        "name": "app",
        "image": f"registry.example.com/shop@sha256:{'0' * 64}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "livenessProbe": {"httpGet": {"path": "/alive", "port": "http"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        **more,
    }


def deployment(
    name: str = "shop",
    labels: Mapping[str, str] = LABELS,
    pod: Mapping[str, Any] | None = None,
    live: bool = False,
    metadata: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    containers: list[dict[str, Any]] | None = None,
    **spec: Any,
) -> Item:
    """The shop's Deployment, in order; `spec` overrides its fields, `pod` those of the pod."""
    pods = {
        "containers": containers or [container()],
        "topologySpreadConstraints": [{"topologyKey": "zone"}],
        **(pod or {}),
    }
    whole = {
        "replicas": 3,
        "minReadySeconds": 10,
        "selector": {"matchLabels": dict(labels)},
        "template": {"metadata": {"labels": dict(labels)}, "spec": pods},
        **spec,
    }
    return item("Deployment", name, whole, live, metadata=metadata or {}, status=dict(status or {}))


def service(selector: Mapping[str, str] = LABELS, **more: Any) -> Item:
    """The shop's Service."""
    spec = {"selector": dict(selector), "ports": [{"port": 80, "targetPort": "http"}], **more.pop("spec", {})}
    return item("Service", "shop", spec, **more)


def budget(**spec: Any) -> Item:
    """A PodDisruptionBudget over the shop."""
    return item("PodDisruptionBudget", "shop", {"selector": {"matchLabels": LABELS}, **spec})


def facts(*items: Item, **more: Any) -> Facts:
    """Facts with these objects, or with Deployment and Service in order."""
    given = items or (deployment(), service())
    return Facts("shop", TODAY, items=given, namespace="shop", **more)


def answers(check: str, known: Facts, settings: Settings | None = None) -> list[tuple[Status, str]]:
    """(status, evidence) of what the check of the policy says."""
    found = assess(known, settings or Settings()).findings
    return [(one.status, one.evidence) for one in found if one.check == check]


def statuses(check: str, known: Facts) -> list[str]:
    """The statuses alone."""
    return [status.value for status, _ in answers(check, known)]


def page(path: str, text: str) -> Page:
    return Page(path, text)


def with_pages(*pages: Page) -> Facts:
    return replace(facts(), pages=pages)


def words(count: int, about: str = "shop") -> str:
    """A text of so many words that names the service."""
    return " ".join([about, *(f"word{index}" for index in range(count - 1))])


def question(check: str) -> Any:
    """The function that the policy asks."""
    return next(one.ask for one in POLICY if one.id == check)


def asked(check: str, known: Facts) -> list[Answer]:
    """Its bare answers."""
    return list(question(check)(known))
