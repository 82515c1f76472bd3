"""The ingress-nginx router against a server with the API's rules: a canary Ingress that is made, lost, taken over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.guarded import FENCE, STEERING, stamp
from pointsman.adapters.kube.kinds import INGRESS
from pointsman.adapters.routers.backends import Backends
from pointsman.adapters.routers.ingress_canary import WEIGHT
from pointsman.adapters.routers.ingress_main import opened, refuse_empty_main
from pointsman.adapters.routers.ingress_nginx import IngressNginxRouter
from pointsman.model.errors import ConflictError, InputError, LockLost
from pointsman.model.split import Split
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer
from tests.unit.adapters.test_creation import Held, lose
from tests.unit.adapters.test_ingress_canary import main, path

BACKENDS = Backends("blue", "green", {"blue": "shop-blue", "green": "shop-green"})
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses"
SERVICES = "/api/v1/namespaces/shop/services"
CANARY = f"{INGRESSES}/web-canary"


def split(weight: int) -> Split:
    return Split("blue", "green", weight)


@pytest.fixture
def fence() -> Held:
    return Held()


@pytest.fixture
def cluster(kube: KubeServer) -> Iterator[KubeServer]:
    kube.objects.put(f"{INGRESSES}/web", main(path("shop-blue")))
    for name in ("shop-blue", "shop-green"):
        ports = [{"name": "http", "port": 80}]
        kube.objects.put(f"{SERVICES}/{name}", {"metadata": {"name": name}, "spec": {"ports": ports}})
    yield kube
    kube.end_watches()


def router(api: KubeApi, clock: FakeClock, fence: Held, ready: dict[str, int] | None = None) -> IngressNginxRouter:
    counts = ready or {"blue": 2, "green": 2}
    return opened(api, "web", BACKENDS, counts.__getitem__, fence, clock)


def weight(kube: KubeServer) -> str:
    return str(kube.objects.get(CANARY)["metadata"]["annotations"][WEIGHT])


def written(kube: KubeServer) -> list[str]:
    return [method for method, _ in kube.asked if method != "GET"]


def test_it_is_made_without_effect_and_then_given_its_weight(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    router(api, clock, fence).write(split(30))
    assert written(cluster) == ["POST", "PATCH"]
    seen = [event["object"]["metadata"] for _, _, event in cluster.objects.events]
    assert [one["annotations"][WEIGHT] for one in seen if one["name"] == "web-canary"] == ["0", "30"]


def test_who_lost_the_lock_while_making_it_takes_it_away(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    fence.at = {2: lose}
    with pytest.raises(LockLost):
        router(api, clock, fence).write(split(30))
    assert CANARY not in cluster.objects.kept


def test_a_takeover_between_making_and_weight_moves_nobody(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    fence.at = {3: lambda: stamp(api, INGRESS, cluster.objects.get(CANARY), Held(8)) and None}
    with pytest.raises(ConflictError):
        router(api, clock, fence).write(split(30))
    assert weight(cluster) == "0"


def test_a_creation_whose_answer_was_lost_is_recognised(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    cluster.faults = [Fault(reset=True, after=True, method="POST")]
    router(api, clock, fence).write(split(30))
    assert weight(cluster) == "30"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_creation_that_is_in_conflict_with_nothing_of_its_name_is_tried_again(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held, times: int
) -> None:
    """As where a quota is just being counted; for ever it is somebody's matter, and nobody was moved."""
    cluster.faults = [Fault(409, method="POST") for _ in range(times)]
    if times < 3:
        router(api, clock, fence).write(split(30))
        assert weight(cluster) == "30"
        return
    with pytest.raises(ConflictError, match="Ingress web-canary is refused although there is none"):
        router(api, clock, fence).write(split(30))
    assert CANARY not in cluster.objects.kept


def test_a_stamp_makes_it_so_that_an_older_run_cannot(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    older = router(api, clock, Held(6))
    router(api, clock, fence).stamp()
    assert (weight(cluster), cluster.objects.get(CANARY)["metadata"]["annotations"][FENCE]) == ("0", "7")
    with pytest.raises(ConflictError):
        older.write(split(30))
    assert weight(cluster) == "0"


def test_a_removal_that_lands_while_we_take_over_is_no_conflict(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    """An older run had sent it; it is made again without effect, and stamped, so that this run cannot."""
    ours = router(api, clock, fence)
    ours.write(split(0))
    router(api, clock, Held(6)).stamp()
    fence.at = {fence.checks + 1: lambda: cluster.objects.delete(CANARY, {})}
    ours.stamp()
    assert (weight(cluster), cluster.objects.get(CANARY)["metadata"]["annotations"][FENCE]) == ("0", "7")


@pytest.mark.usefixtures("cluster")
def test_without_requests_nothing_counts_before_the_delay_and_the_level_is_told(
    api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    ours = router(api, clock, fence)
    ours.write(split(30))
    assert not ours.settled(split(30)).reached
    clock.sleep(3)
    effect = ours.settled(split(30))
    assert (effect.reached, effect.level) == (True, 0)
    assert "not observed with requests" in effect.detail
    assert not ours.settled(split(50)).reached


def test_T34_a_release_does_not_begin_beside_an_empty_service(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    ready = {"blue": 0, "green": 2}
    with pytest.raises(InputError, match="no ready endpoint"):
        refuse_empty_main(router(api, clock, fence, ready), BACKENDS, ready.__getitem__)
    assert written(cluster) == []


def test_T34_users_return_to_stable_also_while_it_is_empty(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    router(api, clock, fence).write(split(30))
    router(api, clock, fence, {"blue": 0, "green": 2}).write(split(0))
    assert weight(cluster) == "0"


def test_users_go_back_to_stable_whatever_has_become_of_the_rest(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    """Users stick to versions since, and the candidate's Service is gone: no reason to leave them there."""
    router(api, clock, fence).write(split(30))
    edited = cluster.objects.get(f"{INGRESSES}/web")
    edited["metadata"]["annotations"] = {f"{STEERING}affinity": "cookie"}
    cluster.objects.put(f"{INGRESSES}/web", edited)
    cluster.objects.delete(f"{SERVICES}/shop-green", {})
    with pytest.raises(InputError):
        router(api, clock, fence)
    opened(api, "web", BACKENDS, lambda _: 0, fence, clock, undoing=True).write(split(0))
    assert weight(cluster) == "0"


@pytest.mark.usefixtures("cluster")
def test_an_ingress_that_is_not_there_is_named_with_those_that_are(api: KubeApi, clock: FakeClock, fence: Held) -> None:
    with pytest.raises(InputError, match="there is no Ingress shop") as refused:
        opened(api, "shop", BACKENDS, lambda _: 1, fence, clock)
    assert "web" in refused.value.advice


def test_a_service_without_the_port_is_refused(
    cluster: KubeServer, api: KubeApi, clock: FakeClock, fence: Held
) -> None:
    bare: dict[str, Any] = {"metadata": {"name": "shop-green"}, "spec": {"ports": [{"name": "admin", "port": 81}]}}
    cluster.objects.put(f"{SERVICES}/shop-green", bare)
    with pytest.raises(InputError, match="Service shop-green has no port http"):
        router(api, clock, fence)
