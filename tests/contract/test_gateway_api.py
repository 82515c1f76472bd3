"""What the Gateway API router promises beyond a router's contract: on a real API server, through a real Traefik and
through a real Contour with its Envoy. `test_contour.py` has what is Contour's alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pointsman.adapters.kube.access import Permission
from pointsman.adapters.routers.backends import ready_endpoints
from pointsman.adapters.routers.gateway_api import GRPC_ROUTE, HTTP_ROUTE, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_route import needs, opened
from pointsman.adapters.routers.gateway_api_status import accepted
from pointsman.adapters.routers.measured import MeasuredMatchingRouter
from pointsman.model.drift import Field
from pointsman.model.errors import ConflictError, InputError, NotPermitted, NotReady, RemoteError
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from tests.cluster.harness.gateway import Traefik, gateway, http_route
from tests.cluster.harness.world import Object
from tests.contract.contour_shop import contour_shop_of
from tests.contract.gateway_shop import BACKENDS, GatewayShop, gateway_shop_of, users_rules
from tests.contract.kubernetes_shop import Fence, api_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import api_as, users_part

HEADER = Match("alice", header="x-tester")
COOKIE = Match("yes", cookie="beta")
_SLOW_PORT = 8801


@pytest.fixture
def shop(gateway_shop: GatewayShop) -> GatewayShop:
    """The route is as the user wrote it."""
    gateway_shop.reset()
    return gateway_shop


@pytest.fixture(params=[gateway_shop_of, contour_shop_of], ids=["traefik", "contour"])
def each(request: pytest.FixtureRequest) -> GatewayShop:
    """The same behind each controller, for what one could make different."""
    shop: GatewayShop = request.param(request)
    shop.reset()
    return shop


def split(weight: int) -> Split:
    return Split(BLUE, GREEN, weight)


def test_T19_after_a_release_the_route_is_what_the_user_wrote(each: GatewayShop) -> None:
    before, router = users_part(each.route()), each.router(fence=2)
    router.match(HEADER)
    for weight in (10, 55, 100, 0):
        router.write(split(weight))
    router.match(COOKIE)
    router.withdraw()
    assert users_part(each.route()) == before


def test_T11_T19_a_router_that_measures_takes_its_own_away_as_well(each: GatewayShop) -> None:
    """As canary-step has it with --url: no delay inside, each weight met by requests."""
    before, router = users_part(each.route()), each.measured(fence=2, settle=0.0)
    for weight in (10, 0):
        router.write(split(weight))
        assert served(each, router, weight).level == 3
    router.withdraw()
    assert users_part(each.route()) == before


def test_T19_during_a_release_only_the_weighted_rule_has_changed(shop: GatewayShop) -> None:
    before = shop.route()["spec"]
    shop.router(fence=2).write(split(30))
    after = shop.route()["spec"]
    assert after["rules"][1:] == before["rules"][1:]
    changed = {key for key in after["rules"][0] if after["rules"][0][key] != before["rules"][0][key]}
    assert (changed, {**after, "rules": 0}) == ({"backendRefs"}, {**before, "rules": 0})


def test_T11_nothing_is_taken_away_while_somebody_is_served_by_it(shop: GatewayShop) -> None:
    router = shop.router(fence=2)
    router.write(split(30))
    with pytest.raises(InputError, match="still sends requests to green"):
        router.withdraw()
    assert router.read() == split(30)


def test_T21_a_run_after_a_killed_one_leaves_no_rule_of_either(shop: GatewayShop) -> None:
    killed = shop.router(fence=2)
    killed.match(HEADER)
    killed.write(split(30))
    second = shop.router(fence=3)
    second.stamp()
    second.match(COOKIE)
    names = [rule.get("name", "") for rule in shop.route()["spec"]["rules"]]
    assert names == ["pointsman-testers-0", "", "", ""]
    with pytest.raises(ConflictError):
        killed.write(split(50))
    second.write(split(0))
    second.withdraw()
    assert [rule.get("name", "") for rule in shop.route()["spec"]["rules"]] == ["", "", ""]


def test_T20_a_weight_edited_by_somebody_is_named_and_not_overwritten(shop: GatewayShop) -> None:
    router = shop.router(fence=2)
    router.write(split(10))
    path = "/spec/rules/0/backendRefs"
    shop.edit("night-shift", *({"op": "replace", "path": f"{path}/{at}/weight", "value": 50} for at in (0, 1)))
    with pytest.raises(ConflictError, match="night-shift"):
        router.write(split(20))
    assert router.read() == split(50)
    assert router.writer("", Field.ROUTE).manager == "night-shift"


def test_T22_a_manifest_applied_again_in_the_middle_is_seen_and_written_over_on_purpose_only(shop: GatewayShop) -> None:
    manifest = json.dumps(http_route("web", "public", *users_rules()))
    router = shop.router(fence=2)
    router.write(split(30))
    shop.world.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", input=manifest)
    with pytest.raises(ConflictError, match="kubectl"):
        router.write(split(40))
    assert router.read() == split(0)
    effect = router.settled(split(30))
    assert (effect.reached, effect.detail) == (False, f"the route sends 0 % to {GREEN}")
    router.write(split(40))
    assert router.read() == split(40)


@pytest.fixture
def without_candidate(each: GatewayShop) -> Iterator[GatewayShop]:
    """No pod of the candidate is left."""
    shop = each
    shop.world.kubectl("scale", f"deployment/{GREEN}", "--replicas=0")
    api = api_of(shop.world)
    shop.world.wait_until(lambda: ready_endpoints(api, BACKENDS, GREEN) == 0, "no endpoint is ready")
    yield shop
    shop.world.kubectl("scale", f"deployment/{GREEN}", "--replicas=2")
    shop.world.wait_ready(GREEN)


def test_T27_the_service_of_a_candidate_without_pods_gets_no_requests(without_candidate: GatewayShop) -> None:
    shop = without_candidate
    with pytest.raises(NotReady, match="no ready instance behind Service green"):
        shop.router(fence=2).write(split(50))
    assert ready_endpoints(api_of(shop.world), BACKENDS, BLUE) == 2
    assert {shop.answered_by() for _ in range(20)} == {BLUE}
    what_is_spared_to_users(shop)


def what_is_spared_to_users(shop: GatewayShop) -> None:
    """With half of the weight on a Service without endpoints half of the requests fail, and every condition is true."""
    halves(shop, "green")
    shop.world.wait_until(lambda: {shop.answered_by() for _ in range(10)} == {BLUE, "503"}, "half of them fail")
    assert accepted(shop.route()).reached


def halves(shop: GatewayShop, other: str, weight: int = 50) -> None:
    """Somebody gives blue and another Service this weight each."""
    refs = [{"name": name, "port": 80, "weight": weight} for name in ("blue", other)]
    shop.edit("night-shift", {"op": "replace", "path": "/spec/rules/0/backendRefs", "value": refs})


def test_a_service_that_went_missing_is_told_by_the_controller(each: GatewayShop) -> None:
    """It is only told: the object itself was accepted, and that share gets errors, or is stable's all along."""
    router = each.router(fence=2)
    halves(each, "gone")
    each.world.wait_until(lambda: told(router, 0).count("ResolvedRefs=False") == 1, "the controller says so")
    assert "gone" in told(router, 0)
    each.world.wait_until(lambda: {each.answered_by() for _ in range(40)} == each.manner.gone, "users meet it")


def told(router: GatewayApiRouter, weight: int) -> str:
    """Why the effect is not reached."""
    return router.settled(split(weight)).detail


def test_weights_of_0_and_0_are_an_error_for_everybody_and_accepted_all_the_same(each: GatewayShop) -> None:
    halves(each, "green", weight=0)
    each.world.wait_until(lambda: {each.answered_by() for _ in range(10)} == {each.manner.nobody}, "nobody is served")
    each.world.wait_until(lambda: accepted(each.route()).reached, "the controller is content")
    router = each.router(fence=2, undoing=True)
    with pytest.raises(InputError, match="gives neither version any weight"):
        router.read()
    router.write(split(0))
    each.world.wait_until(lambda: {each.answered_by() for _ in range(10)} == {BLUE}, "stable serves")


@pytest.fixture
def slow(shop: GatewayShop) -> Iterator[GatewayShop]:
    """The same shop also behind a Traefik that lets changes wait for two seconds, its own default."""
    with Traefik(shop.world, "slow", _SLOW_PORT) as traefik:
        shop.world.apply(gateway("slow", traefik.gateway_class, _SLOW_PORT), http_route("late", "slow", *users_rules()))
        shop.wait_serving(BLUE, port=_SLOW_PORT)
        yield shop
        shop.world.delete("httproute", "late")


def test_T02_a_current_status_does_not_mean_that_requests_follow(slow: GatewayShop) -> None:
    """Of two changes in a row Traefik says at once that it has accepted the second, and serves it two seconds later:
    level 1 says so, and level 3 waits for the requests."""
    router = slow.measured(fence=2, route="late", port=_SLOW_PORT, settle=0.0)
    router.write(split(100))
    served(slow, router, 100)
    router.write(split(0))
    began = slow.clock.seconds()
    while not accepted(slow.route("late")).reached:
        slow.clock.sleep(0.02)
    said = slow.clock.seconds() - began
    assert slow.answered_by(port=_SLOW_PORT) == GREEN
    effect = served(slow, router, 0)
    moved = slow.clock.seconds() - began
    print(f"accepted after {said:.2f} s, requests moved after {moved:.2f} s")
    assert (effect.level, said + 0.5 < moved) == (3, True)
    assert {slow.answered_by(port=_SLOW_PORT) for _ in range(20)} == {BLUE}


def served(slow: GatewayShop, router: MeasuredMatchingRouter, weight: int) -> Effect:
    """The effect once it is reached; until then requests have met something else."""
    for _ in range(400):
        if (effect := router.settled(split(weight))).reached:
            return effect
        slow.clock.sleep(0.02)
    raise AssertionError(effect)


def test_T02_without_requests_the_effect_is_level_one_after_a_delay_and_says_so(shop: GatewayShop) -> None:
    router = shop.router(fence=2, settle=3.0)
    router.write(split(100))
    began = shop.clock.seconds()
    while not (effect := router.settled(split(100))).reached:
        assert effect.level <= 1
        shop.clock.sleep(0.05)
    assert shop.clock.seconds() - began >= 3.0
    assert (effect.level, effect.detail.endswith("the effect was not observed with requests")) == (1, True)


def test_a_grpc_route_goes_the_same_way(shop: GatewayShop) -> None:
    """Its matches have no defaults, its rules no path: the API server takes what we write, and all is undone."""
    rule = {"matches": [{"method": {"service": "shop.Basket"}}], "backendRefs": [{"name": "blue", "port": 80}]}
    shop.world.apply(
        {**http_route("basket", "public", rule, {"backendRefs": rule["backendRefs"]}), "kind": "GRPCRoute"}
    )
    before, api = shop.world.get("grpcroute", "basket")["spec"], api_of(shop.world)
    router = opened(api, GRPC_ROUTE, "basket", BACKENDS, lambda _: 1, Fence(2), shop.clock)
    router.match(HEADER)
    router.write(split(30))
    rules = shop.world.get("grpcroute", "basket")["spec"]["rules"]
    assert [rule.get("name", "") for rule in rules] == ["pointsman-testers-0", "", "pointsman-testers-2", ""]
    assert (router.read(), router.matched()) == (split(30), HEADER)
    router.write(split(0))
    router.withdraw()
    assert shop.world.get("grpcroute", "basket")["spec"] == before


def rules_of(*permissions: Permission) -> list[Object]:
    return [{"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in permissions]


def test_the_documented_permissions_suffice_for_a_whole_release(shop: GatewayShop) -> None:
    router = shop.router(fence=2, api=api_as(shop, "route-releaser", *rules_of(*needs(HTTP_ROUTE))))
    router.stamp()
    router.match(HEADER)
    for weight in (30, 0):
        router.write(split(weight))
        assert not router.settled(split(weight)).reached
    router.withdraw()
    assert router.read() == split(0)


def test_T03_somebody_who_may_only_look_changes_nothing(shop: GatewayShop) -> None:
    looking = [Permission(one.group, one.resource, ("get", "list", "watch")) for one in needs(HTTP_ROUTE)]
    router, before = shop.router(fence=2, api=api_as(shop, "route-viewer", *rules_of(*looking))), shop.revision()
    with pytest.raises(NotPermitted, match="httproutes"):
        router.write(split(30))
    assert shop.revision() == before


def test_what_the_api_server_itself_refuses_is_told_in_its_words(shop: GatewayShop) -> None:
    """A name of 16 headers is more than a match may have: the CRD's own rule, not ours."""
    item = shop.route()
    item["spec"]["rules"][0]["matches"][0]["headers"] = [{"name": f"h{n}", "value": "v"} for n in range(16)]
    shop.world.kubectl("replace", "--filename=-", input=json.dumps(item))
    with pytest.raises(RemoteError, match=r"HTTPRoute web was refused: .*headers"):
        shop.router(fence=2).match(HEADER)
