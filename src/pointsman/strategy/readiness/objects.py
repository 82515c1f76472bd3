"""Reading Kubernetes objects as users write them: what is missing or of a wrong type counts as not there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pointsman.model.readiness import WORKLOADS, Facts, Item, Json

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
_FACTORS = {
    "m": 0.001, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_COLOURS = ("blue", "green", "canary", "stable", "candidate")


def dig(value: Any, *path: str) -> Any:
    """What stands at `path` in nested mappings; None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def mapping(value: Any, *path: str) -> Json:
    """The mapping at `path`, or an empty one."""
    found = dig(value, *path)
    return found if isinstance(found, Mapping) else {}


def listed(value: Any, *path: str) -> list[Json]:
    """The mappings of the list at `path`."""
    found = dig(value, *path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, Sequence) else []


def number(value: Any, default: int) -> int:
    """A whole number, or the default where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def quantity(value: Any) -> float | None:
    """`250m` -> 0.25, `1Gi` -> 1073741824; None for what is no quantity."""
    match = _QUANTITY.fullmatch(str(value))
    return float(match[1]) * _FACTORS[match[2] or ""] if match else None


def matches(labels: Json, selector: Any) -> bool:
    """True when a label selector (`matchLabels`, `matchExpressions`) fits; an absent one fits nothing."""
    if not isinstance(selector, Mapping):
        return False
    wanted = mapping(selector, "matchLabels")
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _fits(labels, one) for one in listed(selector, "matchExpressions")
    )


def _fits(labels: Json, one: Json) -> bool:
    key, values = str(one.get("key")), one.get("values") or []
    match one.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def template(deployment: Item) -> Json:
    """The pod template's spec."""
    return mapping(deployment.spec, "template", "spec")


def pod_labels(deployment: Item) -> Json:
    """The labels that its pods get."""
    return mapping(deployment.spec, "template", "metadata", "labels")


def marks(item: Item) -> Json:
    """Its labels and annotations; of a manifest also those that others have put on what runs under its name."""
    running = mapping(item.running, "metadata")
    return {**mapping(running, "labels"), **mapping(running, "annotations"), **item.labels, **item.annotations}


def containers(deployment: Item) -> list[Json]:
    """The containers of its pods."""
    return listed(template(deployment), "containers")


def serving(deployment: Item) -> list[Json]:
    """The containers that take requests: those with a port, or the first one."""
    every = containers(deployment)
    return [one for one in every if listed(one, "ports")] or every[:1]


def named(container: Json) -> str:
    """A container in a sentence."""
    return f"container {container.get('name', '?')}"


def service_of(facts: Facts) -> Item | None:
    """The Service that is released."""
    return next((item for item in facts.of("Service") if item.name == facts.service), None)


def candidates(facts: Facts) -> list[Item]:
    """Everything that runs pods in the namespace of the service: DaemonSets are known of others too, for their logs."""
    return [one for one in facts.of(*WORKLOADS) if _is_here(one, facts)]


def _is_here(item: Item, facts: Facts) -> bool:
    there = str(item.metadata.get("namespace") or facts.namespace)
    return not facts.namespace or there == facts.namespace


def selected(facts: Facts) -> list[Item]:
    """The workloads whose pods the Service selects."""
    service = service_of(facts)
    selector = mapping(service.spec, "selector") if service else {}
    if not selector:
        return []
    return [one for one in candidates(facts) if selector.items() <= dict(pod_labels(one)).items()]


def workloads(facts: Facts) -> list[Item]:
    """What is asked about: the workload that was named, else the workloads behind the Service, else the one that
    is called like it. What is behind the Service by mistake, beside versions of it, is not asked about."""
    if facts.workload:
        named_so = [one for one in candidates(facts) if one.name == facts.workload]
        return [one for one in named_so if facts.workload_kind in ("", one.kind)]
    behind = selected(facts) or [one for one in candidates(facts) if one.name == facts.service]
    return [one for one in behind if is_version_of(facts, one)] or behind


def is_version_of(facts: Facts, deployment: Item) -> bool:
    """True for the names that a release gives: SERVICE, SERVICE-blue, SERVICE-canary …"""
    bases = {facts.service, facts.workload or facts.service}
    return deployment.name in bases | {f"{base}-{colour}" for base in bases for colour in _COLOURS}


def autoscaler_of(facts: Facts, deployment: Item) -> Item | None:
    """The HorizontalPodAutoscaler (or KEDA ScaledObject) of a workload."""
    for item in facts.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = mapping(item.spec, "scaleTargetRef")
        if target.get("name") == deployment.name and target.get("kind", "Deployment") == deployment.kind:
            return item
    return None


def lowest(facts: Facts, deployment: Item) -> int:
    """How many instances run at least: what the autoscaler keeps, else `replicas`; of a DaemonSet one at least."""
    scaler = autoscaler_of(facts, deployment)
    if scaler is None:
        return number(deployment.spec.get("replicas"), 1)
    if scaler.kind == "ScaledObject":
        return number(scaler.spec.get("minReplicaCount"), 0)
    return number(scaler.spec.get("minReplicas"), 1)


def share(value: Any, of: int, default: str, up: bool) -> int:
    """`25%` or a number of `of` instances, rounded up (surge) or down (unavailable) as Kubernetes does."""
    text = str(default if value is None else value)
    if not text.endswith("%"):
        return int(text) if text.isdigit() else 0
    percent = int(text[:-1]) if text[:-1].isdigit() else 0
    return -(-of * percent // 100) if up else of * percent // 100


def container_patch(names: Sequence[str], change: Json) -> Json:
    """A strategic merge patch that changes containers of a Deployment, by their names."""
    return pod_patch({"containers": [{"name": name, **change} for name in names]})


def pod_patch(change: Json) -> Json:
    """A strategic merge patch of a Deployment's pod spec."""
    return {"spec": {"template": {"spec": change}}}
