"""A namespace for each test of the cluster tier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.world import World


@pytest.fixture
def world(cluster: Cluster) -> Iterator[World]:
    """A fresh namespace."""
    made = World(cluster)
    yield made
    made.remove()
