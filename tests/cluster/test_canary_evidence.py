"""canary-step on evidence: a real Prometheus that scrapes a real Traefik, under constant load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.canary_history import History
from tests.cluster.canary_shop import CANARY, STABLE, Shop, opened
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.shop import image
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman, Run


@pytest.fixture
def shop(world: World, prometheus: Prometheus) -> Iterator[Shop]:
    with opened(world) as made:
        yield made.judged_by(prometheus)


def verdicts(run: Run) -> list[tuple[int, str]]:
    """(weight, verdict) on which each weight was left upwards."""
    return [(one["weight"], one["verdict"]) for one in run.result["details"]["weights"]]


def test_T25_a_healthy_canary_is_promoted_on_proof_and_no_request_fails(shop: Shop) -> None:
    with shop.users() as users, History(shop.world) as history:
        run = shop.canary("v2", weights="50").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, set(counts.versions)) == (0, {"v1", "v2"}), counts.failures
    assert history.broken() == []
    assert history.walked() == [0, 50, 100, 0]
    assert verdicts(run) == [(50, "pass")]
    assert run.outputs["verdict"] == "pass"
    assert (image(shop.world, STABLE), shop.world.exists("deployment", CANARY)) == ("v2", False)


def test_C17_a_source_that_dies_in_the_middle_blames_nobody_and_the_same_command_goes_on(
    shop: Shop, prometheus: Prometheus
) -> None:
    with shop.users() as users, History(shop.world) as history:
        running = shop.start_canary("v2", weights="50", patience="8s", bake="8s")
        users.wait_for(lambda counts: counts.versions.get("v2", 0) >= 100, "v2 has users", timeout=60)
        prometheus.kill()
        held = running.finish().must_be(11, "held")
        assert held.outputs["verdict"] == "source-down"
        assert history.walked() == [0, 50]
        begun = Pointsman(shop.world).record()["flight"]
        prometheus.start()
        run = shop.canary("v2", weights="50").must_be(0, "promoted")
        counts = users.stop()
    assert (counts.failed, history.broken()) == (0, []), counts.failures
    assert history.walked() == [0, 50, 100, 0]
    assert run.outputs["verdict"] == "pass"
    assert begun["release"] == Pointsman(shop.world).record()["last"]["release"]
