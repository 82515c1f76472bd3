"""Requests to the API server: bounded, retried where that is safe, and clear about every no."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE
from pointsman.model.errors import NotPermitted, RemoteError, Unreachable
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer

PATH = "/api/v1/namespaces/shop/configmaps/one"


def body(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"key": "1"}, **more}


def test_an_object_is_read_as_it_is(kube: KubeServer, api: KubeApi) -> None:
    kept = kube.objects.put(PATH, body())
    assert api.get(CONFIG_MAP, "one") == kept


def test_what_is_not_there_is_none(api: KubeApi) -> None:
    assert api.get(CONFIG_MAP, "one") is None


def test_paths_name_namespace_kind_and_what_is_under_it(api: KubeApi) -> None:
    assert api.path(DEPLOYMENT) == "/apis/apps/v1/namespaces/shop/deployments"
    assert api.path(SERVICE, "a/b", "proxy/x").endswith("/services/a%2Fb/proxy/x")
    assert (DEPLOYMENT.api_version, SERVICE.api_version) == ("apps/v1", "v1")


def test_a_name_never_leaves_its_namespace(kube: KubeServer, api: KubeApi) -> None:
    api.get(CONFIG_MAP, "../../other/configmaps/two")
    assert kube.asked[-1][1].startswith("/api/v1/namespaces/shop/configmaps/..%2F")


def test_the_credentials_and_the_field_manager_are_sent(kube: KubeServer, api: KubeApi) -> None:
    created = api.create(CONFIG_MAP, body())
    assert created["metadata"]["resourceVersion"]
    assert api.requests == len(kube.asked) == 1
    assert api.host == f"http://127.0.0.1:{kube.port}"


def test_a_list_is_narrowed_by_labels(kube: KubeServer, api: KubeApi) -> None:
    kube.objects.put(PATH, body(metadata={"name": "one", "labels": {"app": "shop"}}))
    kube.objects.put(f"{PATH}2", body(metadata={"name": "one2"}))
    assert [item["metadata"]["name"] for item in api.list(CONFIG_MAP, "app=shop")["items"]] == ["one"]
    assert len(api.list(CONFIG_MAP)["items"]) == 2


def test_a_stale_replace_is_refused(kube: KubeServer, api: KubeApi) -> None:
    old = api.create(CONFIG_MAP, body())
    kube.objects.put(PATH, body())
    with pytest.raises(ApiStatus) as refused:
        api.replace(CONFIG_MAP, "one", old)
    assert (refused.value.code, refused.value.reason) == (409, "Conflict")


def test_a_patch_whose_test_fails_changes_nothing(kube: KubeServer, api: KubeApi) -> None:
    kept = kube.objects.put(PATH, body())
    with pytest.raises(ApiStatus) as refused:
        api.patch(CONFIG_MAP, "one", [
            {"op": "replace", "path": "/data/key", "value": "2"},
            {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
        ])  # fmt: skip
    assert refused.value.code == 422
    assert kube.objects.get(PATH) == kept


def test_a_dry_run_patch_shows_the_result_and_keeps_nothing(kube: KubeServer, api: KubeApi) -> None:
    kept = kube.objects.put(PATH, body())
    shown = api.patch(CONFIG_MAP, "one", [{"op": "replace", "path": "/data/key", "value": "2"}], dry_run=True)
    assert shown["data"] == {"key": "2"}
    assert kube.objects.get(PATH) == kept


def test_what_is_gone_already_is_deleted(kube: KubeServer, api: KubeApi) -> None:
    api.delete(CONFIG_MAP, "one", {"uid": "x"})
    kept = kube.objects.put(PATH, body())
    with pytest.raises(ApiStatus):
        api.delete(CONFIG_MAP, "one", {"uid": "of-another"})
    api.delete(CONFIG_MAP, "one", {"uid": kept["metadata"]["uid"]})
    assert api.get(CONFIG_MAP, "one") is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(kube: KubeServer, api: KubeApi, status: int) -> None:
    kube.faults = [Fault(status), Fault(status)]
    assert api.create(CONFIG_MAP, body())["data"] == {"key": "1"}
    assert api.requests == 3


@pytest.mark.parametrize(("asked", "waited"), [("3", 3.0), ("600", 10.0), ("soon", 0.2), ("0", 0.2)])
def test_retry_after_is_honoured_within_bounds(
    kube: KubeServer, api: KubeApi, clock: FakeClock, asked: str, waited: float
) -> None:
    kube.faults = [Fault(429, {"retry-after": asked})]
    api.get(CONFIG_MAP, "one")
    assert clock.slept == [pytest.approx(waited)]


def test_tries_are_further_and_further_apart_and_end(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    kube.faults = [Fault(503) for _ in range(9)]
    with pytest.raises(Unreachable, match="goes on answering 503"):
        api.get(CONFIG_MAP, "one")
    assert api.requests == 5
    assert clock.slept == sorted(clock.slept)
    assert len(clock.slept) == 4


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_connection_that_breaks_is_tried_again(kube: KubeServer, api: KubeApi, after: bool) -> None:
    kube.objects.put(PATH, body())
    kube.faults = [Fault(reset=True, after=after)]
    assert api.get(CONFIG_MAP, "one") is not None
    assert api.requests == 2


def test_a_create_that_meets_its_own_first_try_comes_back_as_a_conflict(kube: KubeServer, api: KubeApi) -> None:
    kube.faults = [Fault(reset=True, after=True)]
    with pytest.raises(ApiStatus) as refused:
        api.create(CONFIG_MAP, body())
    assert refused.value.code == 409


def test_a_server_that_never_answers_is_unreachable(kube: KubeServer, api: KubeApi) -> None:
    kube.faults = [Fault(reset=True) for _ in range(9)]
    with pytest.raises(Unreachable, match="cannot be reached"):
        api.get(CONFIG_MAP, "one")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        pytest.param(403, NotPermitted, "not permitted", id="403"),
        pytest.param(400, ApiStatus, "answered 400", id="400"),
        pytest.param(410, ApiStatus, "answered 410", id="410"),
    ],
)
def test_a_final_no_is_not_tried_again(
    kube: KubeServer, api: KubeApi, status: int, error: type[RemoteError], words: str
) -> None:
    kube.faults = [Fault(status)]
    with pytest.raises(error, match=words):
        api.get(CONFIG_MAP, "one")
    assert api.requests == 1


def test_a_token_that_ran_out_is_read_anew(kube: KubeServer, api: KubeApi) -> None:
    """The kubeconfig may hold a new one by now; when it does not, the third no is final."""
    kube.objects.put(PATH, body())
    kube.faults = [Fault(401)]
    assert api.get(CONFIG_MAP, "one") is not None
    kube.faults = [Fault(401), Fault(401), Fault(401)]
    with pytest.raises(NotPermitted, match="does not accept our credentials"):
        api.get(CONFIG_MAP, "one")
    assert api.requests == 5


def test_a_no_that_is_not_json_is_told_as_it_is(kube: KubeServer, api: KubeApi) -> None:
    kube.faults = [Fault(400, body="<html>proxy says no</html>")]
    with pytest.raises(ApiStatus, match="proxy says no"):
        api.get(CONFIG_MAP, "one")


@pytest.mark.parametrize("text", ["<html>", "[1]"])
def test_a_yes_that_is_no_object_is_asked_for_again_and_never_believed(
    kube: KubeServer, api: KubeApi, text: str
) -> None:
    kube.objects.put(PATH, body())
    kube.faults = [Fault(200, body=text)]
    assert api.get(CONFIG_MAP, "one") is not None
    kube.faults = [Fault(200, body=text) for _ in range(5)]
    with pytest.raises(Unreachable, match="is not"):
        api.get(CONFIG_MAP, "one")


def test_a_namespace_is_only_missing_when_the_server_says_so(kube: KubeServer, api: KubeApi) -> None:
    assert not api.namespace_exists()
    kube.faults = [Fault(403)]
    assert api.namespace_exists()
    kube.objects.put("/api/v1/namespaces/shop", {"metadata": {"name": "shop"}})
    assert api.namespace_exists()


def test_what_is_proxied_is_neither_raised_nor_tried_again(kube: KubeServer, api: KubeApi) -> None:
    kube.faults = [Fault(503, body="the app says no")]
    answer = api.text("/api/v1/namespaces/shop/pods/one/proxy/")
    assert (answer.status, answer.body, api.requests) == (503, "the app says no", 1)


def test_a_watch_gives_what_changes_and_its_bookmarks(kube: KubeServer, api: KubeApi) -> None:
    events = api.watch(CONFIG_MAP, "", str(kube.objects.version), 5)
    kube.objects.put(PATH, body())
    kinds = []
    for event in events:
        kinds.append(event["type"])
        if event["type"] != "BOOKMARK":
            kube.end_watches()
    assert "ADDED" in kinds
    assert "BOOKMARK" in kinds


def test_a_watch_from_too_long_ago_is_refused(kube: KubeServer, api: KubeApi) -> None:
    kube.expired = True
    with pytest.raises(ApiStatus) as refused:
        api.watch(CONFIG_MAP, "", "1", 5)
    assert refused.value.code == 410
