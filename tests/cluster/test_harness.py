"""The test cluster itself: were it wrong about these, every other cluster test would mean nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.harness import binaries, state
from tests.cluster.harness.binaries import HELM, ISTIO, KUBERNETES, Family, replacements
from tests.cluster.harness.cluster import Cluster, KubectlError
from tests.cluster.harness.load import Load
from tests.cluster.harness.local_cluster import LocalCluster
from tests.cluster.harness.network import Namespace
from tests.cluster.harness.world import World, deployment, service

BLUE = {"app": "shop", "colour": "blue"}
GREEN = {"app": "shop", "colour": "green"}


@pytest.fixture
def shop(world: World) -> World:
    """Blue runs v1, green runs v2, users are on blue."""
    world.apply(deployment("shop-blue", "v1", labels=BLUE), deployment("shop-green", "v2", labels=GREEN))
    world.apply(service("shop", BLUE))
    world.wait_ready("shop-blue")
    world.wait_ready("shop-green")
    world.wait_serving("shop", "v1")
    return world


@pytest.mark.parametrize("mode", ["fresh", "keepalive"])
def test_a_selector_patch_moves_constant_traffic_without_a_failure(shop: World, mode: str) -> None:
    with Load(shop.cluster, shop.url("shop"), mode=mode) as load:
        load.wait_for(lambda counts: counts.succeeded >= 100, "traffic on blue")
        shop.patch("service", "shop", {"spec": {"selector": GREEN}})
        if mode == "keepalive":  # an open connection stays with its pod until the pod goes
            shop.kubectl("scale", "deployment", "shop-blue", "--replicas=0")
        load.wait_for(lambda counts: counts.versions.get("v2", 0) >= 100, "traffic on green")
        counts = load.stop()
    assert counts.failed == 0, counts.failures
    assert counts.unsent == 0
    assert set(counts.versions) == {"v1", "v2"}
    assert shop.selector("shop") == GREEN


def test_a_rolling_update_serves_every_request(shop: World) -> None:
    with Load(shop.cluster, shop.url("shop")) as load:
        shop.kubectl("set", "image", "deployment/shop-blue", "app=localhost/app:v3")
        shop.wait_ready("shop-blue")
        load.wait_for(lambda counts: counts.versions.get("v3", 0) >= 50, "traffic on the new version")
        counts = load.stop()
    assert counts.failed == 0, counts.failures


def test_load_counts_the_errors_a_service_answers_with(world: World) -> None:
    world.apply(deployment("shop", "errors", labels=BLUE))
    world.wait_ready("shop")
    with Load(world.cluster, world.pod_url(BLUE)) as load:
        counts = load.wait_for(lambda counts: counts.sent >= 200, "two hundred requests")
    assert counts.statuses["500"] > 0
    assert counts.statuses["200"] > 0
    assert counts.failed == counts.statuses["500"]


def test_load_counts_connections_that_nobody_accepts(world: World) -> None:
    world.apply(service("shop", BLUE))
    with Load(world.cluster, world.url("shop")) as load:
        counts = load.wait_for(lambda counts: counts.failed > 0, "a refused connection")
    assert counts.succeeded == 0
    assert set(counts.errors) <= {"refused", "timeout", "unreachable"}


def test_a_crashing_image_crash_loops(world: World) -> None:
    world.apply(deployment("shop", "crash", labels=BLUE, replicas=1, ready_path=None))
    world.wait_until(lambda: "CrashLoopBackOff" in json.dumps(world.every("pod")), "a crash loop")


def test_a_sick_image_is_ready_and_not_healthy(world: World) -> None:
    world.apply(deployment("shop", "sick", labels=BLUE, replicas=1))
    world.wait_ready("shop")
    with Load(world.cluster, world.pod_url(BLUE, "/healthz")) as load:
        counts = load.wait_for(lambda counts: counts.sent >= 20, "health checks")
    assert set(counts.statuses) == {"500"}


def test_somebody_without_a_role_is_refused(shop: World) -> None:
    with pytest.raises(KubectlError, match='cannot get resource "services"'):
        shop.kubectl_as("nobody", "get", "service", "shop")


def test_somebody_may_do_what_a_role_grants_and_nothing_else(shop: World) -> None:
    shop.grant("viewer", {"apiGroups": [""], "resources": ["services"], "verbs": ["get"]})
    assert "shop" in shop.kubectl_as("viewer", "get", "service", "shop")
    with pytest.raises(KubectlError, match='cannot patch resource "services"'):
        shop.kubectl_as("viewer", "patch", "service", "shop", '--patch={"spec":{"selector":{}}}')


def test_a_command_runs_with_the_cluster_s_kubeconfig(cluster: Cluster) -> None:
    done = cluster.command(["sh", "-c", "echo $KUBECONFIG $EXTRA"], env={"EXTRA": "more"})
    assert done.stdout.split() == [str(cluster.kubeconfig), "more"]


@pytest.mark.usefixtures("machine")
def test_a_cluster_that_fails_to_start_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcd").write_text("#!/bin/sh\nexit 7\n")
    (tmp_path / "etcd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    broken = LocalCluster()
    with pytest.raises(Exception, match="etcd ended with 7"):
        broken.start()
    assert not broken.run_dir.exists()
    assert not Namespace(broken.name).path.exists()
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{broken.name}"))


@pytest.mark.parametrize("family", [KUBERNETES, ISTIO, HELM], ids=lambda family: family.name)
def test_what_is_built_together_is_pinned_to_the_version_that_its_family_names(family: Family) -> None:
    assert family.together
    pinned = (Path(binaries.__file__).parent / "programs/go.mod").read_text()
    assert f"require {family.module} {family.version}" in pinned.splitlines()


def test_what_a_module_replaces_is_replaced_for_its_programs_too() -> None:
    upstream = {"Replace": [{"Old": {"Path": "a.example/b"}, "New": {"Path": "c.example/d", "Version": "v1.2.3"}}]}
    assert replacements(upstream) == {"a.example/b": "c.example/d v1.2.3"}
    assert replacements({}) == {}


def test_clusters_that_come_and_go_do_not_disturb_who_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Several test workers share the folder of the records: none may see half of another's."""
    monkeypatch.setenv("POINTSMAN_CACHE", str(tmp_path))
    kept = state.Record("kept", str(tmp_path / "kept"), os.getpid())
    passing = state.Record("passing", str(tmp_path / "passing"), os.getpid())
    state.write(kept)

    def start_and_end() -> None:
        for _ in range(300):
            state.write(kept)
            state.write(passing)
            (tmp_path / "clusters" / "passing.json").unlink()

    with ThreadPoolExecutor(1) as other:
        starts = other.submit(start_and_end)
        seen = _while_running(starts.done, state.records)
        starts.result()
    assert all(kept in records for records in seen)


def _while_running(done: Callable[[], bool], look: Callable[[], list[state.Record]]) -> list[list[state.Record]]:
    looks = []
    while not done():
        looks.append(look())
    return looks
