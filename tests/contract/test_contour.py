"""What the Gateway API router promises where Contour makes it hard: its Envoy learns of routes and of the Services
behind them by separate ways, and serves on when Contour itself is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api import HTTP_ROUTE
from pointsman.adapters.routers.gateway_api_route import opened
from pointsman.adapters.routers.gateway_api_status import accepted
from pointsman.model.split import Split
from tests.cluster.harness.counts import Counts
from tests.cluster.harness.gateway import http_route
from tests.cluster.harness.load import Load
from tests.cluster.harness.shop import GREEN as GREEN_PODS
from tests.cluster.harness.world import service
from tests.contract.contour_shop import ContourShop, contour_shop_of
from tests.contract.kubernetes_shop import Fence, api_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.test_gateway_api import served, split

_WALKS = 5
"""Of walks whose first weight came with the candidate's name, two in three met an error."""


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> ContourShop:
    """The route is as the user wrote it."""
    made = contour_shop_of(request)
    made.reset()
    return made


@pytest.fixture
def busy(shop: ContourShop) -> Iterator[Load]:
    """Users of a route of its own, whose candidate no other route names."""
    rule = {"matches": [{"path": {"type": "Exact", "value": "/new"}}], "backendRefs": [{"name": "blue", "port": 80}]}
    shop.world.apply(service("unheard-of", GREEN_PODS), http_route("new", "public", rule))
    with Load(shop.world.cluster, f"{shop.url}new", rate=250, seconds=120) as users:
        users.wait_for(lambda counts: counts.versions.get("v1", 0) >= 20, "v1 serves")
        yield users
    shop.world.delete("httproute", "new")


def test_T07_nobody_meets_an_error_when_a_candidate_gets_its_first_users(shop: ContourShop, busy: Load) -> None:
    """Named and given a share at once, Envoy answers 503 until it has heard of the candidate's Service."""
    backends = Backends(BLUE, GREEN, {BLUE: "blue", GREEN: "unheard-of"})
    router = opened(api_of(shop.world), HTTP_ROUTE, "new", backends, lambda _: 2, Fence(2), shop.clock, settle=0.0)
    for _ in range(_WALKS):
        before = busy.counts().versions.get("v2", 0)
        router.write(split(50))
        busy.wait_for(partial(has_more_than, before + 50), "the candidate serves")
        router.write(split(0))
        shop.world.wait_until(lambda: router.settled(split(0)).reached, "stable has all users")
        router.withdraw()
        shop.world.wait_until(lambda: accepted(shop.route("new")).reached, "the route is as it was")
    counts = busy.stop()
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures


def has_more_than(answers: int, counts: Counts) -> bool:
    """So many were given by the candidate."""
    return counts.versions.get("v2", 0) > answers


def test_T02_while_contour_stands_still_the_old_weights_go_on_and_nothing_is_called_settled(shop: ContourShop) -> None:
    router = shop.measured(fence=2, settle=0.0)
    router.write(split(100))
    served(shop, router, 100)
    with shop.contour.pausing("contour"):
        router.write(split(0))
        shop.clock.sleep(1.0)
        effect = router.settled(split(0))
        assert (effect.reached, effect.level) == (False, 0)
        assert "has not seen generation" in effect.detail
        assert {shop.answered_by() for _ in range(10)} == {GREEN}
    assert served(shop, router, 0).level == 3
    assert {shop.answered_by() for _ in range(10)} == {BLUE}


def test_a_rule_that_contour_drops_is_told_and_never_called_settled(shop: ContourShop) -> None:
    """Two rules with one match: Contour serves the first alone, and calls the route accepted."""
    router = shop.router(fence=2)
    twice = json.loads(json.dumps(shop.route()["spec"]["rules"][0]))
    shop.edit("night-shift", {"op": "add", "path": "/spec/rules/1", "value": twice})
    shop.world.wait_until(lambda: "PartiallyInvalid=True" in router.settled(split(0)).detail, "Contour says so")
    assert not router.settled(Split(BLUE, GREEN, 0)).reached
