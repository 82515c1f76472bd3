"""readiness-check against a real API server: what it may read it reads, what it may not makes checks unknown, and
it leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import pytest

from pointsman.entry.needs import READINESS_CHECK
from tests.cluster.harness.shop import fingerprint, still
from tests.cluster.harness.world import Object, World, autoscaler, deployment, service
from tests.cluster.product import Pointsman, Run

_SHOP = {"app": "shop"}
_ROLE: list[Object] = [
    {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in READINESS_CHECK
]


@pytest.fixture
def shop(world: World) -> World:
    """A Deployment of one instance behind a Service; nothing else."""
    world.apply(deployment("shop", "v1", labels=_SHOP, replicas=1), service("shop", _SHOP))
    world.wait_ready("shop")
    return world


def asked(pointsman: Pointsman, **inputs: str) -> Run:
    return pointsman.run("readiness-check", service="shop", ci_checks="false", **inputs)


def verdicts(run: Run) -> dict[str, str]:
    return {check["name"].partition(" ")[0]: check["verdict"] for check in run.result["checks"]}


def printed(world: World, *arguments: str) -> str:
    """What a command prints that has no JSON."""
    process = world.cluster.spawn(
        [sys.executable, "-m", "pointsman", *arguments],
        env={"KUBECONFIG": str(world.cluster.kubeconfig)},
        cwd=tempfile.gettempdir(),
        stdout=subprocess.PIPE,
    )
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return str(stdout)


def test_the_documented_role_suffices_and_nothing_is_changed(shop: World) -> None:
    """T42, T54: what runs is seen to run, and a single instance without a budget is found."""
    before = still(shop)
    run = asked(Pointsman(shop, shop.grant("looks", *_ROLE))).must_be(10, "not-ready")
    found = verdicts(run)
    assert (found["rolled-out"], found["service-selects"], found["health-checks"]) == ("pass", "pass", "pass")
    assert (found["replicas"], found["disruption-budget"]) == ("fail", "fail")
    assert found["logging"] == found["backup"] == "no-data"
    assert "list daemonsets (apps) in all namespaces" in run.check("logging")["detail"]
    assert "in namespace velero" in run.check("backup")["detail"]
    assert fingerprint(shop) == before


def test_T54_what_is_mended_in_the_cluster_passes(shop: World) -> None:
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "shop"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _SHOP}},
    }
    shop.apply(budget, autoscaler("shop", "shop", 2, 4))
    shop.kubectl("scale", "deployment", "shop", "--replicas=2")
    shop.wait_ready("shop")
    found = verdicts(asked(Pointsman(shop)).must_be(10, "not-ready"))
    assert (found["replicas"], found["disruption-budget"], found["surge-room"]) == ("pass", "pass", "pass")


def test_T42_a_rollout_that_is_not_through_is_no_proof(shop: World) -> None:
    """Old pods are ready; the new ones never come up."""
    shop.kubectl("set", "image", "deployment/shop", "app=localhost/app:no-such-tag")
    run = asked(Pointsman(shop)).must_be(10, "not-ready")
    assert run.check("rolled-out")["verdict"] == "fail"


def test_T42_a_stateful_set_is_looked_at_by_its_own_status(world: World) -> None:
    """The API server itself says what its status has in it."""
    made = deployment("shop", "v1", labels=_SHOP, replicas=2)
    spec = {key: value for key, value in made["spec"].items() if key not in ("strategy", "progressDeadlineSeconds")}
    world.apply({**made, "kind": "StatefulSet", "spec": {**spec, "serviceName": "shop"}}, service("shop", _SHOP))
    world.kubectl("rollout", "status", "statefulset/shop", "--timeout=60s")
    role = world.grant("looks-at-sets", *_ROLE)
    found = verdicts(asked(Pointsman(world, role), workload="sts/shop").must_be(10, "not-ready"))
    assert (found["rolled-out"], found["keeps-serving"], found["service-selects"]) == ("pass", "pass", "pass")
    assert "progress-deadline" not in found
    world.kubectl("set", "image", "statefulset/shop", "app=localhost/app:no-such-tag")
    assert asked(Pointsman(world)).check("rolled-out of StatefulSet/shop")["verdict"] == "fail"


def test_a_kind_that_may_not_be_listed_makes_its_checks_unknown(shop: World) -> None:
    """Unknown names the permission; it is never a pass."""
    less = [rule for rule in _ROLE if rule["resources"] != ["horizontalpodautoscalers"]]
    run = asked(Pointsman(shop, shop.grant("blinkered", *less))).must_be(10, "not-ready")
    assert run.check("replicas")["verdict"] == "no-data"
    assert "list horizontalpodautoscalers (autoscaling)" in run.check("replicas")["detail"]


def test_the_checklist_reads_the_record_of_a_release(shop: World) -> None:
    """After a release by colours the list of what was proven has it."""
    pointsman = Pointsman(shop)
    shop.apply(service("shop", {**_SHOP, "version": "blue"}))
    shop.apply(deployment("shop-blue", "v1", labels={**_SHOP, "version": "blue"}))
    shop.wait_ready("shop-blue")
    pointsman.switch("v2").must_be(0, "switched")
    told = printed(shop, "checklist", "post", "--service", "shop", "--namespace", shop.namespace)
    assert "- [x] It ended well<br>release " in told
    assert "- [x] Nothing is left in flight" in told
    assert "- [x] What serves was verified<br>revision " in told
