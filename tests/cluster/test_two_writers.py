"""Several runs on one service: one changes things; one that was stopped and wakes up too late writes nothing."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.harness.shop import Users, blue, image, open_shop, selected, still, tag, written_since
from tests.cluster.harness.watch import Watch
from tests.cluster.harness.world import World
from tests.cluster.product import Pointsman, Running

LEASE = "pointsman-shop"
LONG_AGO = {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}


@contextmanager
def stopped(run: Running) -> Iterator[Running]:
    """The run is stopped meanwhile; it never outlives the test."""
    run.pause()
    try:
        yield run
    except BaseException:
        run.kill()
        raise


def fence(world: World) -> int:
    return int(world.get("lease", LEASE)["spec"]["leaseTransitions"])


def wait_for_phase(world: World, pointsman: Pointsman, phase: str) -> None:
    world.wait_until(lambda: ((pointsman.record().get("flight")) or {}).get("phase") == phase, f"it is {phase}")


@pytest.mark.parametrize("seed", [4, 40])
def test_T04_three_runs_at_random_offsets_switch_once(world: World, seed: int) -> None:
    """Whoever comes first releases; the others wait, look again, and change nothing."""
    open_shop(world)
    pointsman, chance = Pointsman(world), random.Random(seed)  # noqa: S311 - not for secrets
    offsets = sorted(chance.uniform(0, 4) for _ in range(3))
    print(f"seed {seed}: the runs start at {offsets}")
    began, runs = time.monotonic(), []
    with Users(world) as users, Watch(world, "services") as services:
        for offset in offsets:
            time.sleep(max(0.0, began + offset - time.monotonic()))
            runs.append(pointsman.start_switch("v2", lock_wait="120s"))
        ended = [run.finish() for run in runs]
        users.wait_for("v2")
        assert users.failures() == []
    assert sorted(run.outcome for run in ended) == ["switched", "unchanged", "unchanged"], [run.why for run in ended]
    selectors = [one.object["spec"]["selector"]["version"] for one in services.seen if one.name == "shop"]
    assert [new for old, new in itertools.pairwise(selectors) if old != new] == ["green"]
    winner = next(run for run in ended if run.outcome == "switched")
    assert winner.result["details"]["api_requests"] <= 35  # some 30, and what a slow minute adds: a renewal, a look


def test_a_run_stopped_past_its_lease_in_mid_preparation_wakes_up_and_writes_nothing(world: World) -> None:
    """The whole 60 seconds, by the clock of the run that waits: it undoes the stopped one and releases its own."""
    open_shop(world, blue(env={"READY_AFTER_S": "8"}))
    pointsman = Pointsman(world)
    with Users(world) as users:
        first = pointsman.start_switch("v2")
        wait_for_phase(world, pointsman, "preparing")
        with stopped(first):
            second = pointsman.switch("v3", lock_wait="120s").must_be(0, "switched")
            users.wait_for("v3")
            before = still(world)
            first.resume()
            late = first.finish().must_be(4, "failed")
        assert users.failures() == []
        assert users.versions() == {"v1", "v3"}
    assert written_since(world, before) == set()
    assert "lock" in late.why
    assert second.outcome == "switched"
    assert (selected(world), image(world, "shop-green"), fence(world)) == ("green", "v3", 2)


@pytest.mark.parametrize("phase", ["preparing", "shifted"])
def test_a_stopped_release_that_was_rolled_back_by_another_run_writes_nothing(world: World, phase: str) -> None:
    """An aged renewal stands for the long stop."""
    open_shop(world, blue(env={"READY_AFTER_S": "5"}))
    pointsman = Pointsman(world)
    with Users(world) as users:
        first = pointsman.start_switch("v2", bake="100s")
        wait_for_phase(world, pointsman, phase)
        with stopped(first):
            world.patch("lease", LEASE, LONG_AGO)
            pointsman.rollback().must_be(0, "rolled-back")
            before = still(world)
            first.resume()
            first.finish().must_be(4, "failed")
        users.wait_for("v1")
        assert users.failures() == []
    assert written_since(world, before) == set()
    assert (selected(world), world.exists("deployment", "shop-green")) == ("blue", False)


def test_a_release_whose_lock_somebody_deleted_stops_and_the_number_does_not_fall(world: World) -> None:
    """The watch tells the holder within seconds; the next run's number is above the one of the record."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        first = pointsman.start_switch("v2", bake="100s")
        wait_for_phase(world, pointsman, "shifted")
        users.wait_for("v2")
        world.delete("lease", LEASE)
        pointsman.rollback().must_be(0, "rolled-back")
        first.finish().must_be(4, "failed")
        users.wait_for("v1")
        assert users.failures() == []
    assert (selected(world), fence(world), pointsman.record()["fence"]) == ("blue", 2, 2)


def test_T04_a_newer_release_supersedes_the_older_one_in_its_bake(world: World) -> None:
    """The older one undoes itself completely and says by whom; the newer one follows; nobody notices."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users, Watch(world, "deployments") as deployments:
        older = pointsman.start_switch("v2", bake="120s")
        wait_for_phase(world, pointsman, "shifted")
        users.wait_for("v2")
        asked = time.monotonic()
        newer = pointsman.start_switch("v3", supersede="true")
        gone = older.finish(60.0).must_be(10, "rejected")
        assert time.monotonic() - asked < 40.0
        newer.finish().must_be(0, "switched")
        users.wait_for("v3")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2", "v3"}
    assert "superseded by " in gone.why
    assert {(one.name, tag(one.object)) for one in deployments.seen} == {
        ("shop-blue", "v1"),
        ("shop-green", "v2"),
        ("shop-green", "v3"),
    }
    assert (selected(world), image(world, "shop-green"), fence(world)) == ("green", "v3", 1)
