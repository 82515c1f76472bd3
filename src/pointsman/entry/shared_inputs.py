"""Inputs and outputs that several steps share. `spec.py` is the table."""

from __future__ import annotations

from pointsman.entry.table import Input, Output, Type, Where

GITHUB_TOKEN = "github-token"  # noqa: S105 - a name, not a token

NAMESPACE = Input("namespace", "Namespace of the service (a state folder on the local platform).", Type.NAME)
SERVICE = Input("service", "Service that is released.", Type.NAME)
BLUE = Input("blue", "Workload of the blue colour; SERVICE-blue unless told.", Type.NAME)
GREEN = Input("green", "Workload of the green colour; SERVICE-green unless told.", Type.NAME)
SELECTOR_KEY = Input(
    "selector-key",
    "Key of the Service's selector, and of the pods' labels, that names the colour.",
    default="version",
)
WORKLOAD = Input("workload", "Workload to look at, as deployment/NAME.", Type.TEXT)
TIMEOUT_10M = Input("timeout", "Time for the whole step, bake and keep-warm included.", Type.DURATION, "10m")
LOCK_WAIT = Input(
    "lock-wait",
    "How long to wait for another run on this service; more than the 60 s after which a dead run's lock runs out.",
    Type.DURATION,
    "90s",
)
DEAD_MAN = Input(
    "dead-man",
    "Whether a Job in the cluster returns users to stable when this run vanishes: its lock is not renewed for 60 s.",
    Type.FLAG,
    "false",
)
DEAD_MAN_IMAGE = Input(
    "dead-man-image",
    "Image of Pointsman for that Job, by digest; the released one of this version (for amd64) unless told.",
)
DEAD_MAN_ACCOUNT = Input("dead-man-account", "Service account of that Job.", Type.NAME, "pointsman-dead-man")
REASON = Input("reason", "Why, for the audit trail.")
SOAK = Input(
    "soak",
    "How long instances must be ready, without a restart, before users come to them.",
    Type.DURATION,
    "5s",
)
DRAIN = Input("drain", "How long the candidate still runs once no request reaches it.", Type.DURATION, "10s")
ON_CANCEL = Input(
    "on-cancel",
    "When the job is cancelled: the release stays where it is and can go on, or is undone by a second inner step.",
    Type.CHOICE,
    "hold",
    ("hold", "rollback"),
    where=Where.LAUNCHER,
)
HEALTH_PATH = Input("health-path", "Path that is asked for the health of a version.", Type.PATH, "/healthz")
HEALTH_PORT = Input(
    "health-port", "Port (number or name) that is asked; the Service's target port unless told.", Type.PORT
)

WHERE = (
    Input("platform", "Where the service runs.", Type.CHOICE, "kubernetes", ("kubernetes", "local")),
    Input(
        "kubeconfig",
        "Path of the kubeconfig; KUBECONFIG, ~/.kube/config or the pod's own account unless told.",
    ),
    Input("context", "Context of the kubeconfig; its current one unless told."),
)
REPORTS = (
    Input("environment", "Name of the environment, for reports and for its section of pointsman.yaml."),
    Input("config", "Path of the configuration; pointsman.yaml in the working directory unless told."),
    Input("report-dir", "Folder for report.md, report.json and junit.xml; none is written unless told."),
    Input("output", "What is printed at the end.", Type.CHOICE, "text", ("text", "json")),
)
GITHUB = (
    Input(
        "summary",
        "Whether the job summary is written.",
        Type.CHOICE,
        "always",
        ("always", "on-change", "never"),
    ),
    Input(
        "commit-status",
        "Whether a commit status is set; auto means on GitHub where there is a token, and not on GitLab.",
        Type.CHOICE,
        "auto",
        ("auto", "true", "false"),
    ),
    Input(
        "deployment",
        "Whether a GitHub deployment is recorded; off when the job has an environment: of its own.",
        Type.CHOICE,
        "off",
        ("off", "create"),
    ),
    Input("environment-url", "Address of the environment, for the record of its deployment.", Type.URL),
    Input(GITHUB_TOKEN, "Token for commit statuses (statuses: write); by variable only.", Type.SECRET),
    Input(
        "runner",
        "How the step runs: in the pinned container, or in a virtual environment of the runner's Python.",
        Type.CHOICE,
        "auto",
        ("auto", "container", "python"),
        where=Where.LAUNCHER,
    ),
    Input(
        "runner-image",
        "Container image of Pointsman itself, by digest, in place of the pinned one.",
        where=Where.LAUNCHER,
    ),
)
GITLAB = (
    Input(
        "merge-request-note",
        "Whether the report is a note of the merge request, on GitLab; auto means where POINTSMAN_GITLAB_TOKEN is set.",
        Type.CHOICE,
        "auto",
        ("auto", "true", "false"),
    ),
)
ON_GITHUB_ONLY = frozenset({"summary", "deployment", GITHUB_TOKEN, "runner"})
ON_GITLAB_ONLY = frozenset(one.name for one in GITLAB)
TAIL = (*WHERE, *REPORTS, *GITHUB, *GITLAB)
DRY_RUN = Input("dry-run", "Only print what would change: object, field, old and new value.", Type.FLAG, "false")


def required(one: Input) -> Input:
    """The same input, which must be given."""
    return Input(one.name, one.help, one.type, one.default, one.choices, True, one.where)


OUTCOME = (
    Output(
        "outcome",
        "How the step ended: switched, unchanged, healthy, unhealthy, rolled-back, rejected, held, stuck …",
    ),
    Output("why", "The reason, in one sentence."),
    Output("exit-code", "The exit code of the step."),
    Output("report", "Path of report.json, when a report folder was given."),
)
WEIGHT = Output("weight", "Percent of the requests that reach the candidate now.")
STABLE = Output("stable", "The workload that serves.")
VERSION = (
    Output("image", "The image that serves."),
    Output("digest", "The image id that really runs."),
)
