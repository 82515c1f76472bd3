"""What the ingress-nginx router promises beyond a router's contract: on a real API server, through a real Traefik."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman.adapters.kube.guarded import FENCE
from pointsman.adapters.routers.backends import ready_endpoints
from pointsman.adapters.routers.ingress_canary import BY_COOKIE, BY_HEADER, BY_VALUE, OWNED, WEIGHT
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.split import Match, Split
from tests.cluster.harness.ingress import PREFIX, ingress
from tests.cluster.harness.world import service
from tests.contract.gateway_shop import BACKENDS
from tests.contract.ingress_shop import IngressShop
from tests.contract.kubernetes_shop import api_of
from tests.contract.local_service import BLUE, GREEN
from tests.contract.routed_shop import IN_A_ROW

ALWAYS = Match("always", cookie="tester")


def split(weight: int) -> Split:
    return Split(BLUE, GREEN, weight)


@pytest.fixture
def shop(ingress_shop: IngressShop) -> Iterator[IngressShop]:
    ingress_shop.reset()
    yield ingress_shop
    ingress_shop.world.apply(service("blue", {"app": "shop", "version": "blue"}))


def serve(shop: IngressShop, weight: int, rule: Match | None = None) -> None:
    router = shop.measured(fence=2)
    router.match(rule)
    router.write(split(weight))
    shop.world.wait_until(lambda: router.settled(split(weight)).reached, f"{weight} % is served")


def test_the_users_ingress_is_never_written_and_ours_belongs_to_it(shop: IngressShop) -> None:
    before = shop.world.get("ingress", "web")
    serve(shop, 30, ALWAYS)
    ours = shop.canary()
    assert shop.world.get("ingress", "web")["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert ours["metadata"]["ownerReferences"][0]["uid"] == before["metadata"]["uid"]
    assert ours["metadata"]["labels"][OWNED] == "web"
    assert [path["path"] for path in ours["spec"]["rules"][0]["http"]["paths"]] == ["/"]
    assert ours["spec"]["ingressClassName"] == before["spec"]["ingressClassName"]


@pytest.mark.parametrize("weight", [0, 30, 100])
def test_a_cookie_of_the_controllers_own_kind_reaches_the_candidate_at_any_weight(
    shop: IngressShop, weight: int
) -> None:
    serve(shop, weight, ALWAYS)
    assert shop.canary()["metadata"]["annotations"][BY_COOKIE] == "tester"
    assert {shop.answered_by({"Cookie": "a=1; tester=always"}) for _ in range(IN_A_ROW)} == {GREEN}


def test_withdrawn_it_is_gone_and_a_second_time_changes_nothing(shop: IngressShop) -> None:
    serve(shop, 30)
    router = shop.router(fence=2)
    with pytest.raises(InputError, match="still gets 30 %"):
        router.withdraw()
    serve(shop, 0)
    router = shop.router(fence=2)
    router.withdraw()
    shop.world.wait_until(lambda: shop.names() == ["web"], "the canary Ingress is gone")
    router.withdraw()
    assert router.read() == split(0)
    assert shop.answered_by() == BLUE


def test_the_next_run_finds_the_ingress_of_the_one_before(shop: IngressShop) -> None:
    shop.router(fence=2).write(split(30))
    second = shop.router(fence=3)
    assert second.read() == split(30)
    assert second.number() == 2
    second.stamp()
    assert shop.canary()["metadata"]["annotations"][FENCE] == "3"


def test_two_runs_that_would_make_it_at_once_are_told_of_each_other(shop: IngressShop) -> None:
    first, second = shop.router(fence=2), shop.router(fence=2)
    first.write(split(30))
    with pytest.raises(ConflictError, match="web-canary was made by"):
        second.write(split(50))
    assert second.read() == split(30)


def test_a_weight_that_somebody_else_wrote_is_not_written_over(shop: IngressShop) -> None:
    router = shop.router(fence=2)
    router.write(split(30))
    shop.world.kubectl("annotate", "ingress", "web-canary", "--overwrite", f"{WEIGHT}=80")
    with pytest.raises(ConflictError, match="was changed by"):
        router.write(split(50))
    assert shop.canary()["metadata"]["annotations"][WEIGHT] == "80"


def test_paths_that_the_user_adds_meanwhile_are_split_with_the_next_weight(shop: IngressShop) -> None:
    router = shop.router(fence=2, settle=0)
    router.write(split(30))
    rule = ingress("web", shop.traefik.gateway_class, ("/", "blue"), ("/more", "blue"))["spec"]["rules"]
    shop.world.patch("ingress", "web", {"spec": {"rules": rule}})
    shop.world.wait_until(lambda: "not those of Ingress web" in router.settled(split(30)).detail, "it is seen")
    router.read()
    router.write(split(30))
    assert shop.canary()["spec"]["rules"][0]["http"]["paths"][1]["path"] == "/more"


@pytest.mark.parametrize(("name", "labels"), [("web-canary", {}), ("somebodys", {}), ("somebodys", {OWNED: "another"})])
def test_a_canary_of_somebody_else_for_the_same_place_is_refused(
    shop: IngressShop, name: str, labels: dict[str, str]
) -> None:
    marks = {f"{PREFIX}canary": "true", WEIGHT: "5"}
    made = ingress(name, shop.traefik.gateway_class, ("/", "green"), annotations=marks, labels=labels)
    shop.world.apply(made)
    with pytest.raises(InputError, match=name):
        shop.router(fence=2)


@pytest.mark.parametrize(
    ("annotations", "words"),
    [
        ({f"{PREFIX}canary-weight": "5"}, "is a canary Ingress itself"),
        ({f"{PREFIX}affinity": "cookie"}, "no weight would hold"),
        ({f"{PREFIX}ssl-passthrough": "true"}, "nothing can be split"),
        ({f"{PREFIX}permanent-redirect": "https://example.com"}, "answers by itself"),
        ({"argo-rollouts.argoproj.io/managed-by-rollouts": "shop"}, "run by Argo Rollouts"),
    ],
)
def test_T35_annotations_that_contradict_weights_are_refused(
    shop: IngressShop, annotations: dict[str, str], words: str
) -> None:
    shop.world.patch("ingress", "web", {"metadata": {"annotations": annotations}})
    with pytest.raises(InputError, match=words):
        shop.router(fence=2)
    assert shop.names() == ["web"]


def test_T34_no_weight_is_raised_while_the_users_service_has_no_endpoint(shop: IngressShop) -> None:
    router = shop.router(fence=2)
    shop.world.apply(service("blue", {"app": "nobody"}))
    shop.world.wait_until(lambda: ready(shop) == 0, "Service blue is empty")
    with pytest.raises(InputError, match="503"):
        router.write(split(50))
    assert shop.names() == ["web"]


def test_T34_everybody_on_the_candidate_is_not_in_effect_when_stable_is_drained(shop: IngressShop) -> None:
    serve(shop, 100)
    router = shop.router(fence=2, settle=0)
    assert router.settled(split(100)).reached
    shop.world.apply(service("blue", {"app": "nobody"}))
    shop.world.wait_until(lambda: ready(shop) == 0, "Service blue is empty")
    effect = router.settled(split(100))
    assert not effect.reached
    assert "answers everybody with 503" in effect.detail


def test_T34_traefik_in_the_controllers_place_fails_stables_share_alone(shop: IngressShop) -> None:
    """What the page says of the difference: the controller itself would answer all of them with 503."""
    serve(shop, 50)
    shop.world.apply(service("blue", {"app": "nobody"}))
    wanted = {GREEN, "503"}
    shop.world.wait_until(lambda: {shop.answered_by() for _ in range(IN_A_ROW)} == wanted, "stable's share fails")


def ready(shop: IngressShop) -> int:
    return ready_endpoints(api_of(shop.world), BACKENDS, BLUE)


def test_a_header_value_with_its_own_annotation_is_written_so(shop: IngressShop) -> None:
    shop.router(fence=2).match(Match("alice", header="X-Tester"))
    marks = shop.canary()["metadata"]["annotations"]
    assert (marks[BY_HEADER], marks[BY_VALUE]) == ("X-Tester", "alice")
