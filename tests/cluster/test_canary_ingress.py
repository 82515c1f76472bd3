"""canary-step through a canary Ingress: real pods, users, and a real Traefik that runs the annotations of
ingress-nginx."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pointsman.entry.needs import CANARY_INGRESS
from tests.cluster.example import inputs_of
from tests.cluster.harness.cluster import address_of
from tests.cluster.harness.ingress import PREFIX, IngressTraefik, ingress
from tests.cluster.harness.load import Load
from tests.cluster.harness.shop import fingerprint, image, still
from tests.cluster.harness.world import Object, World, deployment, service
from tests.cluster.product import Pointsman, Run
from tests.cluster.test_permissions import documented
from tests.contract.gateway_shop import refuse_without_gateway

STABLE, CANARY = "shop", "shop-canary"
_PORT = 8851
_QUICK = {
    "workload": f"deployment/{STABLE}",
    "router": "ingress-nginx",
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
_VERBS = [verb for one in CANARY_INGRESS for verb in one.verbs]


def rules_for_ingresses(*verbs: str) -> list[Object]:
    return [{"apiGroups": [one.group], "resources": [one.resource], "verbs": list(verbs)} for one in CANARY_INGRESS]


@dataclass
class Shop:
    """Two pods of v1 behind Service shop, Service shop-canary beside it, and the user's Ingress to the first."""

    world: World
    url: str

    def canary(self, tag: str, **inputs: str) -> Run:
        """canary-step of a tag of the test app, with the documented Role and nothing else."""
        given = {**_QUICK, "image": f"localhost/app:{tag}", **inputs}
        return self.pointsman("canary-step").run("canary-step", service="shop", **given)

    def pointsman(self, step: str, name: str = "only", verbs: list[str] | None = None) -> Pointsman:
        """With the documented Role, or with less of it for Ingresses."""
        rules = rules_for_ingresses(*(_VERBS if verbs is None else verbs))
        return Pointsman(self.world, self.world.grant(f"{name}-{step}", *documented(step), *rules))

    def weight(self) -> str:
        """As the canary Ingress has it."""
        marks = self.world.get("ingress", "web-canary")["metadata"]["annotations"]
        return str(marks[f"{PREFIX}canary-weight"])

    def main(self) -> Object:
        """What the user wrote."""
        item = self.world.get("ingress", "web")
        return {"spec": item["spec"], "metadata": {**item["metadata"], "managedFields": None}}

    def ingresses(self) -> list[str]:
        return sorted(one["metadata"]["name"] for one in self.world.every("ingress"))

    def users(self) -> Load:
        """Constant load through the Ingress."""
        return Load(self.world.cluster, self.url, rate=60, seconds=150)


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    refuse_without_gateway()
    with IngressTraefik(world, "canary", _PORT, throttle="100ms") as traefik:
        world.apply(
            deployment(STABLE, "v1", labels={"app": "shop", "track": "stable"}),
            service("shop", {"app": "shop", "track": "stable"}),
            service(CANARY, {"app": "shop", "track": "canary"}),
            ingress("web", traefik.gateway_class, ("/", "shop")),
        )
        world.wait_ready(STABLE)
        opened = Shop(world, f"http://{address_of(world.cluster)}:{_PORT}/")
        with opened.users() as first:
            first.wait_for(lambda counts: counts.versions.get("v1", 0) >= 20, "v1 answers through the Ingress")
        yield opened


def test_T34_a_healthy_canary_is_promoted_and_nobody_meets_an_empty_stable_side(shop: Shop) -> None:
    before = shop.main()
    with shop.users() as users:
        shop.canary("v2", weights="30,100").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    assert image(shop.world, STABLE) == "v2"
    assert not shop.world.exists("deployment", CANARY)
    assert shop.ingresses() == ["web"]
    assert shop.main() == before


def test_the_example_workflow_asks_for_this_release(shop: Shop) -> None:
    """Planned only: the Traefik that stands in for ingress-nginx here has other counters than the preset reads."""
    mine = {"NAMESPACE": shop.world.namespace, "URL": shop.url, "IMAGE": "localhost/app:v2"}
    given = inputs_of("canary-ingress-nginx.yml", "canary", **mine)
    run = shop.pointsman("canary-step").run("canary-step", **given, dry_run="true").must_be(0, "planned")
    changed = {(one["what"], one["new"]) for one in run.result["changes"]}
    assert ("shop-canary", "localhost/app:v2") in changed
    assert shop.ingresses() == ["web"]


def test_a_bad_canary_is_rolled_back_under_load_and_its_ingress_is_gone(shop: Shop) -> None:
    with shop.users() as users:
        shop.canary("tiring", weights="30,100", bake="25s").must_be(10, "rejected")
        counts = users.stop()
    assert counts.failed == 0, counts.failures
    assert len(counts.versions) == 2, "users met the candidate before it turned bad"
    assert image(shop.world, STABLE) == "v1"
    assert not shop.world.exists("deployment", CANARY)
    assert shop.ingresses() == ["web"]


def test_a_canary_in_flight_is_undone_by_a_rollback_that_is_told_nothing_of_the_ingress(shop: Shop) -> None:
    with shop.users() as users:
        shop.canary("v2", weight="30").must_be(0, "advanced")
        assert shop.weight() == "30"
        assert "30 %" in shop.pointsman("status").run("status", service="shop").must_be(0, "known").stdout
        shop.pointsman("rollback").rollback(reason="orders fail").must_be(0, "rolled-back")
        counts = users.stop()
    assert counts.failed == 0, counts.failures
    assert shop.ingresses() == ["web"]
    assert not shop.world.exists("deployment", CANARY)


def test_T34_an_ingress_without_a_ready_endpoint_is_refused_before_the_first_write(shop: Shop) -> None:
    shop.world.kubectl("scale", "deployment", STABLE, "--replicas=0")
    shop.world.wait_until(lambda: not shop.world.every("pod"), "the pods of stable are gone")
    before = still(shop.world)
    run = shop.canary("v2", weights="30,100").must_be(2, "failed")
    assert "no ready endpoint" in run.why
    assert fingerprint(shop.world) == before


def test_T34_a_stable_that_is_replaced_all_at_once_is_refused_before_the_first_write(shop: Shop) -> None:
    shop.world.patch("deployment", STABLE, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}})
    before = still(shop.world)
    run = shop.canary("v2", weights="30,100").must_be(2, "failed")
    assert "Recreate" in run.why
    assert "maxUnavailable: 0" in run.advice
    assert fingerprint(shop.world) == before


@pytest.mark.parametrize("lacking", _VERBS)
def test_one_missing_verb_on_ingresses_is_named_before_the_first_write(shop: Shop, lacking: str) -> None:
    pointsman = shop.pointsman("canary-step", f"no-{lacking}", [verb for verb in _VERBS if verb != lacking])
    before = still(shop.world)
    run = pointsman.run("canary-step", service="shop", **_QUICK, weights="30", image="localhost/app:v2")
    assert f"{lacking} ingresses (networking.k8s.io)" in run.must_be(3, "failed").why
    assert fingerprint(shop.world) == before
