"""canary-step through an HTTPRoute, with a real Traefik in front of real pods and users who come through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.probers.http_url import ask
from pointsman.entry.needs import SPLIT_ROUTE
from tests.cluster.harness.gateway import Traefik, gateway, http_route, install_gateway_api
from tests.cluster.harness.load import Load
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World, deployment, service
from tests.cluster.product import Pointsman, Run
from tests.cluster.test_permissions import documented
from tests.contract.gateway_shop import address_of, refuse_without_gateway

STABLE, CANARY = "shop", "shop-canary"
_PORT = 8811
_QUICK = {
    "workload": f"deployment/{STABLE}",
    "router": "gateway-api",
    "route": "web",
    "metrics": "probes",
    "mode": "point",
    "objective": "error-rate ok<5% rollback>20%",
    "interval": "1s",
    "bake": "10s",
    "patience": "30s",
    "soak": "1s",
    "drain": "3s",
}


@dataclass
class Shop:
    """Two pods of v1 behind Service shop, Service shop-canary beside it, and the user's route to the first."""

    world: World
    url: str

    def canary(self, tag: str, **inputs: str) -> Run:
        """canary-step of a tag of the test app."""
        given = {**_QUICK, "image": f"localhost/app:{tag}", **inputs}
        return self.pointsman("canary-step").run("canary-step", service="shop", **given)

    def pointsman(self, step: str) -> Pointsman:
        """With the documented Role for a route and nothing else."""
        route = [
            {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in SPLIT_ROUTE
        ]
        return Pointsman(self.world, self.world.grant(f"only-{step}", *documented(step), *route))

    def backends(self) -> list[tuple[str, int]]:
        """(Service, weight) as the route has them."""
        rule = self.world.get("httproute", "web")["spec"]["rules"][0]
        return [(one["name"], one.get("weight", 1)) for one in rule["backendRefs"]]

    def answered(self, headers: dict[str, str]) -> set[str]:
        """The versions that twenty requests with these headers reach."""
        clock = SystemClock()
        return {ask(self.url, clock, 5.0, "X-Version", headers=headers).marker for _ in range(20)}

    def users(self) -> Load:
        """Constant load through the gateway."""
        return Load(self.world.cluster, self.url, rate=60, seconds=150)


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    refuse_without_gateway()
    install_gateway_api(world.cluster)
    with Traefik(world, "canary", _PORT, throttle="100ms") as traefik:
        rule = {"backendRefs": [{"name": "shop", "port": 80}]}
        world.apply(
            deployment(STABLE, "v1", labels={"app": "shop", "track": "stable"}),
            service("shop", {"app": "shop", "track": "stable"}),
            gateway("public", traefik.gateway_class, traefik.port),
            http_route("web", "public", rule),
        )
        world.wait_ready(STABLE)
        opened = Shop(world, f"http://{address_of(world.cluster)}:{_PORT}/")
        with opened.users() as first:
            first.wait_for(lambda counts: counts.versions.get("v1", 0) >= 20, "v1 answers through the route")
        yield opened


def with_candidate_service(shop: Shop) -> Shop:
    shop.world.apply(service(CANARY, {"app": "shop", "track": "canary"}))
    return shop


def test_a_healthy_canary_is_promoted_and_the_route_is_as_the_user_wrote_it(shop: Shop) -> None:
    with with_candidate_service(shop).users() as users:
        shop.canary("v2", weights="30,100").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    assert image(shop.world, STABLE) == "v2"
    assert not shop.world.exists("deployment", CANARY)
    assert [name for name, _ in shop.backends()] == ["shop"]


def test_a_canary_in_flight_is_undone_by_a_rollback_that_is_told_nothing_of_the_route(shop: Shop) -> None:
    with with_candidate_service(shop).users() as users:
        shop.canary("v2", weight="30").must_be(0, "advanced")
        assert shop.backends() == [("shop", 70), (CANARY, 30)]
        shop.pointsman("rollback").rollback(reason="orders fail").must_be(0, "rolled-back")
        counts = users.stop()
    assert counts.failed == 0, counts.failures
    assert [name for name, _ in shop.backends()] == ["shop"]
    assert not shop.world.exists("deployment", CANARY)


def test_testers_alone_reach_the_candidate_at_weight_0(shop: Shop) -> None:
    run = with_candidate_service(shop).canary("v2", weight="0", match_header="canary=true").must_be(0, "advanced")
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
