"""The Istio router against a server with the API's rules: refusals, faults, drift, silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.routers.istio import IstioRouter
from pointsman.adapters.routers.istio_route import destinations_in, opened
from pointsman.adapters.routers.istio_route import virtual_service as found
from pointsman.adapters.routers.istio_rules import Destination
from pointsman.model.drift import Field
from pointsman.model.errors import ConflictError, InputError, LockLost, NotReady, Unreachable
from pointsman.model.split import Match, Split
from pointsman.testing import FakeClock
from tests.contract.kubernetes_shop import Fence
from tests.fakes.kube_server import Fault, KubeServer
from tests.unit.adapters.virtual_services import both, http, reconciled, to
from tests.unit.adapters.virtual_services import virtual_service as vs

Json = dict[str, Any]
API = "/apis/networking.istio.io/v1/namespaces/shop"
SERVICES = "/api/v1/namespaces/shop/services"
HTTP_OF = {"fieldsV1": {"f:spec": {"f:http": {}}}}
HEADER = Match("alice", header="x-tester")
GREEN = Destination("green")
V2 = Destination("all", "v2")


def split(weight: int) -> Split:
    return Split("shop-blue", "shop-green", weight)


@dataclass
class Site:
    """A VirtualService and its Services on a server of our own; `ready` says how many endpoints a version has."""

    kube: KubeServer
    api: KubeApi
    clock: FakeClock
    ready: dict[str, int] = field(default_factory=lambda: {"shop-blue": 2, "shop-green": 2})

    def put(self, item: Json) -> None:
        self.kube.objects.put(f"{API}/virtualservices/web", item)

    def divide(self, *names: str, host: str = "all", by: str = "kubectl") -> None:
        """A DestinationRule with these subsets, and who wrote it."""
        subsets = [{"name": name, "labels": {"version": name}} for name in names]
        managers = [{"manager": by, "fieldsV1": {"f:spec": {"f:subsets": {}}}}]
        metadata = {"name": "shop-rule", "namespace": "shop", "managedFields": managers}
        self.kube.objects.put(
            f"{API}/destinationrules/shop-rule", {"metadata": metadata, "spec": {"host": host, "subsets": subsets}}
        )

    def now(self) -> Json:
        return self.kube.objects.get(f"{API}/virtualservices/web")

    def open(
        self, fence: int = 1, target: Destination = GREEN, name: str = "web", rule: str = "", **more: Any
    ) -> IstioRouter:
        route = found(self.api, name)
        own = target.service if target.subset else "blue"
        wanted = destinations_in(route, "shop-blue", "shop-green", own, target, rule)
        made = (self.api, route, wanted, lambda version: self.ready[version], Fence(fence), self.clock)
        return opened(*made, **{"asked": True, **more})

    def edit(self, by: str, *rules: Json) -> None:
        """What somebody else writes."""
        item = self.now()
        item["spec"]["http"] = list(rules)
        item["metadata"]["managedFields"] = [{"manager": by, "time": "2026-01-01T00:00:00Z", **HTTP_OF}]
        self.put(item)

    def weights(self) -> list[int | None]:
        return [one.get("weight") for one in self.now()["spec"]["http"][-1]["route"]]

    def writes(self) -> int:
        return sum(method != "GET" for method, _ in self.kube.asked)


@pytest.fixture
def site(kube: KubeServer, api: KubeApi, clock: FakeClock) -> Site:
    made = Site(kube, api, clock)
    ports = {"blue": [80], "green": [80], "other": [], "all": [80], "wide": [80, 81]}
    for name, numbers in ports.items():
        listed = [{"port": number} for number in numbers]
        kube.objects.put(f"{SERVICES}/{name}", {"metadata": {"name": name}, "spec": {"ports": listed}})
    made.put(vs(both(100, 0)))
    return made


def with_port(number: int) -> Json:
    return {"destination": {"host": "blue", "port": {"number": number}}}


@pytest.mark.parametrize(
    ("item", "target", "words"),
    [
        pytest.param(vs(http(to("other"))), GREEN, "no http route of", id="no http route"),
        pytest.param(vs(both(1, 0), hosts=[]), GREEN, "has no hosts", id="delegated to"),
        pytest.param(vs({"delegate": {"name": "inner"}}), GREEN, "delegates to", id="it only delegates"),
        pytest.param(
            vs(both(1, 0, mirror={"host": "green"})),
            GREEN,
            r"mirrors its requests \(mirror\)",
            id="mirror",
        ),
        pytest.param(
            vs(both(1, 0, mirrors=[{"destination": {"host": "x"}}])),
            GREEN,
            "mirrors",
            id="mirrors",
        ),
        pytest.param(
            vs(http(to("blue", 50), to("green"), to("other", 50))),
            GREEN,
            "more destinations",
            id="a third",
        ),
        pytest.param(vs(http(to("blue"))), Destination("red"), "no Service red for shop-green", id="no Service"),
        pytest.param(
            vs(http(with_port(81))),
            GREEN,
            "Service blue has no port 81",
            id="stable's port is missing",
        ),
        pytest.param(
            vs(http(to("blue"))),
            Destination("other"),
            "Service other has no port 80",
            id="no port",
        ),
        pytest.param(vs(http(to("all", subset="v1"))), V2, "has stable's subset v1", id="no DestinationRule"),
        pytest.param(vs(http(to("all"))), V2, "the whole host and not one subset beside v2", id="stable is everybody"),
        pytest.param(
            vs(http(to("all", subset="v1")), http(to("all", subset="v3"))),
            V2,
            "the subsets v1, v3 beside v2",
            id="two stables",
        ),
        pytest.param(vs(http(to("all", subset="v2"))), V2, "no other subset", id="no stable"),
    ],
)
def test_what_would_break_is_refused_before_the_first_write(
    site: Site, item: Json, target: Destination, words: str
) -> None:
    site.put(item)
    with pytest.raises(InputError, match=words) as refused:
        site.open(target=target)
    assert refused.value.advice
    assert site.writes() == 0


def test_a_candidate_s_subset_that_is_missing_is_refused_with_the_command_that_adds_it(site: Site) -> None:
    site.put(vs(http(to("all", subset="v1"))))
    site.divide("v1", host="all.shop.svc.cluster.local")
    with pytest.raises(InputError, match="has the candidate's subset v2") as refused:
        site.open(target=V2)
    assert (
        "kubectl patch --namespace=shop destinationrule shop-rule --type=json --patch='"
        '[{"op": "add", "path": "/spec/subsets/-", "value": {"name": "v2", "labels": {"version": "v2"}}}]\''
    ) in refused.value.advice
    site.divide("v1", "v2")
    site.open(target=V2).write(split(10))
    assert site.weights() == [90, 10]


def test_a_named_http_route_is_the_only_one_that_is_released(site: Site) -> None:
    site.put(vs(http(to("all", subset="v3"), name="a"), http(to("all", subset="v1"), name="b")))
    site.divide("v1", "v2", "v3")
    site.open(target=V2, rule="b").write(split(10))
    assert site.now()["spec"]["http"][0] == http(to("all", subset="v3"), name="a")
    assert site.weights() == [90, 10]


def test_a_virtual_service_that_does_not_exist_is_refused_naming_those_that_do(site: Site) -> None:
    with pytest.raises(InputError, match="no VirtualService shop in namespace shop") as refused:
        site.open(name="shop")
    assert refused.value.advice == "VirtualServices there: web"


def test_a_cluster_without_istio_is_told_so(site: Site) -> None:
    site.kube.raw[f"{API}/virtualservices"] = (404, "page not found")
    with pytest.raises(InputError, match=r"does not serve networking.istio.io/v1 VirtualService"):
        site.open(name="shop")


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ({"managers": [{"manager": "argocd-controller", **HTTP_OF}]}, "spec.http of .* belongs to Argo CD"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:x"}}, "belongs to Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "belongs to Flux"),
        ({"owners": [{"kind": "Canary"}]}, "run by Flagger"),
        ({"managers": [{"manager": "flagger", **HTTP_OF}]}, "last written by Flagger"),
        ({"managers": [{"manager": "rollouts-controller", **HTTP_OF}]}, "last written by Argo Rollouts"),
    ],
)
def test_a_foreign_owner_is_found_before_the_first_write(site: Site, mark: Json, words: str) -> None:
    site.put(vs(both(100, 0), **mark))
    with pytest.raises(InputError, match=words) as refused:
        site.open()
    assert refused.value.advice
    assert site.writes() == 0


def test_a_destination_rule_that_another_release_controller_writes_is_refused(site: Site) -> None:
    site.put(vs(http(to("all", subset="v1"))))
    site.divide("v1", "v2", by="rollouts-controller")
    with pytest.raises(InputError, match="rules of DestinationRule shop-rule were last written by Argo Rollouts"):
        site.open(target=V2)
    assert site.writes() == 0


def test_T02_without_anybody_to_confirm_it_nothing_is_begun_but_the_way_back_is_free(site: Site) -> None:
    site.put(vs(both(70, 30)))
    with pytest.raises(InputError, match="nothing would show whether requests follow it") as refused:
        site.open(asked=False)
    assert "--url" in refused.value.advice
    router = site.open(asked=False, undoing=True)
    router.write(split(0))
    assert site.weights() == [100, 0]
    site.clock.sleep(60)
    effect = router.settled(split(0))
    assert (effect.reached, effect.level) == (False, 0)
    assert "nothing shows that requests follow" in effect.detail


def test_T02_what_istio_says_is_level_one_after_a_delay_and_never_called_observed(site: Site) -> None:
    site.put(vs(both(100, 0), status=reconciled()))
    router = site.open(asked=False, settle=3.0)
    assert "giving the data plane 3 s" in router.settled(split(0)).detail
    site.clock.sleep(3.0)
    effect = router.settled(split(0))
    assert (effect.reached, effect.level) == (True, 1)
    assert effect.detail.endswith("the effect was not observed with requests")


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(vs(http(to("all", 0, "v1"), to("all", 0, "v2"))), id="weights that Envoy refuses"),
        pytest.param(vs(http(to("all", 70, "v1"), to("all", 30, "v2"), mirror={"host": "x"})), id="a mirror since"),
        pytest.param(
            vs(http(to("all", 70, "v1"), to("all", 30, "v2")), labels={"kustomize.toolkit.fluxcd.io/name": "shop"}),
            id="in a repository by now",
        ),
    ],
)
def test_the_way_back_does_not_wait_for_what_the_candidate_lacks_by_now(site: Site, item: Json) -> None:
    """There is no DestinationRule left either."""
    site.put(item)
    with pytest.raises(InputError):
        site.open(target=V2)
    site.ready["shop-green"] = 0
    site.open(target=V2, undoing=True).write(split(0))
    assert site.weights() == [100, 0]


@pytest.mark.parametrize("status", [429, 503, 500])
def test_T03_while_the_api_errs_nothing_is_written_and_nothing_is_said_to_be_reached(site: Site, status: int) -> None:
    router, before = site.open(), site.now()
    router.read()
    site.kube.faults = [Fault(status, method="PATCH") for _ in range(5)]
    with pytest.raises(Unreachable):
        router.write(split(100))
    assert site.now() == before
    assert router.settled(split(100)).detail == "the route sends 0 % to shop-green"
    router.write(split(100))
    assert site.weights() == [0, 100]


def test_T20_a_weight_that_somebody_edited_is_seen_named_and_not_overwritten(site: Site) -> None:
    router = site.open()
    router.write(split(10))
    site.edit("night-shift", both(50, 50))
    with pytest.raises(ConflictError, match="changed by night-shift"):
        router.write(split(20))
    assert router.read() == split(50)
    writer = router.writer("", Field.ROUTE)
    assert (writer.manager, writer.field) == ("night-shift", "spec.http of VirtualService web")
    router.write(split(20))
    assert site.weights() == [80, 20]


def test_T22_a_base_manifest_applied_anew_is_seen_and_the_split_can_be_written_again(site: Site) -> None:
    site.put(vs(http(to("blue"))))
    router = site.open()
    router.write(split(30))
    router.match(HEADER)
    site.edit("kustomize-controller", http(to("blue")))
    with pytest.raises(ConflictError, match="kustomize-controller"):
        router.write(split(40))
    assert (router.read(), router.matched()) == (split(0), None)
    assert "sends 0 % to shop-green" in router.settled(split(30)).detail
    router.write(split(30))
    router.match(HEADER)
    assert (site.weights(), router.matched()) == ([70, 30], HEADER)
    router.write(split(0))
    router.withdraw()
    assert site.now()["spec"]["http"] == [http(to("blue"))]


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


def until(site: Site, router: IstioRouter, words: str) -> None:
    """Look until the effect is told in these words; the watch brings what was written."""
    for _ in range(200):
        if words in router.settled(split(0)).detail:
            return
        site.clock.pause(0.01)
    raise AssertionError(router.settled(split(0)))


def test_weights_that_envoy_refuses_are_no_split_and_written_over(site: Site) -> None:
    router = site.open()
    router.stamp()
    site.edit("night-shift", both(0, 0))
    until(site, router, "which Envoy refuses")
    with pytest.raises(InputError, match="which Envoy refuses"):
        router.read()
    assert not router.settled(split(0)).reached
    router.write(split(0))
    assert (site.weights(), router.read()) == ([100, 0], split(0))


def test_a_virtual_service_with_a_newer_run_s_number_is_not_written(site: Site) -> None:
    site.open(fence=3).stamp()
    older = site.open(fence=2)
    assert older.number() == 3
    with pytest.raises(LockLost):
        older.write(split(10))
