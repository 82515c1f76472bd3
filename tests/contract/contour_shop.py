"""The shop behind a Gateway that Contour serves: the same HTTPRoute, real requests through a real Envoy."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from tests.cluster.harness.binaries import MissingToolError, program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.contour import Contour, install_contour
from tests.cluster.harness.envoy import envoy_program
from tests.cluster.harness.gateway import install_gateway_api
from tests.cluster.harness.modules import CONTOUR_FILES, GATEWAY_API, folder_of
from tests.cluster.harness.world import service
from tests.contract.gateway_shop import GatewayShop, Manner
from tests.contract.local_service import BLUE

_PORT = 8860


class ContourShop(GatewayShop):
    """Behind Contour and Envoy, which take changes in after 0.1 s at most."""

    manner = Manner(nobody="500", gone=frozenset({BLUE}))

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, _PORT)

    def serve(self, ending: ExitStack) -> None:
        """Through Contour and Envoy."""
        install_gateway_api(self.world.cluster)
        install_contour(self.world.cluster)
        self.contour = ending.enter_context(Contour(self.world, "public", self.port))
        self.world.apply(service("other", {"app": "other"}))


def contour_shop_of(request: pytest.FixtureRequest) -> ContourShop:
    """The session's shop behind Contour; see the fixture `contour_shop`."""
    shop: ContourShop = request.getfixturevalue("contour_shop")
    return shop


def refuse_without_contour() -> None:
    """Under CI a machine without Contour, what it watches, or Envoy is a failure, elsewhere a skip."""
    try:
        program("contour")
        for files in (GATEWAY_API, CONTOUR_FILES):
            folder_of(files)
        envoy_program()
    except MissingToolError as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))
