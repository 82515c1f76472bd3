"""Who else believes to own what a release would change. Pure functions over plain JSON.

Found before the first write: a controller that sets the field back in the middle of a release costs users more
than a refused step.
"""

from __future__ import annotations

from typing import Any

from pointsman.model.errors import InputError

Json = dict[str, Any]

GITOPS_MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "fleetagent": "Rancher Fleet",
}
_CONTROLLERS = {"Rollout": "Argo Rollouts", "Canary": "Flagger", "CloneSet": "OpenKruise"}
_MARKS = {
    "argo-rollouts.argoproj.io/managed-by-rollouts": "Argo Rollouts",
    "rollouts.kruise.io/in-progressing": "OpenKruise Rollouts",
}


def refuse_foreign_owner(item: Json) -> None:
    """Raises InputError when a release controller of another product owns `item`."""
    metadata = item["metadata"]
    owners = [_CONTROLLERS.get(one.get("kind", "")) for one in metadata.get("ownerReferences", [])]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    found = [name for name in owners if name] + [name for key, name in _MARKS.items() if key in marks]
    if found:
        raise InputError(
            f"{item.get('kind', 'the object')} {metadata['name']} is run by {found[0]}",
            f"two release controllers on one service undo each other: take it out of {found[0]} first",
        )


def refuse_gitops_owner(service: Json, key: str) -> None:
    """Raises InputError when a GitOps controller owns the selector key that a switch would write."""
    manager = owner_of_selector_key(service, key)
    product = GITOPS_MANAGERS.get(manager)
    if product:
        name = service["metadata"]["name"]
        raise InputError(
            f"spec.selector.{key} of Service {name} belongs to {product} (field manager {manager})",
            f"{product} would set it back: take the field out of Git, or have {product} ignore "
            f"/spec/selector/{key} of this Service; then run again",
        )


def owner_of_selector_key(service: Json, key: str) -> str:
    """The field manager that set spec.selector.<key>; empty when nobody in particular did."""
    for entry in service["metadata"].get("managedFields", []):
        fields = entry.get("fieldsV1", {}).get("f:spec", {}).get("f:selector")
        if fields is not None and (f"f:{key}" in fields or fields == {}):
            return str(entry.get("manager", ""))
    return ""
