"""Somebody else writes the same objects: found before the release, or noticed during it, and named."""

from __future__ import annotations

import json

import pytest

from tests.cluster.harness.shop import BLUE, Users, blue, fingerprint, green, open_shop, selected, still
from tests.cluster.harness.world import World, service
from tests.cluster.product import Pointsman


def test_a_selector_that_argo_cd_owns_is_not_touched(world: World) -> None:
    """Argo CD would set it back in the middle of the release: exit 2, naming Argo CD and the field."""
    declared = json.dumps(service("shop", BLUE))
    world.kubectl("apply", "--server-side", "--field-manager=argocd-controller", "-f-", input=declared)
    world.apply(blue(replicas=0), green(replicas=0))
    before = still(world)
    run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "spec.selector.version of Service shop belongs to Argo CD" in run.why
    assert "/spec/selector/version" in run.advice
    assert fingerprint(world) == before


@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller"])
def test_an_image_that_a_gitops_tool_owns_is_not_touched(world: World, manager: str) -> None:
    """It would set the image back: exit 2 with the remedy; what it owns and we do not write is no obstacle."""
    world.apply(service("shop", BLUE), blue(replicas=0))
    owned = ("apply", "--server-side", f"--field-manager={manager}", "-f-")
    world.kubectl(*owned, input=json.dumps(green(replicas=0)))
    before = still(world)
    run = Pointsman(world).switch("v2").must_be(2, "failed")
    assert "spec.template.spec.containers[app].image of Deployment shop-green belongs to" in run.why
    assert manager in run.why
    assert "ignore /spec/template/spec/containers" in run.advice
    assert fingerprint(world) == before


def test_T20_a_selector_that_somebody_edits_while_green_bakes_ends_the_release(world: World) -> None:
    """Exit 4 with the writer's name; users are served throughout; a rollback then leaves nothing open."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        release = pointsman.start_switch("v2", bake="60s")
        users.wait_for("v2")
        world.kubectl(
            "patch",
            "service",
            "shop",
            "--field-manager=night-shift",
            f"--patch={json.dumps({'spec': {'selector': BLUE}})}",
        )
        run = release.finish().must_be(4, "failed")
        users.wait_for("v1")
        assert users.failures() == []
    assert "changed by night-shift" in run.why
    assert selected(world) == "blue"
    assert pointsman.holder() == ""
    pointsman.rollback().must_be(0, "rolled-back")
    assert pointsman.record()["flight"] is None
    assert not world.exists("deployment", "shop-green")


def test_a_deployment_that_somebody_scales_while_it_is_prepared_is_no_conflict(world: World) -> None:
    """Replicas may belong to an autoscaler: a change of their number alone does not end a release."""
    open_shop(world, blue(), green(env={"READY_AFTER_S": "4"}))
    pointsman = Pointsman(world)
    with Users(world) as users:
        release = pointsman.start_switch("v2")
        world.wait_until(lambda: "app:v2" in json.dumps(world.get("deployment", "shop-green")["spec"]), "v2 is set")
        world.kubectl("scale", "deployment", "shop-green", "--replicas=3")
        release.finish().must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert world.get("deployment", "shop-green")["spec"]["replicas"] == 3
