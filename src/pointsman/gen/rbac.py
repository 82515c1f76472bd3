"""The Role that a command needs, made of the very list that it checks before its first write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pointsman.adapters.kube.access import Permission
from pointsman.entry import needs
from pointsman.entry.spec import DEAD_MAN_ACCOUNT
from pointsman.gen.yaml_text import yaml_text

WITHOUT_PODS = {"status", "dead-man", "readiness-check"}
_RBAC = "rbac.authorization.k8s.io"
ACCOUNT = DEAD_MAN_ACCOUNT.default or ""


def role_yaml(step: str) -> str:
    """The Role of `step` in YAML; the last rules are those of `needs.WISHED`."""
    wished = () if step in WITHOUT_PODS else needs.WISHED
    return yaml_text(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": f"pointsman-{step}"},
            "rules": [*rules_of(needs.OF_STEP[step]), *rules_of(wished)],
        },
        short_lists=True,
    )


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
