"""canary-step through an HTTPRoute, with a real Traefik in front of real pods and users who come through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.canary_shop import CANARY, STABLE, Shop, opened
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    with opened(world) as made:
        yield made


def test_a_healthy_canary_is_promoted_and_the_route_is_as_the_user_wrote_it(shop: Shop) -> None:
    with shop.with_candidate_service().users() as users:
        shop.canary("v2", weights="30,100").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    assert image(shop.world, STABLE) == "v2"
    assert not shop.world.exists("deployment", CANARY)
    assert [name for name, _ in shop.backends()] == ["shop"]


def test_a_canary_in_flight_is_undone_by_a_rollback_that_is_told_nothing_of_the_route(shop: Shop) -> None:
    with shop.with_candidate_service().users() as users:
        run = shop.canary("v2", weight="30").must_be(0, "advanced")
        assert "accepted (level 1), not observed with requests" in run.check("30 % of the requests")["detail"]
        assert shop.backends() == [("shop", 70), (CANARY, 30)]
        shop.pointsman("rollback").rollback(reason="orders fail").must_be(0, "rolled-back")
        counts = users.stop()
    assert counts.failed == 0, counts.failures
    assert [name for name, _ in shop.backends()] == ["shop"]
    assert not shop.world.exists("deployment", CANARY)


def test_testers_alone_reach_the_candidate_at_weight_0(shop: Shop) -> None:
    run = shop.with_candidate_service().canary("v2", weight="0", match_header="canary=true").must_be(0, "advanced")
    assert run.outputs["weight"] == "0"
    assert shop.answered({"canary": "true"}) == {"v2"}
    assert shop.answered({"canary": "false"}) == shop.answered({}) == {"v1"}
    shop.pointsman("abort").run("abort", service="shop").must_be(0, "rolled-back")
    assert shop.answered({"canary": "true"}) == {"v1"}
    assert [name for name, _ in shop.backends()] == ["shop"]


def test_a_missing_service_of_the_candidate_is_refused_with_the_one_to_apply(shop: Shop) -> None:
    run = shop.canary("v2", weights="30").must_be(2, "failed")
    assert "there is no Service shop-canary" in run.why
    shop.world.kubectl("apply", "--filename=-", input=run.advice[run.advice.index("{") : run.advice.rindex("}") + 1])
    assert shop.world.selector(CANARY) == {"app": "shop", "track": "canary"}
