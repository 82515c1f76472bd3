"""The dead-man switch in a real cluster: its Job runs the product's own image under the documented Role alone."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pointsman.entry.needs import POST_DEAD_MAN
from pointsman.entry.roles import rules_of
from tests.cluster.harness.cluster import KubectlError
from tests.cluster.harness.shop import (
    BLUE,
    Users,
    blue,
    fingerprint,
    image,
    open_shop,
    selected,
    still,
    written_since,
)
from tests.cluster.harness.watch import Watch
from tests.cluster.harness.world import REPOSITORY, Object, World, deployment, service
from tests.cluster.product import Pointsman, Running
from tests.cluster.test_permissions import documented
from tests.images import product

JOB = "pointsman-shop-dead-man"


@pytest.fixture
def guarded(world: World) -> World:
    """A namespace in which the guard's account was installed as the documentation says."""
    world.cluster.load(product.tag(), product.archive)
    world.kubectl("apply", f"-f{REPOSITORY / 'examples/kubernetes/dead-man.yaml'}")
    return world


def start_guarded(world: World, tag: str, **inputs: str) -> Running:
    """A switch with a dead-man switch, by somebody who holds the documented Role and nothing else."""
    kubeconfig = world.grant("guarded-release", *documented("blue-green-switch"), *rules_of(POST_DEAD_MAN))
    wanted = {"dead_man": "true", "dead_man_image": product.tag(), **inputs}
    return Pointsman(world, kubeconfig).start_switch(tag, **wanted)


def guard_pods(world: World) -> list[Object]:
    """The pods of the guard."""
    return world.every("pod", {"pointsman.dev/part": "dead-man"})


def guard_log(world: World) -> str:
    """What the guard has said."""
    try:
        return world.kubectl("logs", f"job/{JOB}")
    except KubectlError:
        return ""  # no container of it has started yet


def completed(world: World) -> bool:
    """Whether the Job has done its work."""
    conditions: list[dict[str, Any]] = world.get("job", JOB).get("status", {}).get("conditions", [])
    return any(one["type"] == "Complete" and one["status"] == "True" for one in conditions)


def test_a_runner_that_dies_while_a_version_that_goes_bad_bakes_is_stood_in_for(guarded: World) -> None:
    """The runner is gone for good, green falls sick: two minutes later users are on blue and nothing is left."""
    world = guarded
    open_shop(world)
    with Users(world) as users:
        release = start_guarded(world, "late-sick", bake="120s")
        world.wait_until(lambda: selected(world) == "green", "users are on green")
        world.wait_until(lambda: "a live run holds the lock" in guard_log(world), "the guard is on duty")
        release.kill()
        died = time.monotonic()
        world.wait_until(lambda: selected(world) == "blue", "users are back", timeout=120)
        assert time.monotonic() - died > 25, "the lock cannot have run out so soon"
        world.wait_until(lambda: completed(world), f"the guard is done: {guard_log(world)}", timeout=60)
        users.wait_for("v1")
        assert users.failures() == []
        assert users.versions() == {"v1", "late-sick"}
    record = Pointsman(world).record()
    assert (record["flight"], record["intent"], record["last"]["outcome"]) == (None, None, "rolled-back")
    assert any("has not renewed it" in event["text"] for event in record["events"])
    assert Pointsman(world).holder() == ""
    assert image(world, "shop-blue") == "v1"
    assert not world.exists("deployment", "shop-green")
    assert "was undone: users are on stable" in guard_log(world), guard_log(world)
    assert [pod["status"]["phase"] for pod in guard_pods(world)] == ["Succeeded"]
    Pointsman(world).switch("v2").must_be(0, "switched")


def test_a_runner_that_dies_in_the_middle_of_a_canary_is_stood_in_for(guarded: World) -> None:
    """The runner is gone for good with users on both versions: they are all on stable again, nothing is left."""
    world = guarded
    world.apply(deployment("shop", "v1", labels={"app": "shop"}, replicas=3), service("shop", {"app": "shop"}))
    world.wait_ready("shop")
    kubeconfig = world.grant("guarded-canary", *documented("canary-step"), *rules_of(POST_DEAD_MAN))
    with Users(world) as users:
        wanted = {"dead_man": "true", "dead_man_image": product.tag(), "metrics": "probes", "bake": "300s"}
        release = Pointsman(world, kubeconfig).start(
            "canary-step", service="shop", workload="shop", image="localhost/app:v2", weights="25", **wanted
        )
        users.wait_for("v2")
        world.wait_until(lambda: "a live run holds the lock" in guard_log(world), "the guard is on duty")
        release.kill()
        world.wait_until(lambda: completed(world), f"the guard is done: {guard_log(world)}", timeout=150)
        users.wait_for("v1")
        assert users.failures() == []
    record = Pointsman(world).record()
    assert (record["flight"], record["intent"], record["last"]["outcome"]) == (None, None, "rolled-back")
    assert image(world, "shop") == "v1"
    assert not world.exists("deployment", "shop-canary")


def test_a_live_run_is_never_disturbed_and_takes_its_guard_away(guarded: World) -> None:
    """The lock has one holder for the whole release, which is longer than the lock's time; then the Job is gone."""
    world = guarded
    open_shop(world)
    with Users(world) as users:
        release = start_guarded(world, "v2", bake="75s")
        world.wait_until(lambda: Pointsman(world).holder() != "", "the run holds the lock")
        with Watch(world, "leases") as leases:
            world.wait_until(lambda: "a live run holds the lock" in guard_log(world), "the guard is on duty")
            run = release.finish()
        run.must_be(0, "switched")
        assert users.failures() == []
    holders = [one.object["spec"].get("holderIdentity", "") for one in leases.seen]
    assert len({holder for holder in holders if holder}) == 1
    assert {one.object["spec"]["leaseTransitions"] for one in leases.seen} == {1}
    world.wait_until(lambda: not world.exists("job", JOB) and not guard_pods(world), "the guard is gone")
    assert (selected(world), Pointsman(world).record()["last"]["outcome"]) == ("green", "switched")


def test_a_runner_that_was_only_paused_wakes_up_too_late_and_writes_nothing(guarded: World) -> None:
    """Stopped for longer than its lock lives: the guard undoes the release, and the old run does not undo that."""
    world = guarded
    open_shop(world)
    with Users(world) as users:
        release = start_guarded(world, "v2", bake="120s")
        world.wait_until(lambda: selected(world) == "green", "users are on green")
        world.wait_until(lambda: "a live run holds the lock" in guard_log(world), "the guard is on duty")
        release.pause()
        world.wait_until(lambda: completed(world), "the guard is done", timeout=150)
        before = still(world)
        release.resume()
        run = release.finish()
        assert users.failures() == []
    assert run.exit_code in (3, 4), run.stdout
    assert written_since(world, before) == set()
    assert (selected(world), Pointsman(world).record()["last"]["outcome"]) == ("blue", "rolled-back")
    assert world.exists("job", JOB)


def test_the_guard_is_confined(guarded: World) -> None:
    """The Job that really stands there: restricted, small, with a deadline, and no pod of the service."""
    world = guarded
    open_shop(world)
    release = start_guarded(world, "slow", timeout="60s")
    world.wait_until(lambda: world.exists("job", JOB), "the guard was posted")
    job = world.get("job", JOB)
    world.wait_until(lambda: guard_pods(world) != [], "it has a pod")
    (pod,) = guard_pods(world)
    release.finish().must_be(0, "switched")
    assert "app" not in pod["metadata"]["labels"]
    assert job["spec"]["activeDeadlineSeconds"] == 60 + 300 + 300 + 300
    (container,) = pod["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["serviceAccountName"] == "pointsman-dead-man"
    assert "memory" in container["resources"]["limits"]
    world.kubectl("label", "namespace", world.namespace, "pod-security.kubernetes.io/enforce=restricted")
    try_pod(world, job["spec"]["template"])
    with pytest.raises(KubectlError, match="violates PodSecurity"):
        try_pod(world, world.get("deployment", "shop-blue")["spec"]["template"])


def try_pod(world: World, template: Object) -> None:
    """Ask whether the cluster would take a pod of this template, without keeping it; raises when it would not."""
    labels = {"app": "nobody"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trial", "labels": labels}, "spec": template["spec"]}
    world.kubectl("create", "--dry-run=server", "-f-", input=json.dumps(pod))


def test_an_account_that_is_not_there_is_refused_before_the_first_write(world: World) -> None:
    """Exit 2; the manifest to apply is named; not even the lock was taken."""
    world.apply(blue(replicas=0), service("shop", BLUE))
    before = still(world)
    run = Pointsman(world).switch("v2", dead_man="true", dead_man_image="localhost/pointsman:any")
    run.must_be(2, "failed")
    assert "no service account pointsman-dead-man" in run.why
    assert "examples/kubernetes/dead-man.yaml" in run.advice
    assert fingerprint(world) == before


def test_a_job_that_the_cluster_refuses_ends_the_release_before_anything_changes(guarded: World) -> None:
    """A quota without room for Jobs: exit 3, users and colours as they were, and a plain run goes on with it."""
    world = guarded
    open_shop(world)
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "no-jobs"},
            "spec": {"hard": {"count/jobs.batch": "0"}},
        }
    )
    run = start_guarded(world, "v2").finish().must_be(3, "failed")
    assert "was not accepted" in run.why
    assert (selected(world), world.exists("deployment", "shop-green")) == ("blue", False)
    Pointsman(world).switch("v2").must_be(0, "switched")
