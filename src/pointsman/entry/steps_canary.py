"""canary-step in the table of steps. `spec.py` is the table; `canary_inputs.py` makes values of it."""

from __future__ import annotations

from pointsman.entry.shared_inputs import (
    DEAD_MAN,
    DEAD_MAN_ACCOUNT,
    DEAD_MAN_IMAGE,
    DRAIN,
    DRY_RUN,
    HEALTH_PATH,
    HEALTH_PORT,
    LOCK_WAIT,
    NAMESPACE,
    ON_CANCEL,
    OUTCOME,
    SERVICE,
    SOAK,
    STABLE,
    TAIL,
    VERSION,
    WEIGHT,
    required,
)
from pointsman.entry.table import Input, Output, Step, Type

_POLICIES = ("hold", "promote", "rollback")
OBJECTIVE_DEFAULT = "error-rate ok<1% rollback>5%; p99 ok<500ms rollback>2s"

_VERSIONS = (
    Input("workload", "Workload that serves now, as deployment/NAME; on the local platform its name."),
    Input("candidate", "Workload of the new version; WORKLOAD-canary unless told, made when it is missing.", Type.NAME),
    Input(
        "image",
        "Image to release, or CONTAINER=IMAGE; without it the release in flight goes on.",
        Type.IMAGE,
    ),
)
_WALK = (
    Input(
        "weight",
        "Percent of the requests to go to; the release stays in flight there for a later run. 0: testers alone.",
        Type.NUMBER,
    ),
    Input(
        "weights",
        "Percents to walk, rising, like 5,10,30,100; after the last one the new version is promoted.",
        Type.WEIGHTS,
    ),
    Input(
        "match-header",
        "Header of the testers' requests, like canary=true: they reach the candidate whatever the weight; with "
        "--weight 0 nobody else does.",
        Type.PAIR,
    ),
    Input("match-cookie", "Cookie of the testers' requests, like ring=testers, in place of a header.", Type.PAIR),
    Input("bake", "How long each weight is held at least, while the judge looks.", Type.DURATION, "5m"),
    Input("patience", "How long an undecided weight is given beyond its bake.", Type.DURATION, "5m"),
    SOAK,
    DRAIN,
    Input(
        "leftover",
        "What becomes of the candidate after the promotion: gone if this release made it, or without instances.",
        Type.CHOICE,
        "remove",
        ("remove", "scale-down"),
    ),
)
_ROUTER = (
    Input(
        "router",
        "What splits the requests: the numbers of pods behind the Service, an HTTPRoute, an Istio VirtualService, a "
        "canary Ingress, or the local Envoy; service on Kubernetes and local on the local platform unless told.",
        Type.CHOICE,
        None,
        ("service", "gateway-api", "istio", "ingress-nginx", "local"),
    ),
    Input(
        "route",
        "Name of the HTTPRoute of --router gateway-api, of the VirtualService of --router istio, or of the Ingress of "
        "--router ingress-nginx; NAME/RULE for one rule of the first two alone.",
        Type.ROUTE,
    ),
    Input(
        "candidate-service",
        "Service of the candidate's pods for --router gateway-api, istio or ingress-nginx; SERVICE-canary unless told.",
        Type.NAME,
    ),
    Input(
        "candidate-subset",
        "Subset of the candidate's pods for --router istio, where SERVICE selects the pods of both versions and a "
        "DestinationRule tells them apart.",
        Type.NAME,
    ),
    Input(
        "url",
        "Address where users reach the service through --route; each weight then counts only once requests meet it.",
        Type.URL,
    ),
    Input(
        "version-header",
        "Response header that tells the version, for --url with --router gateway-api or ingress-nginx.",
    ),
)
_METRICS = (
    Input(
        "metrics",
        "Where measurements come from; envoy on the local platform unless told.",
        Type.CHOICE,
        None,
        ("prometheus", "probes", "envoy"),
    ),
    Input(
        "probes",
        "Requests to each version at every interval, with metrics probes; 10 unless told, 100 at most.",
        Type.NUMBER,
    ),
    Input("interval", "How often measurements are read, and how often the counters change.", Type.DURATION, "5s"),
    Input("warm-up", "What is not judged after the candidate's first request.", Type.DURATION, "30s"),
    Input("prometheus-url", "Address of Prometheus, or of what speaks its API, before /api/v1.", Type.URL),
    Input("preset", "Product whose metrics are asked for, like istio, linkerd, traefik or ingress-nginx."),
    Input("ingress", "Name of the Ingress, for the preset ingress-nginx.", Type.NAME),
    Input("requests-query", "Own question for the requests of a version, with {{version}} in it, in PromQL."),
    Input("errors-query", "Own question for those of them that were answered badly."),
    Input("buckets-query", "Own question for the cumulative buckets of their times."),
    Input("buckets-unit", "Unit of the bounds of these buckets.", Type.CHOICE, None, ("s", "ms")),
    Input("prometheus-user", "User at Prometheus; the password by POINTSMAN_PROMETHEUS_PASSWORD only."),
    Input("prometheus-tenant", "Tenant at Prometheus (X-Scope-OrgID)."),
    Input("prometheus-ca", "Path of the certificates to trust for Prometheus, in PEM."),
    Input("prometheus-token", "Bearer token for Prometheus; by variable only.", Type.SECRET),
    Input("prometheus-password", "Password for Prometheus; by variable only.", Type.SECRET),
)
_JUDGE = (
    Input(
        "objective",
        "What the new version must hold, as METRIC ok<X rollback>Y; several on lines of their own or apart by `;`.",
        Type.OBJECTIVES,
        OBJECTIVE_DEFAULT,
    ),
    Input(
        "mode",
        "How it is judged: by evidence against stable, or by each window's rates as they are.",
        Type.CHOICE,
        "evidence",
        ("evidence", "point"),
    ),
    Input(
        "tolerance",
        "How much worse than stable a candidate may be.",
        Type.CHOICE,
        "tolerant",
        ("tolerant", "strict", "single-pod"),
    ),
    Input(
        "traffic",
        "Requests per second of the whole service, like 100/s or 6000/min: weights too short to decide are refused.",
        Type.RATE,
    ),
    Input(
        "on-inconclusive",
        "What becomes of a weight without a verdict when its time is over.",
        Type.CHOICE,
        "hold",
        _POLICIES,
    ),
    Input(
        "on-no-data",
        "What becomes of a candidate that answers no requests, while stable does, when its time is over.",
        Type.CHOICE,
        "rollback",
        _POLICIES,
    ),
)

CANARY_STEP = Step(
    "canary-step",
    "Send users to the new version weight by weight, on evidence, and promote or undo it.",
    "Makes the new version run beside the one that serves, asks its health directly, sends it the share of the "
    "requests that was asked for, sees that take effect, and lets a judge compare both versions while it bakes. A "
    "weight is left upwards only on proof; a version that is worse is undone at once. After the last of --weights the "
    "proven image is put on the workload that serves; with --weight the release stays in flight there.",
    (
        required(NAMESPACE),
        required(SERVICE),
        *_VERSIONS,
        *_WALK,
        *_ROUTER,
        *_METRICS,
        *_JUDGE,
        HEALTH_PATH,
        HEALTH_PORT,
        Input(
            "on-drift",
            "When somebody else changes what this run wrote: stop with exit code 4, write it again, or undo.",
            Type.CHOICE,
            "fail",
            ("fail", "reassert", "abort"),
        ),
        Input("timeout", "Time for each thing but the bake: ready pods, a weight in effect.", Type.DURATION, "10m"),
        LOCK_WAIT,
        Input(
            "supersede",
            "Whether an older release of this service that is under way is asked to undo itself and give way.",
            Type.FLAG,
            "false",
        ),
        DEAD_MAN,
        DEAD_MAN_IMAGE,
        DEAD_MAN_ACCOUNT,
        ON_CANCEL,
        DRY_RUN,
        *TAIL,
    ),
    (
        *OUTCOME,
        WEIGHT,
        Output("verdict", "The judge's last word: pass, fail, inconclusive, no-data or source-down."),
        Output("evidence", "Path of the JSON with the evidence, when a report folder was given."),
        STABLE,
        Output("candidate-image", "The image of the candidate while it is in flight."),
        *VERSION,
    ),
)
