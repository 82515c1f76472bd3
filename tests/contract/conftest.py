"""What several suites share: one local service with both versions running behind Envoy, for the whole
session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.platform import down, up
from pointsman.adapters.local.service import Service
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from tests.cluster.harness.cluster import Cluster
from tests.contract.contour_shop import ContourShop, refuse_without_contour
from tests.contract.gateway_shop import GatewayShop, refuse_without_gateway
from tests.contract.ingress_shop import IngressShop
from tests.contract.istio_shop import IstioShop, refuse_without_istio
from tests.contract.kubernetes_shop import Shop
from tests.contract.local_service import BLUE, GREEN, described


@pytest.fixture(scope="package")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Folder, Service]]:
    folder, service = described(tmp_path_factory.mktemp("local"))
    clock = SystemClock()
    try:
        up(folder, clock)
        workload = LocalProcessWorkload(folder, service, clock)
        workload.deploy(BLUE, "shop:v1", 1)
        workload.deploy(GREEN, "shop:v2", 1)
        await_both(workload)
        yield folder, service
    finally:
        down(folder, clock)


@pytest.fixture(scope="package")
def kubernetes_shop(cluster: Cluster) -> Iterator[Shop]:
    shop = Shop(cluster)
    yield shop
    shop.close()


@pytest.fixture(scope="package")
def gateway_shop(cluster: Cluster) -> Iterator[GatewayShop]:
    refuse_without_gateway()
    shop = GatewayShop(cluster)
    yield shop
    shop.close()


@pytest.fixture(scope="package")
def contour_shop(cluster: Cluster) -> Iterator[ContourShop]:
    refuse_without_contour()
    shop = ContourShop(cluster)
    yield shop
    shop.close()


@pytest.fixture(scope="package")
def ingress_shop(cluster: Cluster) -> Iterator[IngressShop]:
    refuse_without_gateway()
    shop = IngressShop(cluster)
    yield shop
    shop.close()


@pytest.fixture(scope="package")
def istio_shop(cluster: Cluster) -> Iterator[IstioShop]:
    refuse_without_istio()
    shop = IstioShop(cluster)
    yield shop
    shop.close()


def await_both(workload: LocalProcessWorkload) -> None:
    for name in (BLUE, GREEN):
        for _ in range(120):
            state = workload.observe(name)
            if state is not None and state.rolled_out:
                break
            workload.wait(0.5)
        else:
            raise AssertionError(f"{name} does not come up: {workload.observe(name)}")
