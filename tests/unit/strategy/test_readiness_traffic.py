"""Selectors, and the traps on the way to the service."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.model.readiness import Facts, Item
from tests.unit.strategy.readiness_facts import LABELS, container, deployment, facts, item, service, statuses

NGINX = "nginx.ingress.kubernetes.io/"
BLUE = {**LABELS, "version": "blue"}


def ingress(name: str = "shop", to: str = "shop", host: str = "shop.example.com", **more: Any) -> Item:
    backend = {"service": {"name": to, "port": {"number": 80}}}
    spec = {"rules": [{"host": host, "http": {"paths": [{"path": "/", "backend": backend}]}}], **more.pop("spec", {})}
    return item("Ingress", name, spec, **more)


def with_these(*items: Item) -> Facts:
    return facts(deployment(), service(), *items)


def empty(name: str) -> tuple[Item, Item]:
    """A Service with a Deployment of no pods."""
    labels = {"app": name}
    return item("Service", name, {"selector": labels}), deployment(name, labels, replicas=0)


def application(**policy: Any) -> Item:
    return item("Application", "all", {"destination": {"namespace": "shop"}, "syncPolicy": {"automated": policy}})


HEALS = application(selfHeal=True)
SPARED = item(
    "Application", "shop", {**HEALS.spec, "ignoreDifferences": [{"kind": "Deployment", "jsonPointers": ["/spec"]}]}
)
CANARY = ingress("canary", "shop", annotations={f"{NGINX}canary": "true"})
ALB = {"annotations": {"alb.ingress.kubernetes.io/target-type": "ip"}, "spec": {"ingressClassName": "alb"}}


@pytest.mark.parametrize(
    ("check", "known", "expected"),
    [
        pytest.param("service-selects", facts(), ["pass"], id="its pods"),
        pytest.param("service-selects", facts(deployment()), ["unknown"], id="no Service was seen"),
        pytest.param("service-selects", facts(deployment(), service({"app": "x"})), ["fail"], id="nothing"),
        pytest.param("service-selects", facts(deployment(), service({})), ["fail"], id="no selector"),
        pytest.param("service-selects-no-other", facts(), ["pass"], id="nothing else"),
        pytest.param("service-selects-no-other", facts(deployment()), [], id="no Service, no question"),
        pytest.param(
            "service-selects-no-other",
            facts(deployment("shop-blue"), deployment("shop-green"), service()),
            ["pass"],
            id="two colours are one service",
        ),
        pytest.param(
            "service-selects-no-other", facts(deployment(), deployment("mailer"), service()), ["fail"], id="a stranger"
        ),
        pytest.param(
            "service-selects-no-other", facts(deployment("web"), service()), ["pass"], id="another name alone"
        ),
        pytest.param("ports-meet", facts(), ["pass"], id="a named port"),
        pytest.param("ports-meet", facts(deployment()), [], id="no Service, no ports"),
        pytest.param(
            "ports-meet",
            facts(deployment(containers=[container(ports=[{"name": "web"}])]), service()),
            ["fail"],
            id="no port of that name",
        ),
        pytest.param("selector-stable", facts(), ["pass"], id="stable labels"),
        pytest.param(
            "selector-stable",
            facts(deployment(labels={**LABELS, "helm.sh/chart": "shop-1"}), service()),
            ["fail"],
            id="the chart's version",
        ),
        pytest.param(
            "selector-stable",
            facts(deployment(selector={"matchLabels": {"app": "x"}}), service()),
            ["fail"],
            id="not its own pods",
        ),
        pytest.param("selectors-apart", facts(), ["pass"], id="alone"),
        pytest.param(
            "selectors-apart",
            facts(deployment("shop", BLUE), deployment("greedy", LABELS, template={}), service()),
            ["fail"],
            id="somebody counts its pods too",
        ),
        pytest.param("affinity", with_these(ingress()), ["pass"], id="no cookie"),
        pytest.param("affinity", with_these(ingress(to="other")), [], id="not the way to the service"),
        pytest.param(
            "affinity", with_these(ingress(annotations={f"{NGINX}affinity": "cookie"})), ["fail"], id="T35 a cookie"
        ),
        pytest.param(
            "affinity",
            with_these(
                ingress(annotations={f"{NGINX}affinity": "cookie", f"{NGINX}affinity-canary-behavior": "legacy"})
            ),
            ["pass"],
            id="a cookie that weights outvote",
        ),
        pytest.param("main-not-empty", with_these(ingress()), [], id="no canary"),
        pytest.param("main-not-empty", with_these(CANARY, ingress("main", "shop")), ["pass"], id="filled"),
        pytest.param(
            "main-not-empty", with_these(CANARY, ingress("main", "old"), *empty("old")), ["fail"], id="T34 empty"
        ),
        pytest.param("main-not-empty", with_these(CANARY, ingress("main", "unseen")), ["pass"], id="not known"),
        pytest.param("main-not-empty", with_these(CANARY), ["fail"], id="of no other Ingress"),
        pytest.param(
            "main-not-empty",
            with_these(ingress("canary", "x", annotations={f"{NGINX}canary": "true"})),
            [],
            id="somebody else's",
        ),
        pytest.param(
            "main-not-empty",
            with_these(ingress("canary", "x", annotations={f"{NGINX}canary": "true"}), ingress("main", "y")),
            [],
            id="somebody else's pair",
        ),
        pytest.param("load-balancer", with_these(ingress()), [], id="no load balancer of AWS"),
        pytest.param("load-balancer", with_these(ingress(**ALB)), ["pass"], id="no colours"),
        pytest.param(
            "load-balancer",
            facts(deployment(labels=BLUE), service(BLUE), ingress(**ALB)),
            ["fail"],
            id="it knows pods, the Service switches colours",
        ),
        pytest.param("self-heal", facts(), [], id="no GitOps"),
        pytest.param("self-heal", with_these(application()), ["pass"], id="it does not heal"),
        pytest.param("self-heal", with_these(HEALS), ["fail"], id="T22 it heals"),
        pytest.param("self-heal", with_these(SPARED), ["pass"], id="it leaves Deployments alone"),
        pytest.param(
            "self-heal",
            facts(deployment(metadata={"labels": {"argocd.argoproj.io/instance": "x"}}), service()),
            ["unknown"],
            id="Argo CD, and nobody knows how",
        ),
        pytest.param(
            "self-heal",
            facts(deployment(metadata={"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}), service()),
            ["fail"],
            id="Flux",
        ),
        pytest.param(
            "self-heal",
            facts(
                deployment(
                    metadata={
                        "labels": {"kustomize.toolkit.fluxcd.io/name": "x"},
                        "annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Merge"},
                    }
                ),
                service(),
            ),
            [],
            id="Flux leaves it alone",
        ),
    ],
)
def test_ways_to_the_service(check: str, known: Facts, expected: list[str]) -> None:
    assert statuses(check, known) == expected


def test_the_workload_that_was_named_must_be_behind_the_service() -> None:
    known = Facts(
        "shop", facts().today, workload="web", items=(deployment(), deployment("web", {"app": "x"}), service())
    )
    assert statuses("service-selects", known) == ["fail"]
    assert len(statuses("replicas", known)) == 1


def test_a_deployment_behind_the_service_by_mistake_is_not_asked_about() -> None:
    assert statuses("replicas", facts(deployment(), deployment("mailer", replicas=1), service())) == ["pass"]
