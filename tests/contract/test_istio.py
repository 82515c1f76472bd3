"""What the Istio router promises beyond a router's contract: on a real API server, through a real istiod and Envoy."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pointsman.adapters.routers.istio_route import needs
from pointsman.adapters.routers.istio_status import speaks
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.model.errors import ConflictError, InputError, NotPermitted
from pointsman.model.split import Match, Split
from tests.cluster.harness.istio import virtual_service
from tests.cluster.harness.world import Object
from tests.contract.istio_shop import IstioShop, Style, istio_shop_of, users_http
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import api_as, users_part

HEADER = Match("alice", header="X-Tester")
COOKIE = Match("yes", cookie="beta")


@pytest.fixture(params=list(Style), ids=lambda style: style.value)
def shop(request: pytest.FixtureRequest) -> IstioShop:
    """The VirtualService is as the user wrote it, in each style."""
    return istio_shop_of(request, request.param)


@pytest.fixture
def hosts(request: pytest.FixtureRequest) -> IstioShop:
    """With a Service for each version."""
    return istio_shop_of(request, Style.HOSTS)


@pytest.fixture
def subsets(request: pytest.FixtureRequest) -> IstioShop:
    """With two subsets of one Service."""
    return istio_shop_of(request, Style.SUBSETS)


def split(weight: int) -> Split:
    return Split(BLUE, GREEN, weight)


def test_T19_after_a_release_the_virtual_service_is_what_the_user_wrote(shop: IstioShop) -> None:
    before, router = users_part(shop.route()), shop.router(fence=2)
    router.match(HEADER)
    for weight in (10, 55, 100, 0):
        router.write(split(weight))
    router.match(COOKIE)
    router.withdraw()
    assert users_part(shop.route()) == before


def test_T19_during_a_release_only_the_weighted_http_route_has_changed(shop: IstioShop) -> None:
    before = shop.route()["spec"]
    shop.router(fence=2).write(split(30))
    after = shop.route()["spec"]
    assert after["http"][:2] == before["http"][:2]
    main, was = after["http"][2], before["http"][2]
    assert {**main, "route": 0} == {**was, "route": 0}
    assert [one["weight"] for one in main["route"]] == [70, 30]
    assert {**after, "http": 0} == {**before, "http": 0}


def test_T11_nothing_is_taken_away_while_somebody_is_served_by_it(shop: IstioShop) -> None:
    router = shop.router(fence=2)
    router.write(split(30))
    with pytest.raises(InputError, match="still sends requests to"):
        router.withdraw()
    assert router.read() == split(30)


def test_T20_a_weight_edited_by_somebody_is_named_and_not_overwritten(hosts: IstioShop) -> None:
    router = hosts.router(fence=2)
    router.write(split(10))
    path = "/spec/http/2/route"
    hosts.edit("night-shift", *({"op": "replace", "path": f"{path}/{at}/weight", "value": 50} for at in (0, 1)))
    with pytest.raises(ConflictError, match="night-shift"):
        router.write(split(20))
    assert router.read() == split(50)


def test_T22_a_manifest_applied_again_in_the_middle_is_seen_and_written_over_on_purpose_only(hosts: IstioShop) -> None:
    manifest = json.dumps(virtual_service("web", "public", *users_http(Style.HOSTS)))
    router = hosts.router(fence=2)
    router.write(split(30))
    hosts.world.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", input=manifest)
    with pytest.raises(ConflictError, match="kubectl"):
        router.write(split(40))
    assert router.read() == split(0)
    router.write(split(40))
    assert router.read() == split(40)


def test_T02_weights_that_envoy_refuses_leave_the_old_ones_serving_and_are_never_called_settled(
    hosts: IstioShop,
) -> None:
    """The API server takes 0 and 0, Envoy refuses it in silence, and all requests go where they went before."""
    router = hosts.measured(fence=2)
    router.write(split(100))
    settle(hosts, router, split(100))
    refused = hosts.istio.rejected()
    zeros = ({"op": "replace", "path": f"/spec/http/2/route/{at}/weight", "value": 0} for at in (0, 1))
    hosts.edit("night-shift", *zeros)
    hosts.world.wait_until(lambda: hosts.istio.rejected() > refused, "Envoy refuses it")
    assert {hosts.answered_by() for _ in range(20)} == {GREEN}
    assert not speaks(hosts.route())
    assert not router.settled(split(0)).reached
    with pytest.raises(InputError, match="which Envoy refuses"):
        router.read()
    router.write(split(0))
    settle(hosts, router, split(0))
    assert {hosts.answered_by() for _ in range(20)} == {BLUE}


def settle(shop: IstioShop, router: MeasuredMatchingRouter, wanted: Split) -> None:
    """Look until `wanted` is met by requests."""
    for _ in range(200):
        if router.settled(wanted).reached:
            return
        shop.clock.sleep(0.1)
    raise AssertionError(router.settled(wanted))


@pytest.fixture
def without_subset(subsets: IstioShop) -> Iterator[IstioShop]:
    """The DestinationRule has no subset for the candidate."""
    rule = subsets.world.get("destinationrule", "all")["spec"]["subsets"]
    subsets.world.patch("destinationrule", "all", {"spec": {"subsets": rule[:1]}})
    yield subsets
    subsets.world.patch("destinationrule", "all", {"spec": {"subsets": rule}})


def test_a_subset_that_no_destination_rule_has_is_refused_since_its_share_would_fail(
    without_subset: IstioShop,
) -> None:
    shop = without_subset
    with pytest.raises(InputError, match="has the candidate's subset green"):
        shop.router(fence=2)
    both: list[Object] = [{"destination": {"host": "all", "subset": name}, "weight": 50} for name in ("blue", "green")]
    shop.edit("night-shift", {"op": "replace", "path": "/spec/http/2/route", "value": both})
    shop.world.wait_until(lambda: {shop.answered_by() for _ in range(10)} == {BLUE, "503"}, "half of them fail")


def test_the_documented_permissions_suffice_for_a_whole_release(shop: IstioShop) -> None:
    rules: list[Object] = [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in needs()
    ]
    router = shop.router(fence=2, api=api_as(shop, "vs-releaser", *rules))
    router.stamp()
    router.match(HEADER)
    for weight in (30, 0):
        router.write(split(weight))
    router.withdraw()
    assert router.read() == split(0)


def test_T03_somebody_who_may_only_look_changes_nothing(hosts: IstioShop) -> None:
    rules: list[Object] = [
        {"apiGroups": [one.group], "resources": [one.resource], "verbs": ["get", "list", "watch"]} for one in needs()
    ]
    router, before = hosts.router(fence=2, api=api_as(hosts, "vs-viewer", *rules)), hosts.revision()
    with pytest.raises(NotPermitted, match="virtualservices"):
        router.write(split(30))
    assert hosts.revision() == before
