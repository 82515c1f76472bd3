"""What a pod says about itself."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.model.readiness import Facts
from tests.unit.strategy.readiness_facts import container, deployment, facts, item, service, statuses

SIDECAR = {"name": "proxy", "image": "proxy:1"}


def pods(*containers: dict[str, Any], **pod: Any) -> Facts:
    return facts(deployment(containers=list(containers), pod=pod), service())


def without(key: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in container(**more).items() if name != key}


SAME = {"httpGet": {"path": "/ready", "port": "http"}}


@pytest.mark.parametrize(
    ("check", "known", "expected"),
    [
        pytest.param("health-checks", pods(container()), "pass", id="a readinessProbe"),
        pytest.param("health-checks", pods(without("readinessProbe")), "fail", id="none"),
        pytest.param("health-checks", pods(container(), SIDECAR), "pass", id="a sidecar without ports needs none"),
        pytest.param(
            "health-checks", pods({"name": "app", "image": "x:1"}), "fail", id="no ports: the first one counts"
        ),
        pytest.param("probes-differ", pods(container()), "pass", id="two questions"),
        pytest.param("probes-differ", pods(container(livenessProbe=SAME)), "fail", id="one question"),
        pytest.param(
            "probes-differ",
            pods(container(livenessProbe={**SAME, "periodSeconds": 30})),
            "fail",
            id="the pace makes it no other question",
        ),
        pytest.param("graceful-shutdown", pods(container()), "pass", id="a preStop hook"),
        pytest.param("graceful-shutdown", pods(without("lifecycle")), "fail", id="no preStop hook"),
        pytest.param("grace-period", pods(container()), "pass", id="the default outlasts a hook of 10 s"),
        pytest.param(
            "grace-period", pods(container(), terminationGracePeriodSeconds=12), "fail", id="killed while it drains"
        ),
        pytest.param(
            "grace-period",
            pods(container(lifecycle={"preStop": {"exec": {"command": ["sh", "-c", "sleep 60"]}}})),
            "fail",
            id="a command that sleeps counts",
        ),
        pytest.param(
            "grace-period",
            pods(container(lifecycle={"preStop": {"exec": {"command": ["drain"]}}})),
            "pass",
            id="what a command takes is not known",
        ),
        pytest.param("resources", pods(container()), "pass", id="requests and a limit"),
        pytest.param("resources", pods(container(), SIDECAR), "fail", id="a sidecar asks for nothing"),
        pytest.param("image-named", pods(container(image="shop")), "fail", id="no tag"),
        pytest.param("image-named", pods(container(image="host:5000/shop")), "fail", id="a port is no tag"),
        pytest.param("image-named", pods(container(image="shop:latest")), "fail", id="latest"),
        pytest.param("image-named", pods(container(image="host:5000/shop:1")), "pass", id="a tag"),
        pytest.param("image-named", pods(container(image="shop@sha256:0")), "pass", id="a digest"),
        pytest.param(
            "image-named",
            pods(container(), initContainers=[{"name": "x", "image": "x"}]),
            "fail",
            id="init containers count",
        ),
        pytest.param("image-by-digest", pods(container()), "pass", id="by digest"),
        pytest.param("image-by-digest", pods(container(image="shop:1")), "fail", id="by tag"),
        pytest.param("no-privileges", pods(container()), "pass", id="it stays in its place"),
        pytest.param("no-privileges", pods(container(), hostPID=True), "fail", id="the node's processes"),
        pytest.param(
            "no-privileges",
            pods(container(), volumes=[{"name": "x", "hostPath": {"path": "/"}}]),
            "fail",
            id="a path of the node",
        ),
        pytest.param("no-privileges", pods(container(securityContext={"privileged": True})), "fail", id="privileged"),
        pytest.param("least-privileges", pods(container()), "pass", id="the least"),
        pytest.param("least-privileges", pods(without("securityContext")), "fail", id="nothing is said"),
        pytest.param(
            "least-privileges",
            pods(
                container(securityContext={"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
                securityContext={"runAsNonRoot": True},
            ),
            "pass",
            id="the pod says it for all",
        ),
    ],
)
def test_a_pod_is_judged_by_what_it_says(check: str, known: Facts, expected: str) -> None:
    assert statuses(check, known) == [expected]


def test_probes_are_compared_only_where_there_are_two() -> None:
    assert statuses("probes-differ", pods(without("livenessProbe"))) == []


def test_a_patch_asks_the_containers_own_port() -> None:
    from tests.unit.strategy.readiness_facts import asked

    known = pods({"name": "app", "image": "x", "ports": [{"containerPort": 9000}]})
    patch = asked("health-checks", known)[0].patch or {}
    assert patch["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]["port"] == 9000


def test_without_a_deployment_nothing_is_proven() -> None:
    """Neither passes nor fails: nobody saw a pod."""
    for cluster, advice in ((False, "give its manifest"), (True, "check --namespace")):
        known = Facts("shop", facts().today, cluster=cluster)
        assert statuses("resources", known) == ["unknown"]
        from tests.unit.strategy.readiness_facts import asked

        assert advice in asked("resources", known)[0].fix


def test_what_is_not_as_kubernetes_wants_it_counts_as_not_there() -> None:
    """Manifests of the wrong shape are the API server's to refuse; here they prove nothing."""
    crooked = item("Deployment", "shop", {"template": {"spec": {"containers": "app"}}})
    assert statuses("resources", facts(crooked, service())) == ["unknown"]
    assert statuses("resources", facts(item("Deployment", "shop", {"template": []}), service())) == ["unknown"]
    assert statuses("replicas", facts(deployment(replicas="two"), service())) == ["fail"]
