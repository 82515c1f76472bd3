"""Monitoring, alerts, logs, backups, breakers, limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pointsman.model.readiness import Facts, Item
from tests.unit.strategy.readiness_facts import LABELS, deployment, facts, item, service, statuses

ROUTE = item("HTTPRoute", "shop", {"rules": [{"backendRefs": [{"name": "shop"}]}]})

MIDDLEWARE = item("Middleware", "m", {"rateLimit": {"average": 1}})
PLUGIN = item("KongPlugin", "k", plugin="rate-limiting")
TRAEFIK, KONG = {"traefik.ingress.kubernetes.io/router.middlewares": "shop-m@kubernetescrd"}, "konghq.com/plugins"
FILTERED = item(
    "HTTPRoute",
    "shop",
    {
        "rules": [
            {"backendRefs": [{"name": "shop"}], "filters": [{"extensionRef": {"kind": "Middleware", "name": "m"}}]}
        ]
    },
)


def ingress_with(**annotations: str) -> Item:
    return item("Ingress", "shop", {"defaultBackend": {"service": {"name": "shop"}}}, annotations=annotations)


def with_these(*items: Item) -> Facts:
    return facts(deployment(), service(labels=LABELS), *items)


def monitor(home: str, **where: Any) -> Item:
    spec = {"selector": {"matchLabels": LABELS}, **({"namespaceSelector": where} if where else {})}
    return item("ServiceMonitor", "m", spec, metadata={"namespace": home})


def rule(expr: str, **more: Any) -> Item:
    return item("PrometheusRule", "r", {"groups": [{"rules": [{"alert": "A", "expr": expr, **more}]}]})


def job(name: str, image: str = "busybox", **spec: Any) -> Item:
    pods = {"containers": [{"name": "x", "image": image}]}
    return item("CronJob", name, {"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": pods}}}, **spec})


def policy(target: str, **spec: Any) -> Item:
    return item("BackendTrafficPolicy", "p", {"targetRefs": [{"kind": "HTTPRoute", "name": target}], **spec})


def agent(image: str, kind: str = "DaemonSet") -> Item:
    return item(kind, "agent", {"template": {"spec": {"containers": [{"name": "a", "image": image}]}}})


def filter_of(labels: dict[str, str]) -> Item:
    patch = {"applyTo": "HTTP_FILTER", "patch": {"value": {"name": "envoy.filters.http.local_ratelimit"}}}
    return item("EnvoyFilter", "f", {"workloadSelector": {"labels": labels}, "configPatches": [patch]})


SIDECAR = [{"name": "app", "image": "x:1"}, {"name": "logs", "image": "fluent/fluent-bit:3"}]
SCRAPED = {"metadata": {"labels": LABELS, "annotations": {"prometheus.io/scrape": "true"}}, "spec": {}}


@pytest.mark.parametrize(
    ("check", "known", "expected"),
    [
        pytest.param("monitoring", with_these(), "fail", id="nobody scrapes it"),
        pytest.param(
            "monitoring",
            with_these(item("ServiceMonitor", "m", {"selector": {"matchLabels": LABELS}})),
            "pass",
            id="a ServiceMonitor",
        ),
        pytest.param(
            "monitoring",
            with_these(item("ServiceMonitor", "m", {"selector": {"matchLabels": {"app": "x"}}})),
            "fail",
            id="a ServiceMonitor of somebody else",
        ),
        pytest.param(
            "monitoring",
            with_these(item("PodMonitor", "m", {"selector": {"matchLabels": LABELS}})),
            "pass",
            id="a PodMonitor",
        ),
        pytest.param(
            "monitoring",
            facts(deployment(), service(annotations={"prometheus.io/scrape": "true"})),
            "pass",
            id="an annotation of the Service",
        ),
        pytest.param("monitoring", facts(deployment(template=SCRAPED), service()), "pass", id="one of the pods"),
        pytest.param("monitoring", with_these(monitor("shop")), "pass", id="in its own namespace"),
        pytest.param("monitoring", with_these(monitor("ops")), "fail", id="one that looks only at home"),
        pytest.param("monitoring", with_these(monitor("ops", any=True)), "pass", id="one that looks anywhere"),
        pytest.param("monitoring", with_these(monitor("ops", matchNames=["shop"])), "pass", id="one that looks here"),
        pytest.param("monitoring", with_these(monitor("ops", matchNames=["x"])), "fail", id="one that looks elsewhere"),
        pytest.param(
            "monitoring", replace(with_these(monitor("ops")), namespace=""), "pass", id="where we are is not known"
        ),
        pytest.param("alerts", with_these(), "fail", id="no rule"),
        pytest.param("alerts", with_these(rule('up{job="shop"} == 0')), "pass", id="it is in the expression"),
        pytest.param("alerts", with_these(rule("x > 1", labels={"service": "shop"})), "pass", id="it is in the labels"),
        pytest.param("alerts", with_these(rule('up{job="workshop"} == 0')), "fail", id="a longer name is another"),
        pytest.param(
            "alerts",
            with_these(item("PrometheusRule", "r", {"groups": [{"rules": [{"record": "shop"}]}]})),
            "fail",
            id="a recording rule alerts nobody",
        ),
        pytest.param("logging", with_these(), "unknown", id="nothing was seen"),
        pytest.param("logging", with_these(agent("grafana/alloy:1")), "pass", id="a collector on the nodes"),
        pytest.param("logging", with_these(agent("cilium:1")), "unknown", id="another DaemonSet"),
        pytest.param("logging", with_these(item("Flow", "f")), "pass", id="a pipeline"),
        pytest.param("logging", facts(deployment(containers=SIDECAR), service()), "pass", id="a sidecar"),
        pytest.param("backup", with_these(), "unknown", id="nothing was seen"),
        pytest.param("backup", with_these(job("db-backup")), "pass", id="a job called so"),
        pytest.param(
            "backup", with_these(job("nightly", "restic/restic:1")), "pass", id="a job that runs such an image"
        ),
        pytest.param("backup", with_these(job("nightly")), "unknown", id="another job"),
        pytest.param("backup", with_these(job("db-backup", suspend=True)), "fail", id="suspended"),
        pytest.param(
            "backup", with_these(job("a-backup", suspend=True), job("b-backup")), "pass", id="one of two runs"
        ),
        pytest.param(
            "backup", with_these(item("Schedule", "s", {"schedule": "@daily"})), "pass", id="of all namespaces"
        ),
        pytest.param(
            "backup",
            with_these(item("Schedule", "s", {"template": {"includedNamespaces": ["x"]}})),
            "unknown",
            id="of another namespace",
        ),
        pytest.param("backup", with_these(item("ReplicationSource", "s", {"trigger": {}})), "pass", id="a replication"),
        pytest.param("circuit-breakers", with_these(), "unknown", id="nothing was seen"),
        pytest.param(
            "circuit-breakers",
            with_these(
                item("DestinationRule", "d", {"host": "shop.shop.svc", "trafficPolicy": {"outlierDetection": {"a": 1}}})
            ),
            "pass",
            id="Istio",
        ),
        pytest.param(
            "circuit-breakers",
            with_these(item("DestinationRule", "d", {"host": "shop"})),
            "unknown",
            id="a rule that breaks nothing",
        ),
        pytest.param(
            "circuit-breakers",
            with_these(ROUTE, policy("shop", circuitBreaker={"maxConnections": 1})),
            "pass",
            id="Envoy",
        ),
        pytest.param(
            "circuit-breakers",
            with_these(ROUTE, policy("x", circuitBreaker={"maxConnections": 1})),
            "unknown",
            id="Envoy, on another route",
        ),
        pytest.param(
            "circuit-breakers",
            facts(deployment(), service(annotations={"balancer.linkerd.io/failure-accrual": "consecutive"})),
            "pass",
            id="Linkerd",
        ),
        pytest.param("rate-limiting", with_these(), "unknown", id="nothing was seen"),
        pytest.param(
            "rate-limiting", with_these(ROUTE, policy("shop", rateLimit={"type": "Local"})), "pass", id="Envoy"
        ),
        pytest.param(
            "rate-limiting",
            with_these(
                item(
                    "BackendTrafficPolicy", "p", {"targetRef": {"kind": "Gateway", "name": "g"}, "rateLimit": {"a": 1}}
                )
            ),
            "pass",
            id="of the whole gateway",
        ),
        pytest.param("rate-limiting", with_these(filter_of(LABELS)), "pass", id="an EnvoyFilter"),
        pytest.param("rate-limiting", with_these(filter_of({"app": "x"})), "unknown", id="an EnvoyFilter elsewhere"),
        pytest.param("rate-limiting", with_these(MIDDLEWARE), "unknown", id="a Middleware nobody uses"),
        pytest.param("rate-limiting", with_these(MIDDLEWARE, ingress_with(**TRAEFIK)), "pass", id="of an Ingress"),
        pytest.param("rate-limiting", with_these(MIDDLEWARE, FILTERED), "pass", id="of an HTTPRoute"),
        pytest.param("rate-limiting", with_these(PLUGIN), "unknown", id="a KongPlugin nobody uses"),
        pytest.param("rate-limiting", with_these(PLUGIN, ingress_with(**{KONG: "auth, k"})), "pass", id="Kong"),
        pytest.param("rate-limiting", with_these(PLUGIN, ingress_with(**{KONG: "k-other"})), "unknown", id="another"),
        pytest.param(
            "rate-limiting",
            facts(deployment(), service(labels=LABELS, annotations={KONG: "k"}), PLUGIN),
            "pass",
            id="of the Service",
        ),
    ],
)
def test_operations(check: str, known: Facts, expected: str) -> None:
    assert statuses(check, known) == [expected]


def test_a_destination_of_a_virtual_service_is_a_way_to_the_service() -> None:
    from pointsman.strategy.readiness.traffic import services_behind

    route = item(
        "VirtualService", "v", {"http": [{"route": [{"destination": {"host": "shop.shop.svc.cluster.local"}}]}]}
    )
    assert services_behind(route) == {"shop"}
