"""A real HTTP server with the Kubernetes API's rules, reached through the real client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.testing import FakeClock
from tests.fakes.kube_server import KubeServer, serving


@pytest.fixture
def kube() -> Iterator[KubeServer]:
    with serving() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def api(kube: KubeServer, clock: FakeClock, tmp_path: Path) -> KubeApi:
    return KubeApi(connect(KubeSource(kube.kubeconfig(tmp_path))), "shop", clock)
