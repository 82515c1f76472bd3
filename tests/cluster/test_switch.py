"""blue-green-switch under constant load: every user is served, by enough pods, and nothing is left over."""

from __future__ import annotations

import pytest

from tests.cluster.harness.shop import (
    LOCK,
    Users,
    blue,
    green,
    image,
    open_shop,
    replicas,
    selected,
    still,
    written_since,
)
from tests.cluster.harness.watch import EndpointWatch, Watch
from tests.cluster.harness.world import World, autoscaler
from tests.cluster.product import Pointsman


def test_users_move_to_an_idle_colour_without_a_failed_request(world: World) -> None:
    """The idle colour gets the image and all users; the old colour stays as it was; the record says so."""
    open_shop(world, blue(), green())
    pointsman = Pointsman(world)
    with Users(world) as users:
        run = pointsman.switch("v2").must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert run.outputs["active"] == "shop-green"
    assert selected(world) == "green"
    assert (image(world, "shop-green"), image(world, "shop-blue")) == ("v2", "v1")
    assert (replicas(world, "shop-green"), replicas(world, "shop-blue")) == (2, 2)
    record = pointsman.record()
    assert record["flight"] is None
    assert record["intent"] is None
    assert record["last"]["outcome"] == "switched"
    assert record["serving"]["images"] == {"app": "localhost/app:v2"}
    assert record["history"][0]["images"] == {"app": "localhost/app:v1"}
    assert pointsman.holder() == ""


def test_the_same_command_a_second_time_changes_nothing(world: World) -> None:
    """Run twice, the second run is exit 0, `unchanged`, and writes neither Service, Deployments nor record."""
    open_shop(world)
    pointsman = Pointsman(world)
    pointsman.switch("v2").must_be(0, "switched")
    before = still(world)
    second = pointsman.switch("v2").must_be(0, "unchanged")
    assert second.result["changes"] == []
    assert written_since(world, before) <= LOCK
    assert selected(world) == "green"


@pytest.mark.parametrize(
    ("cleanup", "old_image", "old_replicas"), [("keep", "v1", 2), ("scale-down", "v1", 0), ("update", "v2", 2)]
)
def test_a_missing_idle_colour_is_created_and_the_old_one_ends_as_cleanup_says(
    world: World, cleanup: str, old_image: str, old_replicas: int
) -> None:
    """keep leaves the old colour, scale-down takes its pods, update puts the new image on it; users notice nothing."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        pointsman.switch("v2", cleanup=cleanup).must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert selected(world) == "green"
    assert (image(world, "shop-green"), replicas(world, "shop-green")) == ("v2", 2)
    assert (image(world, "shop-blue"), replicas(world, "shop-blue")) == (old_image, old_replicas)
    made = world.get("deployment", "shop-green")["spec"]["template"]["metadata"]["labels"]
    assert made["version"] == "green"
    assert pointsman.record()["last"]["outcome"] == "switched"


def test_quick_releases_one_after_the_other_lose_no_request(world: World) -> None:
    """v1, v2, v3, v4 within a minute: users pass through each, none fails, the history is complete."""
    open_shop(world)
    pointsman = Pointsman(world)
    with Users(world) as users:
        for version in ("v2", "v3", "v4"):
            pointsman.switch(version, bake="1s").must_be(0, "switched")
        users.wait_for("v4")
        assert users.failures() == []
        assert users.versions() == {"v1", "v2", "v3", "v4"}
    assert (selected(world), image(world, "shop-green"), image(world, "shop-blue")) == ("green", "v4", "v3")
    good = [one["images"]["app"] for one in pointsman.record()["history"]]
    assert good == ["localhost/app:v3", "localhost/app:v2", "localhost/app:v1"]


def test_T09_C1_C12_slow_pods_and_too_few_of_them_are_waited_for_before_users_come(world: World) -> None:
    """The Service never has fewer ready endpoints than users had before, though green is too small and slow."""
    open_shop(world, blue(replicas=3), green(replicas=1))
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        run = Pointsman(world).switch("slow").must_be(0, "switched")
        users.wait_for("slow")
        failures = users.failures()
    assert endpoints.fewest() >= 3
    assert failures == [], [run.result["timeline"], endpoints.ready()]
    assert replicas(world, "shop-green") == 3
    assert image(world, "shop-green") == "slow"


def test_T09_a_colour_scaled_to_nothing_gets_its_capacity_before_users(world: World) -> None:
    """An idle colour with 0 replicas is never selected as it is."""
    open_shop(world, blue(), green("v2", replicas=0))
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        Pointsman(world).switch().must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert endpoints.fewest() >= 2
    assert replicas(world, "shop-green") == 2


def test_T01_C2_old_pods_stay_until_requests_were_seen_to_reach_the_new_ones(world: World) -> None:
    """With an address to ask, the switch is proven by requests (level 3), and only then old pods go."""
    open_shop(world)
    with Users(world) as users, Watch(world, "pods", "version=blue") as old:
        seen_from = {"url": world.url("shop"), "version_header": "X-Version"}
        run = Pointsman(world).switch("v2", cleanup="scale-down", **seen_from).must_be(0, "switched")
        world.wait_until(lambda: any(_going(one.object) for one in old.seen), "the old pods are told to go")
        assert users.failures() == []
        left_at = users.fresh.stop().last_answer["v1"]
    evidence = run.check("requests reach shop-green")
    assert evidence["verdict"] == "pass"
    assert evidence["detail"].startswith("observed: all of 60 fresh requests were answered by v2")
    assert min(one.at for one in old.seen if _going(one.object)) > left_at
    assert replicas(world, "shop-blue") == 0


def _going(pod: dict[str, dict[str, object]]) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def test_the_new_colour_gets_what_an_autoscaler_gave_the_old_one(world: World) -> None:
    """An autoscaler raised blue to 4 where its manifest says 2: green has 4 before users come."""
    world.apply(autoscaler("shop", "shop-blue", least=4, most=6))
    open_shop(world, blue(), green())
    world.wait_until(lambda: replicas(world, "shop-blue") == 4, "the autoscaler has raised blue")
    world.wait_ready("shop-blue")
    world.wait_until(lambda: len(_endpoints(world)) == 4, "four endpoints")
    with Users(world) as users, EndpointWatch(world, "shop") as endpoints:
        Pointsman(world).switch("v2").must_be(0, "switched")
        users.wait_for("v2")
        assert users.failures() == []
    assert endpoints.fewest() >= 4
    assert replicas(world, "shop-green") == 4


def _endpoints(world: World) -> list[object]:
    slices = world.every("endpointslices", {"kubernetes.io/service-name": "shop"})
    return [endpoint for each in slices for endpoint in each.get("endpoints") or []]
