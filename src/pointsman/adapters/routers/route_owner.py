"""Whose a route is: a GitOps product that keeps it in a repository, or another release controller, would set its rules
back during a release.

Pure functions over plain JSON, asked by `gateway_api_route` and `istio_route` before the first write.
"""

from __future__ import annotations

from typing import Any

from pointsman.adapters.kube.ownership import GITOPS_MANAGERS, Path, owner_of, pointer, refuse_foreign_owner
from pointsman.adapters.routers.route_words import named
from pointsman.model.errors import InputError

Json = dict[str, Any]
_TRACKED = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "objectset.rio.cattle.io/id": "Rancher Fleet",
}
_RELEASERS = {"rollouts-controller": "Argo Rollouts", "flagger": "Flagger"}
"""Field managers of controllers that may leave no other mark on a route whose weights they write."""


def refuse_other_releaser(route: Json, rules: Path) -> None:
    """Raises InputError when another release controller owns the route, or was the last to write its rules."""
    refuse_foreign_owner(route)
    product = _RELEASERS.get(owner_of(route, rules))
    if product:
        raise InputError(
            f"the rules of {named(route)} were last written by {product}",
            f"two release controllers on one service undo each other: take it out of {product} first, then apply "
            "your own manifest of it again",
        )


def refuse_gitops_route(route: Json, rules: Path) -> None:
    """Raises InputError when a GitOps product keeps the route. `rules` is where managedFields speaks of its rules."""
    manager = owner_of(route, rules)
    product = GITOPS_MANAGERS.get(manager) or tracked_by(route)
    if product:
        where = ".".join(part.removeprefix("f:") for part in rules)
        reason = f"field manager {manager}" if manager in GITOPS_MANAGERS else "it carries the mark of that product"
        raise InputError(
            f"{where} of {named(route)} belongs to {product} ({reason})",
            f"{product} would set the weights back: have it ignore {pointer(rules)} of this route and say that it "
            "does, or take the route out of it; then run again",
        )


def tracked_by(route: Json) -> str:
    """The GitOps product whose mark the route carries; empty when there is none."""
    marks = {**(route["metadata"].get("labels") or {}), **(route["metadata"].get("annotations") or {})}
    return next((product for mark, product in _TRACKED.items() if mark in marks), "")
