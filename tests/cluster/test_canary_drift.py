"""Somebody applies the repository's own route while a canary has users on it: seen, named, and no request fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.canary_history import History
from tests.cluster.canary_shop import CANARY, STABLE, Shop, opened, users_route
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    with opened(world) as made:
        yield made.with_candidate_service()


def test_T20_T22_the_base_route_applied_again_in_the_middle_stops_the_run_which_then_goes_on(shop: Shop) -> None:
    with shop.users() as users, History(shop.world) as history:
        running = shop.start_canary("v2", weights="30", bake="100s")
        users.wait_for(lambda counts: counts.versions.get("v2", 0) >= 20, "v2 has users", timeout=60)
        shop.world.apply(users_route())
        run = running.finish().must_be(4, "failed")
        assert "of HTTPRoute web was changed by kubectl-client-side-apply from 30 % on shop-canary to shop" in run.why
        assert "--on-drift reassert" in run.advice
        assert shop.backends() == [("shop", 1)]
        assert shop.world.exists("deployment", CANARY)
        shop.canary("v2", weights="30", on_drift="reassert").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, history.broken()) == (0, []), counts.failures
    assert history.walked() == [0, 30, 0, 30, 100, 0]
    assert (image(shop.world, STABLE), Pointsman(shop.world).record()["flight"]) == ("v2", None)
