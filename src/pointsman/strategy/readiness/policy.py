"""The built-in policy: every check, what it is about, what evidence it looks for, and how it is asked.

A new check is a function in one of the modules beside this one and a row here; the page of the step shows the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.model.readiness import CI, WORKLOADS, Area, Severity
from pointsman.strategy.readiness import (
    availability,
    documents,
    operations,
    rollout,
    selectors,
    testing,
    traffic,
    workflow,
    workload,
)
from pointsman.strategy.readiness.asking import Question, of_each

_MUST, _SHOULD = Severity.REQUIRED, Severity.RECOMMENDED
_ROUTES = ("Ingress", "HTTPRoute")
_SCALERS = ("HorizontalPodAutoscaler",)
_PODS = ("Service", *WORKLOADS)
_COUNTED = ("Deployment", "StatefulSet")
"""Of a DaemonSet each node has one: its number is nobody's choice, and a drain leaves it alone."""


@dataclass(frozen=True)
class ReadinessCheck:
    """One check. Without the objects of all `kinds` it says nothing; of `proofs` any one would do, so with some of
    them unreadable only a pass counts. `attestable` says that a person may answer for what no object can show."""

    id: str
    area: Area
    title: str
    severity: Severity
    evidence: str
    ask: Question
    kinds: tuple[str, ...] = _PODS
    proofs: tuple[str, ...] = ()
    attestable: bool = False


def _document(id: str, wanted: documents.Wanted, area: Area, severity: Severity) -> ReadinessCheck:  # noqa: A002
    evidence = f"a page or section called so, of {documents.FEWEST_WORDS} words or more, that names the service"
    return ReadinessCheck(
        id, area, f"There is {wanted.what}", severity, evidence, documents.document(wanted), (), attestable=True
    )


def _tests(kind: str, severity: Severity) -> ReadinessCheck:
    evidence = "a commit status, check run, GitLab job or JUnit file of this commit, by its name"
    return ReadinessCheck(
        f"{kind}-tests", Area.TESTING, f"{kind.capitalize()} tests pass", severity, evidence,
        testing.tests_of(kind), (), (CI,), attestable=True,
    )  # fmt: skip


POLICY: tuple[ReadinessCheck, ...] = (
    ReadinessCheck(
        "monitoring", Area.INFRASTRUCTURE, "Metrics are collected", _MUST,
        "ServiceMonitor or PodMonitor that selects it, or the annotation prometheus.io/scrape",
        operations.monitoring, proofs=operations.MONITORS, attestable=True,
    ),
    ReadinessCheck(
        "alerts", Area.INFRASTRUCTURE, "Alerts are set up", _MUST,
        "alert of a PrometheusRule that names the service in expression or labels",
        operations.alerts, (), ("PrometheusRule",), attestable=True,
    ),
    ReadinessCheck(
        "logging", Area.INFRASTRUCTURE, "Logs are collected", _SHOULD,
        "DaemonSet of a log collector, logging pipeline, or sidecar",
        operations.logging, proofs=("DaemonSet", *operations.LOG_PIPELINES), attestable=True,
    ),
    ReadinessCheck(
        "backup", Area.INFRASTRUCTURE, "Data is backed up", _SHOULD,
        "Velero Schedule of the namespace, backup CronJob, ScheduledBackup or ReplicationSource that is not suspended",
        operations.backup, (), operations.BACKUPS, attestable=True,
    ),
    _document("disaster-recovery", documents.RECOVERY, Area.INFRASTRUCTURE, _SHOULD),
    ReadinessCheck(
        "health-checks", Area.APPLICATION, "Pods say when they are ready", _MUST,
        "readinessProbe of every container with a port", of_each(workload.health_checks),
    ),
    ReadinessCheck(
        "probes-differ", Area.APPLICATION, "Liveness is not readiness", _SHOULD,
        "livenessProbe and readinessProbe ask different things", of_each(workload.probes_differ),
    ),
    ReadinessCheck(
        "graceful-shutdown", Area.APPLICATION, "Pods end without dropping requests", _MUST,
        "preStop hook of every container with a port", of_each(workload.graceful_shutdown), attestable=True,
    ),
    ReadinessCheck(
        "grace-period", Area.APPLICATION, "The grace period outlasts the drain", _MUST,
        f"terminationGracePeriodSeconds, {workload.DRAIN_SECONDS} s or more beyond the preStop hook",
        of_each(workload.grace_period),
    ),
    ReadinessCheck(
        "circuit-breakers", Area.APPLICATION, "Circuits break", _SHOULD,
        "DestinationRule with outlierDetection, BackendTrafficPolicy with circuitBreaker, Linkerd failure accrual",
        operations.circuit_breakers, proofs=(*operations.BREAKERS, "HTTPRoute"), attestable=True,
    ),
    ReadinessCheck(
        "rate-limiting", Area.APPLICATION, "Requests are limited", _SHOULD,
        "limit of an nginx Ingress, BackendTrafficPolicy, EnvoyFilter, Traefik Middleware or KongPlugin",
        operations.rate_limiting, proofs=(*operations.LIMITS, *_ROUTES), attestable=True,
    ),
    ReadinessCheck(
        "security-scanning", Area.APPLICATION, "A security scan found no error", _SHOULD,
        "SARIF files", testing.security_scanning, (), attestable=True,
    ),
    ReadinessCheck(
        "resources", Area.APPLICATION, "Resources are asked for", _MUST,
        "requests of CPU and memory and a limit of memory, of every container", of_each(workload.resources),
    ),
    ReadinessCheck(
        "image-named", Area.APPLICATION, "No image floats", _MUST,
        "a tag other than latest, or a digest", of_each(workload.image_named),
    ),
    ReadinessCheck(
        "image-by-digest", Area.APPLICATION, "Images are named by digest", _SHOULD,
        "@sha256: in every image", of_each(workload.image_by_digest),
    ),
    ReadinessCheck(
        "no-privileges", Area.APPLICATION, "Pods stay in their place", _MUST,
        "no privileged container, hostNetwork, hostPID, hostIPC or hostPath", of_each(workload.no_privileges),
    ),
    ReadinessCheck(
        "least-privileges", Area.APPLICATION, "Containers have the least privileges", _SHOULD,
        "runAsNonRoot, no privilege escalation, all capabilities dropped", of_each(workload.least_privileges),
    ),
    ReadinessCheck(
        "replicas", Area.AVAILABILITY, "There are two or more instances", _MUST,
        "replicas, or the least number of the autoscaler", of_each(availability.replicas, *_COUNTED),
        (*_PODS, *_SCALERS),
    ),
    ReadinessCheck(
        "disruption-budget", Area.AVAILABILITY, "Drains of nodes are bounded", _MUST,
        "PodDisruptionBudget over its pods that lets some go, and not all",
        of_each(availability.disruption_budget, *_COUNTED),
        (*_PODS, "PodDisruptionBudget", *_SCALERS),
    ),
    ReadinessCheck(
        "spread", Area.AVAILABILITY, "Pods are spread over nodes", _SHOULD,
        "topologySpreadConstraints or podAntiAffinity", of_each(availability.spread, *_COUNTED),
    ),
    ReadinessCheck(
        "autoscaler", Area.AVAILABILITY, "The autoscaler can work", _MUST,
        "HorizontalPodAutoscaler with room, requests for what it measures, and no replicas beside it",
        of_each(availability.autoscaler, *_COUNTED), (*_PODS, *_SCALERS),
    ),
    ReadinessCheck(
        "keeps-serving", Area.ROLLOUT, "A rollout never takes all pods", _MUST,
        "strategy of the workload whose maxUnavailable leaves some", of_each(rollout.keeps_serving),
        (*_PODS, *_SCALERS),
    ),
    ReadinessCheck(
        "surge-room", Area.ROLLOUT, "New pods have room before old ones go", _MUST,
        "maxSurge of a Deployment, and ResourceQuotas with room for it", of_each(rollout.surge_room, "Deployment"),
        (*_PODS, "ResourceQuota", *_SCALERS),
    ),
    ReadinessCheck(
        "progress-deadline", Area.ROLLOUT, "A rollout that hangs is noticed", _MUST,
        "progressDeadlineSeconds of a Deployment, longer than a start and no longer than an hour",
        of_each(rollout.progress_deadline, "Deployment"),
    ),
    ReadinessCheck(
        "min-ready", Area.ROLLOUT, "New pods are watched for a moment", _SHOULD,
        "minReadySeconds above 0", of_each(rollout.min_ready),
    ),
    ReadinessCheck(
        "revision-history", Area.ROLLOUT, "There is something to roll back to", _MUST,
        "revisionHistoryLimit of 2 or more", of_each(rollout.revision_history),
    ),
    ReadinessCheck(
        "not-paused", Area.ROLLOUT, "The Deployment takes releases", _MUST,
        "paused is not set", of_each(rollout.not_paused, "Deployment"),
    ),
    ReadinessCheck(
        "rolled-out", Area.ROLLOUT, "What runs is what was asked for", _MUST,
        "status of this very generation, every instance updated and ready (in a cluster only)",
        of_each(rollout.rolled_out),
    ),
    ReadinessCheck(
        "no-other-controller", Area.ROLLOUT, "No other product releases it", _MUST,
        "owner, marks, Argo Rollout, Flagger Canary", of_each(rollout.not_owned),
        (*_PODS, "Canary", "Rollout"),
    ),
    ReadinessCheck(
        "service-selects", Area.TRAFFIC, "The Service selects its pods", _MUST,
        "selector of the Service against the labels of pods", selectors.service_selects,
    ),
    ReadinessCheck(
        "service-selects-no-other", Area.TRAFFIC, "The Service selects no other pods", _MUST,
        "workloads behind the Service that are no version of it", selectors.service_selects_no_other,
    ),
    ReadinessCheck(
        "ports-meet", Area.TRAFFIC, "The Service's ports exist", _MUST,
        "named target ports against container ports", selectors.ports_meet,
    ),
    ReadinessCheck(
        "selector-stable", Area.TRAFFIC, "Selectors outlive versions", _MUST,
        "a workload's selector fits its pods, and has no label that changes with a version",
        of_each(selectors.selector_stable),
    ),
    ReadinessCheck(
        "selectors-apart", Area.TRAFFIC, "No two workloads count the same pods", _MUST,
        "selectors of the other workloads", of_each(selectors.selectors_apart),
    ),
    ReadinessCheck(
        "affinity", Area.TRAFFIC, "No cookie outvotes weights", _MUST,
        "affinity annotations of an nginx Ingress", traffic.affinity, ("Ingress",),
    ),
    ReadinessCheck(
        "main-not-empty", Area.TRAFFIC, "A canary Ingress has a filled main Service", _MUST,
        "pods behind the main Ingress of ingress-nginx", traffic.main_not_empty, ("Ingress", *_PODS),
    ),
    ReadinessCheck(
        "load-balancer", Area.TRAFFIC, "The load balancer follows a switch", _MUST,
        "target-type of an AWS load balancer against a coloured selector", traffic.load_balancer,
        ("Ingress", "Service"),
    ),
    ReadinessCheck(
        "self-heal", Area.TRAFFIC, "No GitOps tool undoes a release", _MUST,
        "selfHeal of an Argo CD Application, marks of Argo CD and Flux", traffic.self_heal,
        proofs=("Application",), attestable=True,
    ),
    _tests("unit", _MUST),
    _tests("integration", _MUST),
    _tests("performance", _SHOULD),
    _tests("security", _SHOULD),
    _tests("load", _SHOULD),
    _document("deployment-guide", documents.DEPLOYMENT, Area.DOCUMENTATION, _SHOULD),
    _document("rollback-procedure", documents.ROLLBACK, Area.DOCUMENTATION, _MUST),
    _document("incident-response", documents.INCIDENT, Area.DOCUMENTATION, _MUST),
    ReadinessCheck(
        "api-documentation", Area.DOCUMENTATION, "There is API documentation", _SHOULD,
        "OpenAPI, AsyncAPI, protobuf or GraphQL file, or a page about the API, that names the service",
        documents.api_documentation, (), attestable=True,
    ),
    ReadinessCheck(
        "architecture-diagram", Area.DOCUMENTATION, "There is an architecture diagram", _SHOULD,
        "a drawing, or a page about the architecture that holds one, that names the service",
        documents.architecture, (), attestable=True,
    ),
    ReadinessCheck(
        "workflow-concurrency", Area.PIPELINE, "Releases never run at the same time", _MUST,
        "concurrency of the GitHub workflows that release", workflow.concurrency, (),
    ),
    ReadinessCheck(
        "workflow-queue", Area.PIPELINE, "Waiting releases are not dropped", _SHOULD,
        "queue: max in the concurrency of the GitHub workflows that release", workflow.queue, (),
    ),
)  # fmt: skip


def kinds_of_checks() -> tuple[str, ...]:
    """Every kind that some check names, in manifests and cluster alike."""
    named = [kind for check in POLICY for kind in (*check.kinds, *check.proofs)]
    return tuple(dict.fromkeys([*named, "ScaledObject"]))


def kinds_of_policy() -> tuple[str, ...]:
    """Every kind of object that is looked for."""
    return (*kinds_of_checks(), "GRPCRoute")
