"""The Role that a command needs, made of the very list that it checks before its first write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pointsman.adapters.kube.access import Permission
from pointsman.entry import needs
from pointsman.gen.yaml_text import yaml_text

WITHOUT_PODS = {"status"}


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


def rules_of(permissions: Iterable[Permission]) -> list[dict[str, Any]]:
    """`permissions` as rules; resources of one group with the same verbs share a rule."""
    merged: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in permissions:
        merged.setdefault((one.group, one.verbs), []).append(one.resource)
    return [
        {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
        for (group, verbs), resources in merged.items()
    ]
