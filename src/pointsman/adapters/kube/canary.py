"""How the pods of a canary are told from those that serve. Pure functions over plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pointsman.adapters.kube.colours import selects, template_labels
from pointsman.model.errors import InputError

Json = dict[str, Any]

TRACK = "pointsman.dev/track"
"""The label of the pods of a candidate that we make; the Service that selects both versions does not name it."""

_USUAL = ("track", "version", "slot", "role", TRACK)
"""Keys by which people tell versions apart in a Service's selector."""


def canary_labels(candidate_service: Json | None) -> dict[str, str]:
    """The labels that a new candidate's pods get beside those of stable: what its own Service wants, else ours."""
    wanted = candidate_service["spec"].get("selector") or {} if candidate_service else {}
    return {**wanted, TRACK: "canary"}


def subset_labels(subset: Mapping[str, str]) -> dict[str, str]:
    """The labels that a new candidate's pods get beside those of stable, where a subset picks them."""
    return {**subset, TRACK: "canary"}


def common_labels(service: Json, candidate_service: Json | None) -> str:
    """A label selector that finds the pods of both versions."""
    own = service["spec"].get("selector") or {}
    other = candidate_service["spec"].get("selector") or {} if candidate_service else own
    return ",".join(f"{name}={value}" for name, value in sorted(own.items()) if other.get(name) == value)


def service_manifest(service: Json, name: str) -> str:
    """The Service of the candidate's pods, as JSON on one line: like stable's, but for the label that tells."""
    spec, kept = service["spec"], ("name", "port", "targetPort")
    ports = [{key: port[key] for key in kept if key in port} for port in spec.get("ports", [])]
    own = spec.get("selector") or {}
    told = {key: "canary" if key in _USUAL else value for key, value in own.items()}
    metadata = {"name": name, "namespace": service["metadata"]["namespace"]}
    made = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": told, "ports": ports}}
    return json.dumps(made)


def refuse_shared_service(service: Json, candidate_service: Json, stable: Json, candidate: Json | None) -> None:
    """Raises InputError when a Service would send the requests of one version to the pods of the other."""
    own, other = service["metadata"]["name"], candidate_service["metadata"]["name"]
    labels = canary_labels(candidate_service)
    coming = template_labels(candidate) if candidate else {**template_labels(stable), **labels}
    if not selects(service["spec"].get("selector") or {}, stable):
        raise InputError(f"Service {own} does not select the pods of Deployment {_name(stable)}", "check --workload")
    if _matches(service["spec"].get("selector") or {}, coming):
        raise InputError(
            f"Service {own} would also select the candidate's pods, whatever weight the route has",
            f"give its selector a label that only stable's pods have (like track: stable), and Service {other} another",
        )
    if not _matches(candidate_service["spec"].get("selector") or {}, coming):
        raise InputError(f"Service {other} does not select the candidate's pods", "correct its selector")
    if selects(candidate_service["spec"].get("selector") or {}, stable):
        raise InputError(f"Service {other} selects the pods of {_name(stable)} as well", "correct its selector")


def refuse_shared_subset(
    service: Json, subsets: tuple[tuple[str, Mapping[str, str]], ...], stable: Json, candidate: Json | None
) -> None:
    """Raises InputError when the Service leaves out a version, or a subset has the pods of both. `subsets` are stable's
    and the candidate's, with their labels."""
    (own, labels), (other, others) = subsets
    serving = template_labels(stable)
    coming = template_labels(candidate) if candidate else {**serving, **subset_labels(others)}
    selector, name = service["spec"].get("selector") or {}, service["metadata"]["name"]
    for who, pods in ((f"Deployment {_name(stable)}", serving), ("the candidate", coming)):
        if not _matches(selector, pods):
            raise InputError(
                f"Service {name} does not select the pods of {who}",
                "where versions are subsets, its selector must hold only labels that the pods of both have",
            )
    wrong = [
        (own, serving, False, f"does not have the pods of Deployment {_name(stable)}"),
        (own, coming, True, "would also have the candidate's pods"),
        (other, coming, False, "does not have the candidate's pods"),
        (other, serving, True, f"also has the pods of Deployment {_name(stable)}"),
    ]
    for subset, pods, unwanted, words in wrong:
        if _matches(labels if subset == own else others, pods) is unwanted:
            raise InputError(
                f"subset {subset} of {name} {words}",
                "give both subsets of the DestinationRule the same label with a value of its own, and the pods of "
                f"{_name(stable)} the one of subset {own}",
            )


def _matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(selector) and all(labels.get(name) == value for name, value in selector.items())


def _name(item: Json) -> str:
    return str(item["metadata"]["name"])
