"""How the answers of a version are known again: by what its own pods answer."""

from __future__ import annotations

from pointsman.adapters.kube.api import Answer, Json, KubeApi
from pointsman.adapters.probers.pod_markers import PodMarkers
from pointsman.testing import FakeClock
from tests.fakes.kube_server import KubeServer
from tests.unit.adapters.deployments import pod


class Pods(KubeApi):
    """An API server whose proxy lets each pod answer the version of its template."""

    def __init__(self, **answers: str) -> None:
        super().__init__(KubeServer(), "shop", FakeClock())
        self.answers, self.asked = answers, list[str]()

    def text(self, target: str, seconds: float = 5.0) -> Answer:
        """See `KubeApi.text`."""
        del seconds
        self.asked.append(target)
        template = target.partition("shop-blue-")[2].partition("-")[0]
        return Answer(200, "", {"x-version": self.answers[template]} if template in self.answers else {})


def of(template: str) -> Json:
    return pod(1, template, metadata={"labels": {"pod-template-hash": template}})


def markers(api: Pods, pods: dict[str, list[Json]]) -> PodMarkers:
    return PodMarkers(api, lambda name: pods[name], "8080", "http://shop.example/cart?x=1", "X-Version")


def test_a_version_is_asked_once_under_the_path_users_ask_for() -> None:
    api = Pods(old="v1")
    marker_of = markers(api, {"shop": [of("old")]})
    assert [marker_of("shop"), marker_of("shop")] == ["v1", "v1"]
    assert [target.partition("/proxy")[2] for target in api.asked] == ["/cart"]


def test_a_workload_that_got_another_image_in_place_answers_with_another_marker() -> None:
    """Stable, once its canary is promoted: its old marker would never be met again."""
    pods = {"shop": [of("old")]}
    marker_of = markers(Pods(old="v1", new="v2"), pods)
    marker_of("shop")
    pods["shop"] = [of("new")]
    assert marker_of("shop") == "v2"


def test_a_version_without_ready_pods_is_known_by_its_last_answer() -> None:
    pods = {"shop": [of("old")]}
    marker_of = markers(Pods(old="v1"), pods)
    marker_of("shop")
    pods["shop"] = []
    assert marker_of("shop") == "v1"


def test_a_version_that_never_told_has_no_marker_and_is_asked_again() -> None:
    api = Pods()
    marker_of = markers(api, {"shop": [of("old")], "shop-canary": []})
    assert [marker_of("shop"), marker_of("shop"), marker_of("shop-canary")] == ["", "", ""]
    assert len(api.asked) == 2
