"""Who else believes to own what a release would change. Pure functions over plain JSON.

Found before the first write: a controller that sets the field back in the middle of a release costs users more
than a refused step.
"""

from __future__ import annotations

from typing import Any

from pointsman.model.drift import Field
from pointsman.model.errors import InputError

Json = dict[str, Any]
Path = tuple[str, ...]

GITOPS_MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "fleetagent": "Rancher Fleet",
}
_IGNORING = {
    "Argo CD": "ignoreDifferences with RespectIgnoreDifferences=true in the Application",
    "Flux": "a patch of the Kustomization, or the annotation kustomize.toolkit.fluxcd.io/ssa: Merge",
    "Rancher Fleet": "diff.comparePatches in fleet.yaml",
}
_CONTAINERS = ("f:spec", "f:template", "f:spec", "f:containers")
_CONTROLLERS = {"Rollout": "Argo Rollouts", "Canary": "Flagger", "CloneSet": "OpenKruise"}
_MARKS = {
    "argo-rollouts.argoproj.io/managed-by-rollouts": "Argo Rollouts",
    "rollouts.argoproj.io/gatewayapi-canary": "Argo Rollouts",
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
    return owner_of(service, selector_field(key))


def refuse_gitops_field(item: Json, field: Field) -> None:
    """Raises InputError when a GitOps controller owns a field of a Deployment that this release would write."""
    for path in fields_of(item, field):
        manager = owner_of(item, path)
        product = GITOPS_MANAGERS.get(manager)
        if product:
            raise InputError(
                f"{readable(path)} of Deployment {item['metadata']['name']} belongs to {product} (field manager "
                f"{manager})",
                f"{product} would set it back: have it ignore {pointer(path)} of this Deployment "
                f"({_IGNORING[product]}), or let it set the image itself and leave --image out; then run again",
            )


def owner_of(item: Json, path: Path) -> str:
    """The field manager that wrote the field at `path` (as managedFields spells it) last; empty when nobody did."""
    owners = [one for one in item["metadata"].get("managedFields", []) if _owns(one.get("fieldsV1", {}), path)]
    newest: Json = max(owners, key=lambda one: str(one.get("time", "")), default={})
    return str(newest.get("manager", ""))


def selector_field(key: str) -> Path:
    """Where managedFields speaks of spec.selector.<key> of a Service."""
    return ("f:spec", "f:selector", f"f:{key}")


def fields_of(deployment: Json, field: Field) -> list[Path]:
    """Where managedFields speaks of a field of a Deployment: one path for each container's image."""
    if field is not Field.IMAGE:
        return [("f:spec", "f:replicas")]
    names = [one["name"] for one in deployment["spec"]["template"]["spec"]["containers"]]
    return [(*_CONTAINERS, f'k:{{"name":"{name}"}}', "f:image") for name in names]


def readable(path: Path) -> str:
    """A path of managedFields as people write it: spec.template.spec.containers[app].image."""
    parts = [f"[{part[11:-2]}]" if part.startswith("k:") else f".{part[2:]}" for part in path]
    return "".join(parts).removeprefix(".")


def pointer(path: Path) -> str:
    """A path of managedFields as a JSON pointer; a list is named as a whole."""
    return "/" + "/".join(part[2:] if part.startswith("f:") else "*" for part in path)


def _owns(fields: Json, path: Path) -> bool:
    for part in path:
        if part not in fields:
            return False
        fields = fields[part]
        if not fields:  # a leaf, or a map that has one owner as a whole
            return True
    return True
