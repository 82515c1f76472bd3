"""The chart installs what `pointsman rbac` prints, and refuses what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pointsman import __version__
from pointsman.entry import needs, roles
from pointsman.entry.rbac import ROUTERS, STEPS
from tests.deploy.helm import CHART, helm, refused, rendered
from tests.deploy.printed import printed


@pytest.mark.parametrize("dead_man", [False, True])
@pytest.mark.parametrize("router", ROUTERS)
def test_each_role_is_the_one_that_rbac_prints(router: str, dead_man: bool) -> None:
    """Every command with every router, with and without a dead-man switch."""
    found = rendered(commands=list(STEPS), routers=[router], deadMan={"enabled": dead_man})
    for command in STEPS:
        (role,) = printed(command, router, dead_man)
        assert found[("Role", "shop", role["metadata"]["name"])]["rules"] == role["rules"], command
    wanted = {f"pointsman-{command}" for command in STEPS} | ({roles.ACCOUNT} if dead_man else set())
    assert {name for kind, _, name in found if kind == "Role"} == wanted


def test_subjects_are_bound_as_rbac_binds_them() -> None:
    subjects = {"accounts": ["ci/bot", "runner"], "groups": ["oidc:ops", "0123"], "users": ["bot@acme.example"]}
    found = rendered(commands=["canary-step"], namespaces=["shop", "web"], subjects=subjects)
    for namespace in ("shop", "web"):
        binding = found[("RoleBinding", namespace, "pointsman-canary-step")]
        told = ["--account=ci/bot", "--group=oidc:ops", "--user=bot@acme.example", f"--namespace={namespace}"]
        _, wanted = printed("canary-step", "service", False, *told)
        assert binding["roleRef"] == wanted["roleRef"]
        assert [one for one in binding["subjects"] if one["name"] not in ("runner", "0123")] == wanted["subjects"]
        assert {"kind": "ServiceAccount", "name": "runner", "namespace": namespace} in binding["subjects"]


def test_without_subjects_nobody_is_bound() -> None:
    assert {kind for kind, _, _ in rendered()} == {"Role"}


def test_an_account_of_its_own_is_made_and_bound() -> None:
    account = {"create": True, "namespace": "ci", "annotations": {"iam.gke.io/gcp-service-account": "release@acme"}}
    found = rendered(commands=["status"], serviceAccount=account)
    assert found[("ServiceAccount", "ci", "pointsman")]["metadata"]["annotations"] == account["annotations"]
    bound = found[("RoleBinding", "shop", "pointsman-status")]["subjects"]
    assert bound == [{"kind": "ServiceAccount", "name": "pointsman", "namespace": "ci"}]


@pytest.mark.parametrize("router", ROUTERS)
def test_the_account_of_the_dead_man_switch_is_that_of_the_manifest(router: str) -> None:
    """With the rules of the router on top, as its page says."""
    found = rendered(commands=["canary-step"], routers=[router], deadMan={"enabled": True})
    for wanted in yaml.safe_load_all(roles.dead_man_manifest()):
        one = found[(wanted["kind"], "shop", roles.ACCOUNT)]
        if wanted["kind"] == "Role":
            assert one["rules"] == roles.role("dead-man", roles.OF_ROUTER[router])["rules"]
        if wanted["kind"] == "RoleBinding":
            assert one["roleRef"] == wanted["roleRef"]
            assert one["subjects"] == [{**wanted["subjects"][0], "namespace": "shop"}]


def test_what_readiness_check_lists_elsewhere_is_asked_for_and_no_more() -> None:
    elsewhere = list(needs.ELSEWHERE_LISTED)
    bot = {"groups": ["ops"]}
    found = rendered(commands=["readiness-check"], subjects=bot, readiness={"everywhere": True, "elsewhere": elsewhere})
    name = "pointsman-readiness-check"
    assert found[("ClusterRole", "", name)]["rules"] == roles.rules_of(needs.EVERYWHERE_LISTED)
    for namespace in elsewhere:
        assert found[("Role", namespace, f"{name}-elsewhere")]["rules"] == roles.rules_of(
            [needs.ELSEWHERE_LISTED[namespace]]
        )
    assert found[("ClusterRoleBinding", "", name)]["subjects"][0]["name"] == "ops"
    assert len(found) == 2 * (2 + len(elsewhere))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"commands": ["rolback"]}, "'rollback'"),
        ({"commands": []}, "/commands"),
        ({"routers": ["linkerd"]}, "'gateway-api'"),
        ({"namespaces": ["Shop"]}, "/namespaces/0"),
        ({"subjects": {"accounts": ["a/b/c"]}}, "/subjects/accounts/0"),
        ({"comands": ["status"]}, "'comands' not allowed"),
        ({"commands": ["status"], "routers": ["istio"]}, "none of the commands status writes a route"),
        ({"commands": ["rollback"], "deadMan": {"enabled": True}}, "none of the commands rollback posts a dead-man"),
        ({"readiness": {"everywhere": True}}, "add readiness-check to the commands"),
    ],
)
def test_what_means_nothing_is_refused(values: dict[str, Any], words: str) -> None:
    assert words in refused(**values)


def test_helm_finds_nothing_to_object_to() -> None:
    ended = helm("lint", "--strict", str(CHART))
    assert ended.returncode == 0, ended.stdout
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_every_value_has_a_default_and_is_in_the_schema() -> None:
    """A value that only one of the two files knows is one that nobody can set, or that nobody hears of."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    schema = yaml.safe_load((CHART / "values.schema.json").read_text("utf-8"))
    assert keys_of_schema(schema) - {"global"} == keys_of(values)


def keys_of(values: dict[str, Any], above: str = "") -> set[str]:
    found = {f"{above}{name}" for name in values}
    return found.union(*(keys_of(one, f"{above}{name}.") for name, one in values.items() if isinstance(one, dict)))


def keys_of_schema(schema: dict[str, Any], above: str = "") -> set[str]:
    inner = schema.get("properties", {})
    found = {f"{above}{name}" for name in inner}
    return found.union(*(keys_of_schema(one, f"{above}{name}.") for name, one in inner.items()))
