"""The example of a canary through an HTTPRoute, rehearsed with act: a real Traefik, a real Prometheus, users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.act import Act, Rehearsal
from tests.actions.consumer import consumer
from tests.actions.github import TOKEN, GitHub
from tests.cluster.canary_shop import CANARY, METRICS_PORT, STABLE, Shop, opened
from tests.cluster.harness import binaries
from tests.cluster.harness.cluster import Cluster, address_of
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman
from tests.images.base import ROOT
from tests.metrics.servers import found_or_skip

EXAMPLE = (ROOT / "examples/github/canary-gateway-api.yml").read_text("utf-8")
PROMETHEUS_PORT = 8814  # the cluster tests have one of their own
QUICK = {"WEIGHTS": "30,50", "BAKE": "2s", "INTERVAL": "1s", "WARM_UP": "1s"}


@pytest.fixture
def prometheus(cluster: Cluster) -> Iterator[Prometheus]:
    found_or_skip(lambda: binaries.program("prometheus"))
    with Prometheus(cluster, address_of(cluster), PROMETHEUS_PORT, {METRICS_PORT: "/metrics"}) as made:
        yield made


@pytest.fixture
def shop(world: World, prometheus: Prometheus) -> Iterator[Shop]:
    with opened(world) as made:
        yield made.judged_by(prometheus)


def rehearse(act: Act, shop: Shop, github: GitHub, place: Path, **inputs: str) -> Rehearsal:
    """The example at a pace for tests."""
    addresses = {"URL": shop.url, "PROMETHEUS_URL": shop.inputs["prometheus-url"]}
    variables = {**github.variables, **QUICK, **addresses, "NAMESPACE": shop.world.namespace}
    given = {"image": "localhost/app:v2", **inputs}
    return act.run(consumer(place / "shop", EXAMPLE), inputs=given, variables=variables, token=TOKEN)


def assert_nothing_left(shop: Shop) -> None:
    """The route is as the user wrote it, and the record has nothing open."""
    assert [name for name, _ in shop.backends()] == ["shop"]
    assert not shop.world.exists("deployment", CANARY)
    record = Pointsman(shop.world).record()
    assert (record["flight"], record["intent"]) == (None, None)


def test_the_example_walks_the_weights_on_proof_and_no_request_fails(
    act: Act, shop: Shop, github: GitHub, tmp_path: Path
) -> None:
    """Each weight is met by requests; the job's summary draws the walk."""
    with shop.users() as users:
        run = rehearse(act, shop, github, tmp_path)
        counts = users.stop()
    assert run.jobs["release"] == "success", run.log
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    step = run.step("canary")
    assert (step.outputs["outcome"], step.outputs["verdict"]) == ("promoted", "pass")
    assert step.summary.startswith("## ✅ Promoted: shop")
    assert "```mermaid" in step.summary
    for weight in (30, 50):  # later both run one image, and no answer tells them apart
        assert f"| {weight} % of the requests reach {CANARY} | ✅ pass | observed: " in step.summary
    assert image(shop.world, STABLE) == "v2"
    assert_nothing_left(shop)
    assert github.states("canary-step") == ["pending", "success"]


def test_the_choice_abort_gives_up_the_canary_in_flight_and_no_request_fails(
    act: Act, shop: Shop, github: GitHub, tmp_path: Path
) -> None:
    """Users are back on the version that served; no release is begun."""
    with shop.users() as users:
        shop.canary("v2", weight="50").must_be(0, "advanced")
        assert shop.backends() == [("shop", 50), (CANARY, 50)]
        run = rehearse(act, shop, github, tmp_path, action="abort")
        counts = users.stop()
    assert run.jobs["abort"] == "success", run.log
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    assert run.step("canary").outputs == {}
    assert run.step("abort").outputs["outcome"] == "rolled-back"
    assert run.step("abort").summary.startswith("## ⏪ Rolled back: shop")
    assert image(shop.world, STABLE) == "v1"
    assert_nothing_left(shop)
