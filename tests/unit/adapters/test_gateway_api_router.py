"""The Gateway API router against a server with the API's rules: refusals, faults, drift, the delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.gateway_api import GRPC_ROUTE, HTTP_ROUTE, GatewayApiRouter
from pointsman.adapters.routers.gateway_api_route import needs, opened
from pointsman.adapters.routers.route_router import KNOWN_SECONDS
from pointsman.adapters.routers.settling import SETTLE_SECONDS
from pointsman.model.drift import Field
from pointsman.model.errors import ConflictError, InputError, LockLost, NotReady, RemoteError, Unreachable
from pointsman.model.split import Match, Split
from pointsman.testing import FakeClock
from tests.contract.kubernetes_shop import Fence
from tests.fakes.kube_server import Fault, KubeServer
from tests.unit.adapters.routes import BACKENDS, both, ref, route, rule, words

Json = dict[str, Any]
ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes"
SERVICES = "/api/v1/namespaces/shop/services"
RULES_OF = {"fieldsV1": {"f:spec": {"f:rules": {}}}}
HEADER = Match("alice", header="x-tester")


def split(weight: int) -> Split:
    return Split("shop-blue", "shop-green", weight)


@dataclass
class Site:
    """A route and its Services on a server of our own; `ready` says how many endpoints a version has."""

    kube: KubeServer
    api: KubeApi
    clock: FakeClock
    ready: dict[str, int] = field(default_factory=lambda: {"shop-blue": 2, "shop-green": 2})

    def put(self, item: Json) -> None:
        self.kube.objects.put(f"{ROUTES}/web", item)

    def now(self) -> Json:
        return self.kube.objects.get(f"{ROUTES}/web")

    def open(self, fence: int = 1, backends: Backends = BACKENDS, name: str = "web", **more: Any) -> GatewayApiRouter:
        made = (self.api, HTTP_ROUTE, name, backends, lambda version: self.ready[version], Fence(fence), self.clock)
        return opened(*made, **more)

    def edit(self, by: str, *rules: Json) -> None:
        """What somebody else writes."""
        item = self.now()
        item["spec"]["rules"] = list(rules)
        item["metadata"]["managedFields"] = [{"manager": by, "time": "2026-01-01T00:00:00Z", **RULES_OF}]
        self.put(item)

    def weights(self) -> list[int]:
        return [one["weight"] for one in self.now()["spec"]["rules"][-1]["backendRefs"]]

    def writes(self) -> int:
        return sum(method not in ("GET",) for method, _ in self.kube.asked)


@pytest.fixture
def site(kube: KubeServer, api: KubeApi, clock: FakeClock) -> Site:
    made = Site(kube, api, clock)
    for name in ("blue", "green", "other"):
        ports = [{"port": 80}] if name != "other" else []
        kube.objects.put(f"{SERVICES}/{name}", {"metadata": {"name": name}, "spec": {"ports": ports}})
    made.put(route(both(100, 0), status=[words()]))
    return made


@pytest.mark.parametrize(
    ("item", "backends", "words"),
    [
        pytest.param(route(rule(ref("other"))), BACKENDS, "no rule of HTTPRoute web has Service blue", id="no rule"),
        pytest.param(route(both(1, 0), parents=[]), BACKENDS, "no parentRefs", id="attached to nothing"),
        pytest.param(
            route(both(1, 0)),
            Backends("a", "b", {"a": "blue", "b": "red"}),
            "no Service red for b",
            id="a Service is missing",
        ),
        pytest.param(
            route(rule(ref("blue", 1), ref("green", 0, port=81))),
            BACKENDS,
            "Service green has no port 81, to which rule 0 of HTTPRoute web",
            id="a port is missing",
        ),
        pytest.param(
            route(rule(ref("blue", 1))),
            Backends("a", "b", {"a": "blue", "b": "other"}),
            "Service other has no port 80",
            id="a port that the candidate's Service would need is missing",
        ),
    ],
)
def test_what_would_break_is_refused_before_the_first_write(
    site: Site, item: Json, backends: Backends, words: str
) -> None:
    site.put(item)
    with pytest.raises(InputError, match=words):
        site.open(backends=backends)
    assert site.writes() == 0


def test_users_go_back_to_stable_whatever_has_become_of_the_rest(site: Site) -> None:
    """A parent and the candidate's Service are gone, and another product wrote last: no reason to stay there."""
    item = route(both(70, 30), parents=[])
    item["metadata"]["managedFields"] = [{"manager": "rollouts-controller", "time": "2026-01-01T00:00:00Z", **RULES_OF}]
    site.put(item)
    site.kube.objects.delete(f"{SERVICES}/green", {})
    with pytest.raises(InputError):
        site.open()
    site.open(undoing=True).write(split(0))
    assert site.weights() == [100, 0]


def test_the_services_that_exist_are_named(site: Site) -> None:
    with pytest.raises(InputError) as refused:
        site.open(backends=Backends("a", "b", {"a": "blue", "b": "red"}))
    assert refused.value.advice == "Services there: blue, green, other"


def test_a_route_that_does_not_exist_is_refused_naming_those_that_do(site: Site) -> None:
    with pytest.raises(InputError, match="no HTTPRoute shop in namespace shop") as refused:
        site.open(name="shop")
    assert refused.value.advice == "HTTPRoutes there: web"


def test_a_cluster_without_gateway_api_is_told_so(site: Site) -> None:
    site.kube.raw[ROUTES] = (404, "page not found")
    with pytest.raises(InputError, match=r"does not serve gateway.networking.k8s.io/v1 HTTPRoute"):
        site.open(name="shop")


def test_a_list_that_fails_otherwise_is_not_mistaken_for_a_missing_kind(site: Site) -> None:
    site.kube.raw[ROUTES] = (400, "bad request")
    with pytest.raises(RemoteError):
        site.open(name="shop")


@pytest.mark.parametrize(
    ("mark", "product"),
    [
        pytest.param({"managers": [{"manager": "argocd-controller", **RULES_OF}]}, "Argo CD", id="field manager"),
        pytest.param({"managers": [{"manager": "kustomize-controller", **RULES_OF}]}, "Flux", id="Flux writes it"),
        pytest.param({"annotations": {"argocd.argoproj.io/tracking-id": "shop:x"}}, "Argo CD", id="tracking id"),
        pytest.param({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "Flux", id="label"),
    ],
)
def test_a_route_that_gitops_keeps_is_refused_unless_it_was_told_to_ignore_the_rules(
    site: Site, mark: Json, product: str
) -> None:
    site.put(route(both(1, 0), **mark))
    with pytest.raises(InputError, match=f"belongs to {product}") as refused:
        site.open()
    assert "/spec/rules" in refused.value.advice
    assert site.writes() == 0
    site.open(gitops_ignored=True).write(split(10))
    assert site.weights() == [90, 10]


def test_a_route_that_another_release_controller_runs_is_refused(site: Site) -> None:
    site.put(route(both(1, 0), labels={"rollouts.argoproj.io/gatewayapi-canary": "in-progress"}))
    with pytest.raises(InputError, match="run by Argo Rollouts"):
        site.open(gitops_ignored=True)


@pytest.mark.parametrize("status", [429, 503, 500])
def test_T03_while_the_router_api_errs_nothing_is_written_and_nothing_is_said_to_be_reached(
    site: Site, status: int
) -> None:
    router, before = site.open(), site.now()
    router.read()
    site.kube.faults = [Fault(status, method="PATCH") for _ in range(5)]
    with pytest.raises(Unreachable):
        router.write(split(100))
    assert site.now() == before
    effect = router.settled(split(100))
    assert (effect.reached, effect.level, effect.detail) == (False, 0, "the route sends 0 % to shop-green")
    router.write(split(100))
    assert site.weights() == [0, 100]


def test_T03_a_write_whose_answer_was_lost_is_not_written_twice(site: Site) -> None:
    router = site.open()
    site.kube.faults = [Fault(reset=True, after=True, method="PATCH")]
    router.write(split(10))
    assert site.weights() == [90, 10]
    version = site.now()["metadata"]["resourceVersion"]
    router.write(split(10))
    assert site.now()["metadata"]["resourceVersion"] == version


def test_T02_accepted_is_level_one_after_a_delay_and_never_called_observed(site: Site) -> None:
    router = site.open(settle=3.0)
    router.write(split(100))
    effect = router.settled(split(100))
    assert (effect.reached, effect.level) == (False, 1)
    assert "giving the data plane 3 s" in effect.detail
    site.clock.sleep(3.0)
    effect = router.settled(split(100))
    assert (effect.reached, effect.level) == (True, 1)
    assert effect.detail.endswith("accepted generation 4 of the route; the effect was not observed with requests")


def test_T02_an_objection_of_the_controller_is_told_and_begins_the_delay_anew(site: Site) -> None:
    router = site.open()
    router.settled(split(0))
    site.clock.sleep(3.0)
    item = site.now()
    item["status"]["parents"] = [words(ResolvedRefs="False")]
    site.put(item)
    until(site, router, split(0), "ResolvedRefs=False")
    item["status"]["parents"] = [words()]
    site.put(item)
    until(site, router, split(0), "giving the data plane")


def until(site: Site, router: GatewayApiRouter, wanted: Split, words: str) -> None:
    """Look until the effect is told in these words; the watch brings what was written."""
    for _ in range(200):
        if words in router.settled(wanted).detail:
            return
        site.clock.pause(0.01)
    raise AssertionError(router.settled(wanted))


def test_a_write_that_changes_something_begins_the_delay_anew(site: Site) -> None:
    router = site.open()
    router.write(split(100))
    router.settled(split(100))
    site.clock.sleep(3.0)
    router.write(split(100))
    assert router.settled(split(100)).reached
    router.write(split(50))
    assert not router.settled(split(50)).reached


def test_a_rule_for_testers_is_given_the_delay_also_where_requests_look_at_weights(site: Site) -> None:
    """That a tester is none any more shows in no request of a user, and the next weight supersedes it."""
    router = site.open(settle=0.0)
    router.write(split(10))
    assert router.settled(split(10)).reached
    router.match(HEADER)
    router.match(None)
    router.write(split(10))
    assert "giving the data plane 3 s" in router.settled(split(10)).detail
    site.clock.sleep(3.0)
    assert router.settled(split(10)).reached
    router.write(split(20))
    assert router.settled(split(20)).reached


class Watching(FakeClock):
    """Looks at the weights whenever somebody waits."""

    def __init__(self, look: Callable[[], list[int]]) -> None:
        super().__init__()
        self._look = look
        self.seen: list[list[int]] = []

    def sleep(self, seconds: float) -> None:
        self.seen.append(self._look())
        super().sleep(seconds)


@pytest.mark.parametrize(
    ("status", "waited"),
    [
        pytest.param([words()], KNOWN_SECONDS, id="accepted at once"),
        pytest.param([words(generation=3)], SETTLE_SECONDS + KNOWN_SECONDS, id="a controller that stays silent"),
    ],
)
def test_a_candidate_that_the_route_does_not_name_is_made_known_before_it_gets_a_share(
    site: Site, status: list[Json], waited: float
) -> None:
    """Named and given a share at once, its share would be errors wherever a proxy hears of the route first."""
    site.clock = clock = Watching(site.weights)
    site.put(route(rule(ref("blue", 1)), status=status))
    site.open().write(split(30))
    assert {tuple(each) for each in clock.seen} == {(1, 0)}
    assert clock.seconds() == pytest.approx(waited, abs=0.11)
    assert site.weights() == [70, 30]


def test_endpoints_that_lag_behind_the_ready_pods_are_waited_for(site: Site) -> None:
    """A release that was begun is not ended because a controller of the cluster is slow."""
    site.ready["shop-green"] = 0

    def follow() -> list[int]:
        site.ready["shop-green"] = int(clock.seconds() > 5)
        return []

    site.clock = clock = Watching(follow)
    site.open().write(split(30))
    assert site.weights() == [70, 30]


def test_T03_a_candidate_is_named_once_where_the_answer_to_that_is_lost(site: Site) -> None:
    """And the weight that follows, whose answer is lost as well, is written once."""
    site.put(route(rule(ref("blue", 1)), status=[words()]))
    lost = Fault(reset=True, after=True, method="PATCH")
    passes = Fault(reset=True, method="PATCH")
    site.kube.faults = [lost, passes, lost]
    site.open().write(split(30))
    assert site.weights() == [70, 30]


def test_a_candidate_that_the_route_names_already_is_not_waited_for(site: Site) -> None:
    site.open().write(split(30))
    assert (site.clock.slept, site.weights()) == ([], [70, 30])


def test_T20_a_weight_that_somebody_edited_is_seen_named_and_not_overwritten(site: Site) -> None:
    router = site.open()
    router.write(split(10))
    site.edit("night-shift", both(50, 50))
    with pytest.raises(ConflictError, match="changed by night-shift"):
        router.write(split(20))
    assert site.weights() == [50, 50]
    assert router.read() == split(50)
    writer = router.writer("", Field.ROUTE)
    assert (writer.manager, writer.field) == ("night-shift", "spec.rules of HTTPRoute web")
    router.write(split(20))
    assert site.weights() == [80, 20]


def test_T22_a_base_manifest_applied_anew_is_seen_and_the_split_can_be_written_again(site: Site) -> None:
    site.put(route(rule(ref("blue", 1)), status=[words()]))
    router = site.open()
    router.write(split(30))
    router.match(HEADER)
    site.edit("kustomize-controller", rule(ref("blue", 1)))
    with pytest.raises(ConflictError, match="kustomize-controller"):
        router.write(split(40))
    assert (router.read(), router.matched()) == (split(0), None)
    assert "sends 0 % to shop-green" in router.settled(split(30)).detail
    router.write(split(30))
    router.match(HEADER)
    assert (site.weights(), router.matched()) == ([70, 30], HEADER)
    router.write(split(0))
    router.withdraw()
    assert site.now()["spec"]["rules"] == [rule(ref("blue", 1))]


def test_T27_a_candidate_without_ready_endpoints_gets_no_request(site: Site) -> None:
    router = site.open()
    site.ready["shop-green"] = 0
    with pytest.raises(NotReady, match="shop-green has no ready instance behind Service green: 50 %"):
        router.write(split(50))
    assert site.writes() == 0
    router.write(split(0))
    site.ready["shop-green"] = 1
    router.write(split(50))
    assert site.weights() == [50, 50]


def test_T27_the_way_back_asks_nothing_of_the_candidate(site: Site) -> None:
    router = site.open()
    router.write(split(50))
    site.ready["shop-green"] = 0
    for weight in (50, 20, 0):
        router.write(split(weight))
    assert site.weights() == [100, 0]


def test_T27_rules_that_disagree_ask_for_ready_endpoints(site: Site) -> None:
    site.put(route(both(90, 10), both(80, 20)))
    site.ready["shop-green"] = 0
    made = (BACKENDS, lambda _: 0, Fence(0), site.clock)
    with pytest.raises(NotReady, match="no ready instance"):
        GatewayApiRouter(site.api, HTTP_ROUTE, site.now(), *made).write(split(10))


def test_a_version_that_the_route_does_not_know_is_refused(site: Site) -> None:
    with pytest.raises(InputError, match="no Service for shop-red"):
        site.open().write(Split("shop-blue", "shop-red", 0))


def test_the_versions_may_have_changed_places(site: Site) -> None:
    site.open().write(Split("shop-green", "shop-blue", 25))
    assert site.weights() == [25, 75]


def test_rules_that_disagree_are_seen_as_no_split(site: Site) -> None:
    router = site.open()
    router.stamp()
    site.edit("night-shift", both(90, 10), both(80, 20))
    until(site, router, split(10), "different shares")
    with pytest.raises(InputError, match="different shares"):
        router.read()
    router.write(split(10))
    assert router.read() == split(10)


def test_a_route_with_a_newer_run_s_number_is_not_written(site: Site) -> None:
    site.open(fence=3).stamp()
    older = site.open(fence=2)
    assert older.number() == 3
    with pytest.raises(LockLost):
        older.write(split(10))


def test_a_route_that_was_deleted_is_a_conflict(site: Site) -> None:
    router = site.open()
    router.read()
    site.kube.objects.delete(f"{ROUTES}/web", {})
    with pytest.raises(ConflictError, match="deleted"):
        router.write(split(10))
    with pytest.raises(ConflictError, match="HTTPRoute web was deleted"):
        router.read()


def test_a_grpc_route_is_released_as_an_http_route_is(site: Site) -> None:
    grpc = {**route({"backendRefs": [ref("blue", 1)]}, status=[words()]), "kind": "GRPCRoute"}
    path = ROUTES.replace("httproutes", "grpcroutes")
    site.kube.objects.put(f"{path}/web", grpc)
    made = (site.api, GRPC_ROUTE, "web", BACKENDS, lambda _: 1, Fence(1), site.clock)
    router = opened(*made)
    router.write(split(20))
    router.match(HEADER)
    rules = site.kube.objects.get(f"{path}/web")["spec"]["rules"]
    assert rules[0]["matches"] == [{"headers": [{"type": "Exact", "name": "x-tester", "value": "alice"}]}]
    assert [one["weight"] for one in rules[1]["backendRefs"]] == [80, 20]
    assert needs(GRPC_ROUTE)[0].sentence() == "get, list, watch, patch grpcroutes (gateway.networking.k8s.io)"
