"""What an answer through the API server's proxy says, and of whom."""

from __future__ import annotations

import json

import pytest

from pointsman.adapters.kube.api import Answer, KubeApi
from pointsman.adapters.probers.pod_proxy import PodProxyProber, port_number, probe_of
from pointsman.model.errors import NotPermitted
from pointsman.model.expectation import Expectation
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer
from tests.unit.adapters.deployments import pod


def of_api_server(code: int, message: str) -> Answer:
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return Answer(code, json.dumps(said), {})


REFUSED = "error trying to reach service: dial tcp 10.0.0.1:8080: connect: connection refused"
TIMEOUT = "error trying to reach service: dial tcp 10.0.0.1:8080: i/o timeout"


@pytest.mark.parametrize(
    ("answer", "ok", "reached"),
    [
        pytest.param(Answer(200, "fine", {}), True, True, id="the app is healthy"),
        pytest.param(Answer(503, "draining", {}), False, True, id="the app's own 503"),
        pytest.param(Answer(404, "", {}), False, True, id="the app knows no such path"),
        pytest.param(Answer(500, '{"Status": "the app\'s own word"}', {}), False, True, id="an app that says Status"),
        pytest.param(Answer(500, '{"kind": "Status"', {}), False, True, id="an app's broken JSON"),
        pytest.param(of_api_server(503, REFUSED), False, True, id="nobody listens in the pod"),
        pytest.param(of_api_server(503, TIMEOUT), False, False, id="the way to the pod is closed"),
        pytest.param(of_api_server(503, "no endpoints available for service"), False, False, id="no endpoints"),
    ],
)
def test_the_api_servers_own_no_is_told_from_the_apps(answer: Answer, ok: bool, reached: bool) -> None:
    probe = probe_of("shop-1", answer, Expectation(), 0.1)
    assert (probe.ok, probe.reached, probe.status) == (ok, reached, answer.status)


@pytest.mark.parametrize("code", [401, 403])
def test_a_missing_permission_is_an_error_and_no_verdict(code: int) -> None:
    with pytest.raises(NotPermitted, match="may not get pods"):
        probe_of("shop-1", of_api_server(code, "shop may not get pods/proxy"), Expectation(), 0.1)


def test_an_apps_own_403_is_an_answer() -> None:
    assert not probe_of("shop-1", Answer(403, "forbidden", {}), Expectation(), 0.1).ok


@pytest.mark.parametrize(
    ("status", "body", "expected", "wrong"),
    [
        (200, "ok", Expectation(), ""),
        (204, "", Expectation(status="200-299"), ""),
        (300, "", Expectation(status="200-299"), "answered 300 instead of 200-299"),
        (200, '{"db": "up"}', Expectation(body='"db": "up"'), ""),
        (200, '{"db": "down"}', Expectation(body='"db": "up"'), "does not match"),
    ],
)
def test_what_a_healthy_answer_looks_like(status: int, body: str, expected: Expectation, wrong: str) -> None:
    found = expected.mismatch(status, body)
    assert wrong in found
    assert bool(found) == bool(wrong)


@pytest.mark.parametrize(
    ("ports", "wanted", "expected"),
    [
        ([{"name": "http", "containerPort": 8080}], "http", "8080"),
        ([{"name": "http", "containerPort": 8080}], "", "8080"),
        ([], "9000", "9000"),
        ([], "metrics", "metrics"),
        ([], "", "80"),
    ],
)
def test_the_port_of_a_pod(ports: list[dict[str, object]], wanted: str, expected: str) -> None:
    assert port_number({"spec": {"containers": [{"name": "app", "ports": ports}]}}, wanted) == expected


def prober(api: KubeApi, pods: int) -> PodProxyProber:
    found = [pod(number) for number in range(pods)]
    return PodProxyProber(api, "shop", "http", "8080", Expectation(), lambda _: found, FakeClock())


def test_pods_are_asked_in_turn(kube: KubeServer, api: KubeApi) -> None:
    kube.faults = [Fault(200, body="ok") for _ in range(4)]
    probes = prober(api, 2).probe_version("shop-blue", 4)
    assert all(probe.ok for probe in probes)
    assert sorted(probe.target for probe in probes) == ["shop-blue-new-0"] * 2 + ["shop-blue-new-1"] * 2
    assert kube.asked[0][1].endswith(":8080/proxy/healthz")


def test_without_pods_nobody_is_asked(kube: KubeServer, api: KubeApi) -> None:
    assert list(prober(api, 0).probe_version("shop-blue", 4)) == []
    assert kube.asked == []


def test_an_api_server_that_is_gone_is_not_the_versions_fault(kube: KubeServer, api: KubeApi) -> None:
    kube.faults = [Fault(reset=True)]
    probe = prober(api, 1).probe_service()
    assert (probe.ok, probe.reached, probe.status) == (False, False, 0)
    assert kube.asked[0][1].endswith("/services/shop:http/proxy/healthz")
