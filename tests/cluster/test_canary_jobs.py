"""One canary walked by several jobs, some of which die: the judge goes on with what the ones before have heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.canary_history import History
from tests.cluster.canary_shop import Shop, opened
from tests.cluster.harness.prometheus import Prometheus
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman, Running

LONG_AGO = "2020-01-01T00:00:00.000000Z"


@pytest.fixture
def shop(world: World, prometheus: Prometheus) -> Iterator[Shop]:
    with opened(world) as made:
        yield made.judged_by(prometheus)


@dataclass(frozen=True)
class Heard:
    """What the record keeps of a hearing: seconds since the candidate's first request, over the whole release; the
    weight, and the candidate's requests counted at it; and which release that is."""

    release: str
    weight: int
    age: float
    requests: int


def heard(world: World) -> Heard:
    flight: dict[str, Any] = Pointsman(world).record()["flight"]
    hearing: dict[str, Any] = json.loads(flight["judge"] or "{}")
    trial = hearing.get("trial", {"age": 0.0, "cases": [{"ok": {"candidate": 0}}]})
    counted = trial["cases"][0]["ok"]["candidate"]
    return Heard(flight["release"], hearing.get("weight", 0), trial["age"], counted)


def kill(world: World, running: Running) -> None:
    """The machine is gone, and so long that nobody waits for its lock."""
    running.kill()
    world.patch("lease", "pointsman-shop", {"spec": {"renewTime": LONG_AGO}})


def test_T46_jobs_that_follow_each_other_and_die_are_one_hearing(shop: Shop, tmp_path: Path) -> None:
    """The first job leaves at 10 %, the second dies as 40 % is written, the third in its bake; the fourth goes on."""
    world = shop.world
    with shop.users() as users, History(world) as history:
        hasty = {"bake": "6s", "patience": "0s", "on_inconclusive": "promote"}
        shop.canary("v2", weight="10", **hasty).must_be(0, "advanced")
        first = heard(world)
        assert (first.weight, first.age > 0, first.requests > 0) == (10, True, True)

        running = shop.start_canary("v2", weight="40", bake="200s")
        world.wait_until(lambda: ("shop-canary", 40) in shop.backends(), "40 % is written", timeout=40)
        kill(world, running)
        assert heard(world) == first

        running = shop.start_canary("v2", weight="40", bake="200s")
        world.wait_until(lambda: heard(world).weight == 40, "the third job wrote down what it heard", timeout=90)
        kill(world, running)
        third = heard(world)
        assert (third.release, third.age > first.age, third.requests > 0) == (first.release, True, True)

        shop.canary("v2", weight="40", report_dir=str(tmp_path)).must_be(0, "advanced")
        fourth, evidence = heard(world), json.loads((tmp_path / "evidence.json").read_text())
        counts = users.stop()
    assert (fourth.release, fourth.weight) == (first.release, 40)
    assert fourth.age > third.age
    assert fourth.requests > third.requests
    assert evidence["evidence"]["objectives"][0]["candidate"]["requests"] == fourth.requests
    assert [one["weight"] for one in Pointsman(world).record()["flight"]["reached"]] == [10, 40]
    assert (counts.failed, history.broken(), history.walked()) == (0, [], [0, 10, 40]), counts.failures
