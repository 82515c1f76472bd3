"""The Terraform module makes what `pointsman rbac` prints, and refuses what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.entry import needs, roles
from pointsman.entry.rbac import ROUTERS, STEPS
from tests.deploy.helm import rendered
from tests.deploy.printed import printed
from tests.deploy.terraform import planned, refused


@pytest.mark.parametrize("dead_man", [False, True])
@pytest.mark.parametrize("router", ROUTERS)
def test_each_role_is_the_one_that_rbac_prints(router: str, dead_man: bool) -> None:
    """Every command with every router, with and without a dead-man switch."""
    found = planned(namespaces=["shop"], commands=list(STEPS), routers=[router], dead_man=dead_man)
    for command in STEPS:
        (role,) = printed(command, router, dead_man)
        assert found[("Role", "shop", role["metadata"]["name"])]["rules"] == role["rules"], command
    wanted = {f"pointsman-{command}" for command in STEPS} | ({roles.ACCOUNT} if dead_man else set())
    assert {name for kind, _, name in found if kind == "Role"} == wanted


def test_it_makes_the_same_objects_as_the_chart() -> None:
    """Kinds, names, rules and subjects, with all that can be asked for."""
    common = {
        "commands": ["canary-step", "readiness-check", "status"],
        "routers": ["istio", "gateway-api"],
        "namespaces": ["shop", "web"],
    }
    subjects = {"accounts": ["ci/bot", "runner"], "groups": ["oidc:ops", "0123"], "users": ["bot@acme.example"]}
    elsewhere = list(needs.ELSEWHERE_LISTED)
    by_chart = rendered(
        **common,
        subjects=subjects,
        serviceAccount={"create": True, "namespace": "ci"},
        deadMan={"enabled": True},
        readiness={"everywhere": True, "elsewhere": elsewhere},
    )
    by_module = planned(
        **common,
        **subjects,
        service_account={"namespace": "ci"},
        dead_man=True,
        readiness_everywhere=True,
        readiness_elsewhere=elsewhere,
    )
    assert {key: meaning(one) for key, one in by_module.items()} == {key: meaning(one) for key, one in by_chart.items()}


def meaning(one: dict[str, Any]) -> tuple[Any, ...]:
    """The rules, the reference and the subjects; the order of routers is no matter."""
    return (
        sorted(map(str, (tuple(sorted(rule.items())) for rule in one.get("rules", [])))),
        one.get("roleRef"),
        sorted(map(str, (tuple(sorted(each.items())) for each in one.get("subjects", [])))),
    )


def test_without_subjects_nobody_is_bound() -> None:
    assert {kind for kind, _, _ in planned(namespaces=["shop"])} == {"Role"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"commands": ["rolback"]}, "Commands are blue-green-switch, canary-step"),
        ({"commands": []}, "Name at least one command"),
        ({"routers": ["linkerd"]}, "Routers are service, gateway-api"),
        ({"namespaces": ["Shop"]}, "Names of namespaces have lower-case letters"),
        ({"accounts": ["a/b/c"]}, "Write accounts as NAME or as NAMESPACE/NAME"),
        ({"comands": ["status"]}, "there is no variable comands"),
        ({"commands": ["status"], "routers": ["istio"]}, "None of the commands writes a route"),
        ({"commands": ["rollback"], "dead_man": True}, "None of the commands posts a dead-man switch"),
        ({"readiness_everywhere": True}, "Add readiness-check to the commands"),
    ],
)
def test_what_means_nothing_is_refused(values: dict[str, Any], words: str) -> None:
    assert words in refused(**{"namespaces": ["shop"], **values})


def test_namespaces_are_required() -> None:
    assert "the variable namespaces is required" in refused()
