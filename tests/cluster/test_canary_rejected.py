"""Bad canaries that a real Prometheus tells from good ones; users are back on stable, and stable was never touched.

The judge takes its evidence in blocks of 5 and of 15 seconds, so a rejection takes most of a minute at any traffic.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.adapters.clock import epoch_of
from tests.cluster.canary_history import History
from tests.cluster.canary_shop import CANARY, STABLE, Shop, opened
from tests.cluster.harness.gateway import http_route
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.shop import image, replicas
from tests.cluster.harness.watch import Watch
from tests.cluster.harness.world import Object, World
from tests.cluster.product import Pointsman, Run


@pytest.fixture
def shop(world: World, prometheus: Prometheus) -> Iterator[Shop]:
    with opened(world) as made:
        yield made.judged_by(prometheus)


def assert_undone(shop: Shop, history: History, run: Run, serving: str = "v1") -> None:
    """Nothing but stable is left, it never had fewer pods or another image, and nobody was promoted."""
    assert history.broken() == []
    assert history.walked() == [0, 30, 0]
    assert history.ready[STABLE].fewest() == 2
    assert (image(shop.world, STABLE), replicas(shop.world, STABLE)) == (serving, 2)
    assert not shop.world.exists("deployment", CANARY)
    assert [name for name, _ in shop.backends()] == ["shop"]
    record = Pointsman(shop.world).record()
    assert (record["flight"], record["intent"], record["last"]["outcome"]) == (None, None, run.outcome)


def test_T40_five_percent_of_errors_beside_none_are_rolled_back(shop: Shop) -> None:
    with shop.users() as users, History(shop.world) as history:
        run = shop.canary("errors-5", weights="30").must_be(10, "rejected")
        counts = users.stop()
    assert run.outputs["verdict"] == "fail"
    assert "error-rate" in run.why
    assert set(counts.statuses) <= {"200", "500"}, counts.failures
    assert (counts.errors, all("from errors-5" in one for one in counts.failures)) == ({}, True), counts.failures
    assert_undone(shop, history, run)


def test_three_times_the_latency_is_rolled_back_and_no_request_fails(world: World, prometheus: Prometheus) -> None:
    with opened(world, "steady") as made:
        shop = made.judged_by(prometheus, rate=150, objective="p95 ok<300ms rollback>1.2s")
        with shop.users() as users, History(world) as history:
            run = shop.canary("threefold", weights="30").must_be(10, "rejected")
            counts = users.stop()
        assert (run.outputs["verdict"], counts.failed) == ("fail", 0), counts.failures
        assert "p95" in run.why
        assert_undone(shop, history, run, "steady")


def crash_of(pod: Object) -> float:
    """Seconds since 1970 from which its process may be dead; 0 when it has not crashed yet. Kubernetes keeps whole
    seconds."""
    states = [
        one.get(name, {})
        for one in pod.get("status", {}).get("containerStatuses", [])
        for name in ("state", "lastState")
    ]
    ended = [state["terminated"]["finishedAt"] for state in states if state.get("terminated", {}).get("finishedAt")]
    return min(map(epoch_of, ended), default=0.0)


def test_a_crash_at_thirty_percent_is_rolled_back_at_once(shop: Shop) -> None:
    world = shop.world
    with shop.users() as users, History(world) as history, Watch(world, "pods", "app=shop") as pods:
        run = shop.canary("late-crash", weights="30", bake="60s").must_be(10, "rejected")
        counts = users.stop()
    crashed = min(filter(None, (crash_of(one.object) for one in pods.seen)))
    assert [one for one in counts.failures if float(one.split()[0]) < crashed] == []
    assert "no ready instance" in run.why or "crash" in run.why.lower(), run.why
    assert history.walked() == [0, 30, 0]
    assert (image(shop.world, STABLE), shop.world.exists("deployment", CANARY)) == ("v1", False)


def test_T15_T29_a_canary_that_no_user_reaches_is_no_success(shop: Shop) -> None:
    """Users come by a route that knows nothing of the canary: stable counts requests, the canary none."""
    beside = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/beside"}}],
        "backendRefs": [{"name": "shop", "port": 80}],
    }
    shop.world.apply(http_route("beside", "public", beside))
    with shop.users("beside") as users, History(shop.world) as history:
        run = shop.canary("v2", weights="30", bake="5s", patience="5s").must_be(10, "rejected")
        counts = users.stop()
    assert run.outputs["verdict"] == "no-data"
    assert (counts.failed, set(counts.versions)) == (0, {"v1"}), counts.failures
    assert_undone(shop, history, run)
