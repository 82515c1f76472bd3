"""The Role that a command needs, made of the very list that it checks before its first write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pointsman.adapters.kube.access import Permission
from pointsman.entry import needs
from pointsman.entry.spec import DEAD_MAN_ACCOUNT
from pointsman.report.yaml_text import yaml_text

WITHOUT_PODS = {"status", "dead-man", "readiness-check"}
BY_ROUTE = {"canary-step", "promote", "abort", "rollback", "dead-man"}
"""Steps that may have to write a route, as far as its router is told."""
OF_ROUTER = {
    "service": (),
    "gateway-api": needs.SPLIT_ROUTE,
    "istio": (*needs.SPLIT_VIRTUAL_SERVICE, *needs.SPLIT_SUBSETS),
    "ingress-nginx": needs.CANARY_INGRESS,
}
_RBAC = "rbac.authorization.k8s.io"
ACCOUNT = DEAD_MAN_ACCOUNT.default or ""


def role_yaml(step: str, more: Iterable[Permission] = ()) -> str:
    """The Role of `step` in YAML, with `more` on top; the last rules are those of `needs.WISHED`."""
    return yaml_text(role(step, more), short_lists=True)


def role(step: str, more: Iterable[Permission] = ()) -> dict[str, Any]:
    """The Role as an object."""
    wished = () if step in WITHOUT_PODS else needs.WISHED
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "Role",
        "metadata": {"name": f"pointsman-{step}"},
        "rules": [*rules_of(needs.OF_STEP[step]), *rules_of(more), *rules_of(wished)],
    }


def subjects(account: str, group: str, user: str, namespace: str) -> list[dict[str, str]]:
    """Whom a Role is bound to: a service account as [NAMESPACE/]NAME, in `namespace` unless told, a group, a user."""
    home, _, name = account.rpartition("/")
    told = [{"kind": "ServiceAccount", "name": name, "namespace": home or namespace}] if account else []
    others = (("Group", group), ("User", user))
    return told + [{"kind": kind, "name": name, "apiGroup": _RBAC} for kind, name in others if name]


def binding(step: str, whom: list[dict[str, str]]) -> dict[str, Any]:
    """Who gets the Role of `step`."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"pointsman-{step}"},
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": f"pointsman-{step}"},
        "subjects": whom,
    }


def dead_man_rules_yaml() -> str:
    """The rules that a switch needs on top when it posts a dead-man switch."""
    return rules_yaml(needs.POST_DEAD_MAN)


def rules_yaml(permissions: Iterable[Permission]) -> str:
    """`permissions` as rules that a command needs on top of its Role."""
    return yaml_text({"rules": rules_of(permissions)}, short_lists=True)


def dead_man_manifest() -> str:
    """What is installed once per namespace for the Job's own account: ServiceAccount, Role, RoleBinding."""
    reference = {"apiGroup": _RBAC, "kind": "Role", "name": ACCOUNT}
    objects = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}},
        {**_rbac("Role"), "rules": rules_of(needs.DEAD_MAN)},
        {**_rbac("RoleBinding"), "roleRef": reference, "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT}]},
    ]
    about = "# The account of the dead-man switch; once per namespace: kubectl apply -n NAMESPACE -f dead-man.yaml\n"
    return about + "---\n".join(yaml_text(one, short_lists=True) for one in objects)


def _rbac(kind: str) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": ACCOUNT}}


def rules_of(permissions: Iterable[Permission]) -> list[dict[str, Any]]:
    """`permissions` as rules; resources of one group with the same verbs share a rule."""
    merged: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in permissions:
        merged.setdefault((one.group, one.verbs), []).append(one.resource)
    return [
        {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
        for (group, verbs), resources in merged.items()
    ]
