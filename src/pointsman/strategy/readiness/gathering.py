"""Which of the objects that were found speak about the service."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.model.readiness import Item

_OF_THE_NAMESPACE = {
    "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "ResourceQuota", "CronJob",
}  # fmt: skip


def namespace_of(items: Iterable[Item], service: str) -> str:
    """The namespace that the manifest of the Service names; empty where it names none."""
    return next(
        (str(one.metadata.get("namespace", "")) for one in items if (one.kind, one.name) == ("Service", service)), ""
    )


def merged(written: Iterable[Item], live: Iterable[Item], namespace: str) -> tuple[Item, ...]:
    """What is written, and what runs where nothing is written about it: the next apply makes the one of the other.
    Objects that belong to another namespace are left out."""
    files = [one for one in written if _is_ours(one, namespace)]
    known = {(one.kind, one.name) for one in files}
    return (*files, *(one for one in live if (one.kind, one.name) not in known))


def _is_ours(item: Item, namespace: str) -> bool:
    there = str(item.metadata.get("namespace", ""))
    return item.kind not in _OF_THE_NAMESPACE or not there or not namespace or there == namespace
