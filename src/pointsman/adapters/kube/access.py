"""Whether our identity may do all that a step will do, asked once before the first write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.model.errors import NotPermitted


@dataclass(frozen=True)
class Permission:
    """One RBAC need: verbs on a resource (`pods`, `pods/proxy`) of an API group (empty for core)."""

    group: str
    resource: str
    verbs: tuple[str, ...]

    def sentence(self) -> str:
        """The need in words."""
        return f"{', '.join(self.verbs)} {self.resource}{f' ({self.group})' if self.group else ''}"


def require(api: KubeApi, needs: Iterable[Permission], role: str) -> None:
    """Raises NotPermitted listing every need that our rules in this namespace do not cover; `role` is what a person
    types or applies to have a Role that covers them, in words that follow "give it".

    One request (SelfSubjectRulesReview). An authorizer that cannot list rules says `incomplete`: then nothing is
    concluded, and a missing permission shows at its first use.
    """
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": api.namespace},
    }
    status = api.review(body).get("status", {})
    missing = [need.sentence() for need in missing_from(status.get("resourceRules", []), needs)]
    if missing and not status.get("incomplete"):
        raise NotPermitted(
            f"this identity may not do all that is needed in namespace {api.namespace}: {'; '.join(missing)}",
            f"give it {role}; nothing was changed",
        )


def missing_from(rules: list[Json], needs: Iterable[Permission]) -> list[Permission]:
    """The part of `needs` that no rule covers, with only the uncovered verbs."""
    lacking = []
    for need in needs:
        verbs = tuple(verb for verb in need.verbs if not any(_covers(rule, need, verb) for rule in rules))
        if verbs:
            lacking.append(Permission(need.group, need.resource, verbs))
    return lacking


def _covers(rule: Json, need: Permission, verb: str) -> bool:
    if rule.get("resourceNames"):
        return False
    return (
        _has(rule.get("verbs"), verb)
        and _has(rule.get("apiGroups"), need.group)
        and (_has(rule.get("resources"), need.resource) or _covers_subresource(rule, need))
    )


def _covers_subresource(rule: Json, need: Permission) -> bool:
    _, slash, under = need.resource.partition("/")
    return bool(slash) and f"*/{under}" in (rule.get("resources") or [])


def _has(values: Any, wanted: str) -> bool:
    return wanted in (values or []) or "*" in (values or [])
