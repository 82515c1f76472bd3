"""canary-step that meets each weight with requests of its own, behind a Traefik that says "accepted" too early."""

from __future__ import annotations

from tests.cluster.canary_shop import CANARY, STABLE, Shop, opened
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman


def observed(shop: Shop) -> Shop:
    """It looks at each split from where users are."""
    shop.inputs |= {"url": shop.url, "version-header": "X-Version"}
    return shop.with_candidate_service()


def test_T02_each_weight_counts_only_once_requests_meet_it(world: World) -> None:
    """Traefik with its own two seconds: the way there, the whole way, and the way home on the promoted image."""
    with opened(world, throttle="2s") as shop, observed(shop).users() as users:
        run = shop.canary("v2", weights="30,100").must_be(0, "promoted")
        counts = users.stop()
    part, whole = (run.check(f"{weight} % of the requests")["detail"] for weight in (30, 100))
    assert part.startswith("observed: "), part
    assert part.endswith("fit 30 %"), part
    assert whole.startswith("observed: "), whole
    assert whole.endswith("fresh requests were answered by v2"), whole
    assert "cannot be told apart" in run.check("0 % of the requests")["detail"]
    assert counts.failed == 0, counts.failures
    assert (image(world, STABLE), world.exists("deployment", CANARY)) == ("v2", False)


def test_T02_a_weight_that_is_accepted_and_never_served_is_undone_in_time(world: World) -> None:
    """A Traefik that lets changes wait for minutes has every condition true, and no request follows."""
    with opened(world, throttle="300s") as shop, observed(shop).users() as users:
        run = shop.canary("v2", weights="30", timeout="15s").must_be(10, "rejected")
        counts = users.stop()
    assert "30 % did not take effect in time: 0 of" in run.why
    assert (counts.failed, set(counts.versions)) == (0, {"v1"}), counts.failures
    assert Pointsman(world).record()["flight"] is None
    assert not world.exists("deployment", CANARY)
