"""The Terraform module of the Roles, evaluated by `hcl/main.go` without the provider for Kubernetes: what its resources
are told is compared, and not what it does with that."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.harness.binaries import built_here
from tests.metrics.servers import found_or_skip

MODULE = Path(__file__).parents[2] / "deploy/terraform/pointsman-rbac"
_SOURCE = Path(__file__).parent / "hcl"
_KINDS = {
    "kubernetes_role_v1": "Role",
    "kubernetes_role_binding_v1": "RoleBinding",
    "kubernetes_cluster_role_v1": "ClusterRole",
    "kubernetes_cluster_role_binding_v1": "ClusterRoleBinding",
    "kubernetes_service_account_v1": "ServiceAccount",
}


def planned(**values: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The objects that the module would make, by kind, namespace and name."""
    ended = _evaluated(values)
    assert ended.returncode == 0, ended.stderr
    objects = [_object(_KINDS[one["type"]], one["values"]) for one in json.loads(ended.stdout)]
    return {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in objects}


def refused(**values: Any) -> str:
    """What is said of values that the module does not take."""
    ended = _evaluated(values)
    assert ended.returncode != 0, ended.stdout
    return ended.stderr


def _evaluated(values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    argv = [str(found_or_skip(lambda: built_here(_SOURCE))), str(MODULE)]
    return subprocess.run(argv, input=json.dumps(values), capture_output=True, text=True, check=False, timeout=60)


def _object(kind: str, told: dict[str, Any]) -> dict[str, Any]:
    """As the API has it; the empty namespace and group of a subject are its missing ones."""
    made: dict[str, Any] = {"kind": kind, "metadata": told["metadata"][0]}
    if "rule" in told:
        made["rules"] = [{_camel(key): text for key, text in rule.items()} for rule in told["rule"]]
    if "role_ref" in told:
        made["roleRef"] = {_camel(key): text for key, text in told["role_ref"][0].items()}
        made["subjects"] = [{_camel(key): text for key, text in one.items() if text} for one in told["subject"]]
    return made


def _camel(name: str) -> str:
    return {"api_groups": "apiGroups", "api_group": "apiGroup"}.get(name, name)
