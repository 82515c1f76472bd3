"""One stage for all matrices, and what an undisturbed run of each scenario does, learned once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest

from tests.cluster.conftest import world
from tests.cluster.harness.cluster import Cluster
from tests.crash.matrix import Learned, learned
from tests.crash.scenarios import Scenario
from tests.crash.stage import Stage, staged

__all__ = ["world"]
LearnedOf = Callable[[Scenario], Learned]


@pytest.fixture(scope="module")
def yielding(bare_cluster: Cluster) -> Iterator[None]:
    """Where tests run side by side, the matrices (and their cluster) leave the others what these need."""
    with bare_cluster.yielding() if os.environ.get("PYTEST_XDIST_WORKER") else nullcontext():
        yield


@pytest.fixture(scope="session")
def stage(bare_cluster: Cluster) -> Iterator[Stage]:
    """API server, played node and proxy."""
    with staged(bare_cluster) as made:
        yield made


@pytest.fixture(scope="session")
def learned_of(stage: Stage) -> LearnedOf:
    """What an undisturbed run of a scenario does."""
    known: dict[str, Learned] = {}

    def of(scenario: Scenario) -> Learned:
        if scenario.name not in known:
            known[scenario.name] = learned(stage, scenario)
        return known[scenario.name]

    return of


@pytest.fixture(scope="session")
def running_stage(stage: Stage, bare_cluster: Cluster) -> dict[str, str]:
    """Variables for another process that uses the same stage."""
    del stage
    known = {"POINTSMAN_TEST_KUBECONFIG": str(bare_cluster.kubeconfig), "POINTSMAN_TEST_PLAYED": "1"}
    return {**os.environ, **known}
