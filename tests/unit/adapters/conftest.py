"""A real HTTP server with the Kubernetes API's rules, reached through the real client."""

from __future__ import annotations

import time
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


class _UnhurriedClock(FakeClock):
    """A watch whose server has gone for good tries again for ever: not with all of the machine."""

    def pause(self, seconds: float) -> None:
        super().pause(seconds)
        time.sleep(0.05)


@pytest.fixture
def clock() -> FakeClock:
    return _UnhurriedClock()


@pytest.fixture
def api(kube: KubeServer, clock: FakeClock, tmp_path: Path) -> KubeApi:
    return KubeApi(connect(KubeSource(kube.kubeconfig(tmp_path))), "shop", clock)
