"""Which of the objects that were found speak about the service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pointsman.model.readiness import Item, Json

_OF_THE_NAMESPACE = {
    "Deployment", "StatefulSet", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress",
    "ResourceQuota", "CronJob",
}  # fmt: skip


def namespace_of(items: Iterable[Item], service: str) -> str:
    """The namespace that the manifest of the Service names; empty where it names none."""
    return next(
        (str(one.metadata.get("namespace", "")) for one in items if (one.kind, one.name) == ("Service", service)), ""
    )


def merged(written: Iterable[Item], live: Iterable[Item], namespace: str) -> tuple[Item, ...]:
    """What is written, and what runs where nothing is written about it: the next apply makes the one of the other.
    What is written knows what runs under its name, for its status. Objects of another namespace are left out."""
    there = tuple(live)
    files = [replace(one, running=_running(one, there, namespace)) for one in written if _is_ours(one, namespace)]
    known = {(one.kind, one.name) for one in files}
    return (*files, *(one for one in there if (one.kind, one.name) not in known))


def _running(written: Item, live: Iterable[Item], namespace: str) -> Json | None:
    where = _namespace(written, namespace)
    same = (one for one in live if (one.kind, one.name) == (written.kind, written.name))
    return next((one.body for one in same if _namespace(one, namespace) == where), None)


def _namespace(item: Item, usual: str) -> str:
    return str(item.metadata.get("namespace") or usual)


def _is_ours(item: Item, namespace: str) -> bool:
    there = str(item.metadata.get("namespace", ""))
    return item.kind not in _OF_THE_NAMESPACE or not there or not namespace or there == namespace
