"""What rehearsals of workflows share: one cluster, one copy of the project, one Python environment, one image."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.adapters.local.loopback import free_port
from tests.actions.act import Act
from tests.actions.github import GitHub
from tests.actions.machine import Machine
from tests.cluster.harness import binaries
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.shop import Users, open_shop
from tests.cluster.harness.world import World
from tests.images import product
from tests.images.base import ROOT, Docker
from tests.images.registry import Registry
from tests.release.rehearsal import VARIABLE, Rehearsal, rehearse


@pytest.fixture(scope="session")
def rehearsals() -> None:
    """Says that workflows can be rehearsed here; with CI=true nothing may be missing."""
    reason = _hindrance()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def _hindrance() -> str | None:
    if os.geteuid() != 0:
        return "rehearsals need root: a network namespace, a Docker server"
    return "run `python -m tests.cluster.harness build` first: no act" if binaries.missing(binaries.ACT) else None


@pytest.fixture
def world(cluster: Cluster) -> Iterator[World]:
    """A fresh namespace."""
    made = World(cluster)
    yield made
    made.remove()


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a runner fetches of the project, as it was when the tests began."""
    place = tmp_path_factory.mktemp("suite") / "pointsman"
    for name in ("actions", "libexec", "src"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.fixture(scope="session")
def plain_machine(
    rehearsals: None,  # noqa: ARG001 - before anything is made
    cluster: Cluster,
    suite: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Machine:
    """A machine without Docker, on which the environment of `runner: python` is made already."""
    made = Machine(cluster, tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cache"))
    made.make_environment(suite)
    return made


@pytest.fixture(scope="session")
def act(plain_machine: Machine, suite: Path) -> Act:
    """act on the machine without Docker."""
    return Act(plain_machine, suite)


@pytest.fixture(scope="session")
def docker(cluster: Cluster) -> Iterator[Docker]:
    """A Docker server in the cluster's network namespace."""
    server = Docker()
    server.start(str(cluster.netns) if cluster.netns else None)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def image(docker: Docker) -> str:
    """Pointsman's image, built from this checkout."""
    return product.loaded(docker)


@pytest.fixture(scope="session")
def rehearsal(
    request: pytest.FixtureRequest, cluster: Cluster, docker: Docker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    """The project as a tag of it would be, and the registry with its image: those that `make release-dry-run` has
    made, or else made now from this checkout."""
    given = os.environ.get(VARIABLE)
    folder = Path(given) if given else tmp_path_factory.mktemp("rehearsal")
    registry = Rehearsal(folder).registry if given else Registry(folder / "registry", free_port())
    registry.start(str(cluster.netns) if cluster.netns else None)
    try:
        yield Rehearsal(folder) if given else rehearse(folder, docker, request.getfixturevalue("image"), registry)
    finally:
        registry.stop()


@pytest.fixture(scope="session")
def docker_machine(plain_machine: Machine, docker: Docker) -> Machine:
    """The same machine, where a Docker server answers."""
    return replace(plain_machine, docker_host=docker.host)


@pytest.fixture(scope="session")
def act_released(docker_machine: Machine, rehearsal: Rehearsal) -> Act:
    """act where a Docker server answers, for workflows that call a released version."""
    return Act(docker_machine, rehearsal.tree)


@pytest.fixture
def github(cluster: Cluster, tmp_path: Path) -> Iterator[GitHub]:
    """A GitHub that takes everything which the real one would take."""
    with GitHub(cluster, tmp_path / "github.log") as server:
        yield server


@pytest.fixture
def users(world: World) -> Iterator[Users]:
    """Constant load on an open shop with v1."""
    open_shop(world)
    with Users(world) as load:
        yield load
