"""RBAC: the documented Role is enough for every command, and less of it is refused before the first write."""

from __future__ import annotations

import pytest

from pointsman.adapters.kube.access import Permission
from pointsman.entry.needs import OF_STEP, SPLIT_ROUTE, SPLIT_SUBSETS, SPLIT_VIRTUAL_SERVICE
from pointsman.entry.roles import role, rules_of
from tests.cluster.harness.shop import BLUE, blue, fingerprint, green, image, open_shop, selected, still
from tests.cluster.harness.world import Object, World, service
from tests.cluster.product import Pointsman


def documented(step: str, *more: Permission) -> list[Object]:
    """The rules of the Role that `pointsman rbac` prints for this step, and `more` of them for a router."""
    return list(role(step, more)["rules"])


def as_told(world: World, step: str) -> Pointsman:
    """Pointsman with the documented Role of one step and nothing else."""
    return Pointsman(world, world.grant(f"only-{step}", *documented(step)))


def test_the_documented_roles_suffice_for_a_release_and_its_way_back(world: World) -> None:
    """Each command runs as an identity that holds exactly its own documented Role."""
    open_shop(world)
    address = {"service": "shop"}
    as_told(world, "blue-green-switch").switch("v2", cleanup="scale-down").must_be(0, "switched")
    as_told(world, "verify-health").run("verify-health", **address).must_be(0, "healthy")
    as_told(world, "status").run("status", **address).must_be(0, "known")
    as_told(world, "rollback").rollback().must_be(0, "rolled-back")
    assert (selected(world), image(world, "shop-blue")) == ("blue", "v1")


def test_the_documented_role_suffices_to_reject_and_to_tell_why(world: World) -> None:
    """Deleting the colour that was made, and a failing pod's log and events, are within the Role, too."""
    open_shop(world)
    run = as_told(world, "blue-green-switch").switch("no-such-tag").must_be(10, "rejected")
    assert any("ErrImageNeverPull" in event for event in run.problem["events"])
    assert not world.exists("deployment", "shop-green")


def test_the_documented_role_suffices_for_a_workload_in_place(world: World) -> None:
    """rollback --workload under the Role of rollback."""
    open_shop(world)
    world.kubectl("set", "image", "deployment/shop-blue", "app=localhost/app:v2")
    world.wait_ready("shop-blue")
    pointsman = as_told(world, "rollback")
    pointsman.run("rollback", workload="deployment/shop-blue").must_be(0, "rolled-back")
    assert image(world, "shop-blue") == "v1"


_VIEW: Object = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}


@pytest.mark.parametrize("step", ["blue-green-switch", "rollback"])
def test_somebody_who_may_only_look_is_refused_before_the_first_write(world: World, step: str) -> None:
    """Exit 3; the missing verbs are named; neither lock nor record nor anything else was written."""
    world.apply(blue(replicas=0), green(replicas=0), service("shop", BLUE))
    pointsman = Pointsman(world, world.grant("viewer", _VIEW))
    before = still(world)
    run = pointsman.run(step, service="shop").must_be(3, "failed")
    for missing in (
        "create, update configmaps",
        "create, update leases (coordination.k8s.io)",
        "patch services",
        "create, patch, delete deployments (apps)",
    ):
        assert missing in run.why
    assert "Role" in run.advice
    assert fingerprint(world) == before


MORE_INPUTS = {"canary-step": {"workload": "shop-blue", "metrics": "probes", "weight": "25"}}
"""What a step is told besides the service."""


@pytest.mark.parametrize("step", sorted(OF_STEP))
def test_somebody_without_any_permission_is_refused_and_nothing_is_written(world: World, step: str) -> None:
    """Exit 3 for every command, also for those that only look."""
    world.apply(blue(replicas=0), green(replicas=0), service("shop", BLUE))
    pointsman = Pointsman(world, world.cluster.kubeconfig_as("nobody"))
    before = still(world)
    run = pointsman.run(step, service="shop", **MORE_INPUTS.get(step, {})).must_be(3, "failed")
    assert "services" in run.why
    assert fingerprint(world) == before


# readiness-check goes on without; promote and abort ask for what canary-step asks for
@pytest.mark.parametrize("step", sorted(set(OF_STEP) - {"readiness-check", "promote", "abort"}))
def test_without_any_single_rule_of_its_role_a_command_says_which_and_changes_nothing(world: World, step: str) -> None:
    """Each rule in turn is left out of the Role that `pointsman rbac` prints."""
    world.apply(blue(replicas=0), green(replicas=0), service("shop", BLUE))
    before, rules = still(world), rules_of(OF_STEP[step])
    for number, lacking in enumerate(rules):
        others = [rule for rule in rules if rule is not lacking]
        pointsman = Pointsman(world, world.grant(f"without-{number}", *others))
        run = pointsman.run(step, service="shop", **MORE_INPUTS.get(step, {})).must_be(3, "failed")
        assert any(resource in run.why for resource in lacking["resources"]), run.why
    assert fingerprint(world) == before
    assert len(rules) > 1


BY_ROUTE = {
    "httproutes": {"router": "gateway-api", "route": "web"},
    "virtualservices": {"router": "istio", "route": "web", "url": "http://127.0.0.1/", "candidate_subset": "canary"},
}
BY_ROUTE["destinationrules"] = BY_ROUTE["virtualservices"]


@pytest.mark.parametrize("lacking", sorted(BY_ROUTE))
def test_each_missing_permission_for_a_route_is_named(world: World, lacking: str) -> None:
    """All but one rule of what the router needs beside the Role of the step, forth."""
    world.apply(blue(replicas=0), service("shop", BLUE))
    routes = (*SPLIT_ROUTE, *SPLIT_VIRTUAL_SERVICE, *SPLIT_SUBSETS)
    rules = documented("canary-step", *(one for one in routes if one.resource != lacking))
    pointsman = Pointsman(world, world.grant(f"without-{lacking}", *rules))
    before = still(world)
    given = {**MORE_INPUTS["canary-step"], "workload": "deployment/shop-blue", **BY_ROUTE[lacking]}
    run = pointsman.run("canary-step", service="shop", **given).must_be(3, "failed")
    assert (run.why.count(";"), lacking in run.why) == (0, True)
    assert fingerprint(world) == before
