"""What keeps watch over a service and protects it: monitoring, alerts, logs, backups, breakers, limits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pointsman.model.readiness import Answer, Facts, Item, Json, failed, missing, passed, unknown
from pointsman.strategy.readiness.objects import (
    dig,
    listed,
    mapping,
    matches,
    pod_labels,
    service_of,
    template,
    workloads,
)
from pointsman.strategy.readiness.traffic import ways

MONITORS = ("ServiceMonitor", "PodMonitor")
LOG_PIPELINES = ("ClusterLogForwarder", "Flow", "ClusterFlow", "Output")
BACKUPS = ("Schedule", "CronJob", "ReplicationSource", "ScheduledBackup")
BREAKERS = ("DestinationRule", "BackendTrafficPolicy")
LIMITS = ("BackendTrafficPolicy", "EnvoyFilter", "Middleware", "KongPlugin")

_SCRAPE = "prometheus.io/scrape"
_LOG_AGENTS = re.compile(r"fluent|filebeat|promtail|alloy|vector|logstash|datadog|splunk|newrelic|otel|opentelemetry")
_BACKS_UP = re.compile(r"backup|back-up|dump|restic|velero|snapshot|barman|pgbackrest", re.IGNORECASE)
_NGINX_LIMITS = ("limit-rps", "limit-rpm", "limit-connections")
_APPLIED_BY = ("router.middlewares", "konghq.com/plugins")
_LINKERD = "balancer.linkerd.io/failure-accrual"


def monitoring(facts: Facts) -> list[Answer]:
    """Somebody scrapes the service."""
    found = [*_monitors(facts), *_annotated(facts)]
    if found:
        return [passed(f"{found[0].kind} {found[0].name} has it scraped", found[0].place)]
    return [
        missing(
            f"no ServiceMonitor or PodMonitor selects {facts.service}, and nothing is annotated {_SCRAPE}",
            "add a ServiceMonitor whose selector fits the labels of the Service",
        )
    ]


def _monitors(facts: Facts) -> Iterable[Item]:
    service = service_of(facts)
    for item in facts.of(*MONITORS):
        if not _reaches(item, facts.namespace):
            continue
        sides = [service.labels] if service and item.kind == "ServiceMonitor" else []
        if item.kind == "PodMonitor":
            sides = [pod_labels(one) for one in workloads(facts)]
        if any(matches(labels, item.spec.get("selector")) for labels in sides):
            yield item


def _reaches(monitor: Item, namespace: str) -> bool:
    """Whether a monitor looks into the namespace: its own unless told; one that names none may be anywhere."""
    where = mapping(monitor.spec, "namespaceSelector")
    named = where.get("matchNames")
    if where.get("any") is True or not namespace:
        return True
    if isinstance(named, list):
        return namespace in named
    return str(monitor.metadata.get("namespace", namespace)) == namespace


def _annotated(facts: Facts) -> Iterable[Item]:
    service = service_of(facts)
    if service and str(service.annotations.get(_SCRAPE)).lower() == "true":
        yield service
    for one in workloads(facts):
        if str(mapping(one.spec, "template", "metadata", "annotations").get(_SCRAPE)).lower() == "true":
            yield one


def alerts(facts: Facts) -> list[Answer]:
    """An alert speaks of the service."""
    names = re.compile(rf"\b{re.escape(facts.service)}\b")
    for item in facts.of("PrometheusRule"):
        rules = [rule for group in listed(item.spec, "groups") for rule in listed(group, "rules") if "alert" in rule]
        about = [str(rule["alert"]) for rule in rules if names.search(f"{rule.get('expr')} {rule.get('labels')}")]
        if about:
            return [passed(f"PrometheusRule {item.name}: {', '.join(about[:4])}", item.place)]
    return [
        missing(
            f"no alert of a PrometheusRule names {facts.service}",
            "add alerts on its error rate and latency, with the service in the expression or the labels",
        )
    ]


def logging(facts: Facts) -> list[Answer]:
    """Its logs outlive its pods."""
    agents = [item for item in facts.of("DaemonSet") if _LOG_AGENTS.search(_images_and_name(item))]
    found = [*facts.of(*LOG_PIPELINES), *agents, *(one for one in workloads(facts) if _LOG_AGENTS.search(_images(one)))]
    if found:
        return [passed(f"{found[0].kind} {found[0].name} collects logs", found[0].place)]
    return [
        unknown(
            "neither a log collector on the nodes, nor a pipeline, nor a sidecar was seen",
            "run a collector (Fluent Bit, Alloy, Vector …), or attest where the logs go",
        )
    ]


def _images_and_name(item: Item) -> str:
    return f"{item.name} {_images(item)}"


def _images(item: Item) -> str:
    pod = template(item)
    every = [*listed(pod, "containers"), *listed(pod, "initContainers")]
    return " ".join(str(one.get("image", "")) for one in every)


def backup(facts: Facts) -> list[Answer]:
    """Something is backed up on a schedule that runs."""
    idle: Item | None = None
    for item in facts.of(*BACKUPS):
        if not _backs_up(item, facts):
            continue
        if item.spec.get("suspend") is True or item.spec.get("paused") is True:
            idle = item
            continue
        return [passed(f"{item.kind} {item.name}, {_when(item)}", item.place)]
    if idle:
        return [failed(f"{idle.kind} {idle.name} is suspended", "let it run again", idle.place)]
    return [
        unknown(
            "no Velero Schedule, backup CronJob or ScheduledBackup of this namespace was seen",
            "add one, or attest how its data is backed up (or that it keeps none)",
        )
    ]


def _backs_up(item: Item, facts: Facts) -> bool:
    if item.kind == "CronJob":
        pods = mapping(item.spec, "jobTemplate", "spec", "template", "spec")
        images = " ".join(str(one.get("image", "")) for one in listed(pods, "containers"))
        return bool(_BACKS_UP.search(f"{item.name} {images}"))
    if item.kind != "Schedule":
        return True
    told = dig(item.spec, "template", "includedNamespaces")
    covered = told if isinstance(told, list) and told else ["*"]
    return "*" in covered or facts.namespace in covered


def _when(item: Item) -> str:
    schedule = item.spec.get("schedule") or dig(item.spec, "trigger", "schedule")
    return f"schedule {schedule}" if schedule else "on its own trigger"


def circuit_breakers(facts: Facts) -> list[Answer]:
    """A caller stops asking what does not answer."""
    service = service_of(facts)
    found = [item for item in facts.of(*BREAKERS) if _breaks(item, facts)]
    if service and service.annotations.get(_LINKERD):
        found.append(service)
    if found:
        return [passed(f"{found[0].kind} {found[0].name}", found[0].place)]
    return [
        unknown(
            "no DestinationRule with outlierDetection, no BackendTrafficPolicy with circuitBreaker",
            "add one, or attest that callers break the circuit themselves",
        )
    ]


def _breaks(item: Item, facts: Facts) -> bool:
    if item.kind == "BackendTrafficPolicy":
        return bool(mapping(item.spec, "circuitBreaker")) and _targets(item, facts)
    host = str(item.spec.get("host", "")).partition(".")[0]
    policy = mapping(item.spec, "trafficPolicy")
    return host == facts.service and bool(policy.get("outlierDetection") or policy.get("connectionPool"))


def rate_limiting(facts: Facts) -> list[Answer]:
    """Nobody can ask more than it bears."""
    limited = [one for one in ways(facts, "Ingress") if any(_limit(one, name) for name in _NGINX_LIMITS)]
    found = [*limited, *(item for item in facts.of(*LIMITS) if _limits(item, facts))]
    if found:
        return [passed(f"{found[0].kind} {found[0].name}", found[0].place)]
    return [
        unknown(
            "no limit of requests was seen on the ways to the service",
            "add one (nginx: limit-rps; Envoy: rateLimit), or attest where requests are limited",
        )
    ]


def _limit(ingress: Item, name: str) -> bool:
    return bool(ingress.annotations.get(f"nginx.ingress.kubernetes.io/{name}"))


def _limits(item: Item, facts: Facts) -> bool:
    match item.kind:
        case "BackendTrafficPolicy":
            return bool(mapping(item.spec, "rateLimit")) and _targets(item, facts)
        case "EnvoyFilter":
            chosen: Json = mapping(item.spec, "workloadSelector", "labels")
            mine = any(chosen.items() <= dict(pod_labels(one)).items() for one in workloads(facts))
            return "ratelimit" in str(item.spec).replace("_", "").lower() and mine
        case "Middleware":
            return bool(mapping(item.spec, "rateLimit")) and _is_applied(item, facts)
        case _:
            return str(item.body.get("plugin", "")).startswith("rate-limiting") and _is_applied(item, facts)


def _is_applied(item: Item, facts: Facts) -> bool:
    """Whether a way to the service, or the Service itself, names it: what nobody names limits nobody."""
    named = re.compile(rf"(?<!\w){re.escape(item.name)}(?![\w-])")
    service = service_of(facts)
    noted = [one.annotations for one in (*ways(facts, "Ingress", "HTTPRoute"), *([service] if service else []))]
    filters = [
        mapping(one, "extensionRef").get("name")
        for route in ways(facts, "HTTPRoute")
        for rule in listed(route.spec, "rules")
        for one in listed(rule, "filters")
    ]
    told = [value for notes in noted for key, value in notes.items() if str(key).endswith(_APPLIED_BY)]
    return any(named.search(str(one)) for one in (*told, *filters))


def _targets(policy: Item, facts: Facts) -> bool:
    aims = [*listed(policy.spec, "targetRefs"), mapping(policy.spec, "targetRef")]
    routes = {one.name for one in ways(facts, "HTTPRoute", "GRPCRoute")}
    return any(one.get("kind") == "Gateway" or one.get("name") in routes for one in aims if one)
