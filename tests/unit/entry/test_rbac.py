"""`pointsman rbac` prints what the commands check before their first write."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from pointsman.entry import needs, roles
from pointsman.entry.cli import cli
from pointsman.entry.rbac import ROUTERS, STEPS


def printed(*options: str) -> Result:
    return CliRunner().invoke(cli, ["rbac", *options], catch_exceptions=False)


def objects(*options: str) -> list[dict[str, Any]]:
    ended = printed(*options)
    assert ended.exit_code == 0, ended.output
    return list(yaml.safe_load_all(ended.stdout))


@pytest.mark.parametrize("step", STEPS)
def test_the_role_has_all_that_the_command_asks_for(step: str) -> None:
    (role,) = objects("--command", step)
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert {(one.group, one.resource, verb) for one in needs.OF_STEP[step] for verb in one.verbs} <= granted


@pytest.mark.parametrize("router", [one for one in ROUTERS if one != "service"])
def test_a_router_adds_its_own_rules(router: str) -> None:
    (plain,), (more,) = objects("--command", "rollback"), objects("--command", "rollback", "--router", router)
    added = [rule for rule in more["rules"] if rule not in plain["rules"]]
    assert {one for rule in added for one in rule["resources"]} == {one.resource for one in roles.OF_ROUTER[router]}


def test_a_dead_man_switch_adds_its_job() -> None:
    (role,) = objects("--command", "canary-step", "--dead-man")
    assert any("jobs" in rule["resources"] for rule in role["rules"])


def test_accounts_groups_and_users_are_bound_to_it() -> None:
    role, binding = objects(
        "--command", "status", "--namespace", "shop", "--account", "ci/bot", "--group", "oidc:ops", "--user", "bot@x"
    )
    assert role["metadata"] == {"name": "pointsman-status", "namespace": "shop"} == binding["metadata"]
    assert binding["roleRef"]["name"] == "pointsman-status"
    named = [(one["kind"], one["name"]) for one in binding["subjects"]]
    assert named == [("ServiceAccount", "bot"), ("Group", "oidc:ops"), ("User", "bot@x")]
    assert binding["subjects"][0]["namespace"] == "ci"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--command", "status", "--router", "istio"), "status writes no route"),
        (("--command", "rollback", "--dead-man"), "rollback posts no dead-man switch"),
        (("--command", "rollback", "--account", "bot"), "give --account NAMESPACE/NAME, or --namespace"),
        (("--command", "rolback"), "is not one of"),
    ],
)
def test_what_means_nothing_is_refused(options: tuple[str, ...], words: str) -> None:
    ended = printed(*options)
    assert (ended.exit_code, words in ended.output) == (2, True), ended.output


def test_every_command_with_a_role_of_its_own_can_be_asked_for() -> None:
    """But for the dead-man switch, whose account is installed from a manifest."""
    assert set(STEPS) == set(needs.OF_STEP) - {"dead-man"}
    assert set(ROUTERS) == set(roles.OF_ROUTER)
