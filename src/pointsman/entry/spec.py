"""The one table of steps, inputs and outputs.

`action.yml`, the tables in the documentation, the JSON Schema of `pointsman.yaml` and the command-line options are
all made from it (`pointsman.gen`); a new input is one line here. Names are kebab-case; `variable_of` and
`parameter_of` derive the other two spellings, so none is ever typed twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """How an input's text is read. Every input is text at first; validation is in `entry/values.py`."""

    TEXT = "text"
    NAME = "name"
    DURATION = "duration"
    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"
    PORT = "port"
    PATH = "path"
    IMAGE = "image"
    URL = "url"
    PATTERN = "pattern"
    STATUS = "status"
    SECRET = "secret"  # noqa: S105 - a type, not a secret


class Where(Enum):
    """Who understands an input: the core everywhere, or only the launcher of the CI steps."""

    CORE = "core"
    LAUNCHER = "launcher"


@dataclass(frozen=True)
class Input:
    """One input. `default` None means: not given. `help` is one sentence, with units where there are some."""

    name: str
    help: str
    type: Type = Type.TEXT
    default: str | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    where: Where = Where.CORE


@dataclass(frozen=True)
class Output:
    """One step output."""

    name: str
    help: str


@dataclass(frozen=True)
class Step:
    """One command; `action` says whether it is a step of CI systems too."""

    name: str
    summary: str
    help: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...] = ()
    action: bool = True

    def input(self, name: str) -> Input:
        """The input called `name`. Raises KeyError."""
        return next(one for one in self.inputs if one.name == name)


def variable_of(name: str) -> str:
    """`max-wait` -> `POINTSMAN_MAX_WAIT`."""
    return f"POINTSMAN_{name.upper().replace('-', '_')}"


def parameter_of(name: str) -> str:
    """`max-wait` -> `max_wait`."""
    return name.replace("-", "_")


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

_WHERE = (
    Input("platform", "Where the service runs.", Type.CHOICE, "kubernetes", ("kubernetes", "local")),
    Input(
        "kubeconfig",
        "Path of the kubeconfig; KUBECONFIG, ~/.kube/config or the pod's own account unless told.",
    ),
    Input("context", "Context of the kubeconfig; its current one unless told."),
)
_REPORTS = (
    Input("environment", "Name of the environment, for reports and for its section of pointsman.yaml."),
    Input("config", "Path of the configuration; pointsman.yaml in the working directory unless told."),
    Input("report-dir", "Folder for report.md and report.json; none is written unless told."),
    Input("output", "What is printed at the end.", Type.CHOICE, "text", ("text", "json")),
)
_GITHUB = (
    Input(
        "summary",
        "Whether the job summary is written.",
        Type.CHOICE,
        "always",
        ("always", "on-change", "never"),
    ),
    Input("commit-status", "Whether a commit status is set.", Type.CHOICE, "auto", ("auto", "true", "false")),
    Input(
        "deployment",
        "Whether a GitHub deployment is recorded; off when the job has an environment: of its own.",
        Type.CHOICE,
        "off",
        ("off", "create"),
    ),
    Input("environment-url", "Address of the environment, for the deployment record.", Type.URL),
    Input("github-token", "Token for commit statuses (statuses: write); by variable only.", Type.SECRET),
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
_TAIL = (*_WHERE, *_REPORTS, *_GITHUB)
_DRY_RUN = Input("dry-run", "Only print what would change: object, field, old and new value.", Type.FLAG, "false")


def _required(one: Input) -> Input:
    return Input(one.name, one.help, one.type, one.default, one.choices, True, one.where)


_OUTCOME = (
    Output(
        "outcome",
        "How the step ended: switched, unchanged, healthy, unhealthy, rolled-back, rejected, held, stuck …",
    ),
    Output("why", "The reason, in one sentence."),
    Output("exit-code", "The exit code of the step."),
    Output("report", "Path of report.json, when a report folder was given."),
)
_VERSION = (
    Output("image", "The image that serves."),
    Output("digest", "The image id that really runs."),
)

BLUE_GREEN_SWITCH = Step(
    "blue-green-switch",
    "Move all users onto the other colour, verified, and back at once if it is bad.",
    "Sets the image on the idle colour (and creates it from the active one when it is missing), waits until it is "
    "rolled out with the capacity of the active colour, asks its health directly, sends all users to it, sees that "
    "take effect, watches it while it bakes, and switches back at once if it is bad. Run twice, it changes nothing "
    "the second time; killed half-way, the next run goes on.",
    (
        _required(NAMESPACE),
        _required(SERVICE),
        Input(
            "image",
            "Image to release, or CONTAINER=IMAGE; without it the idle colour serves as it is.",
            Type.IMAGE,
        ),
        BLUE,
        GREEN,
        SELECTOR_KEY,
        Input(
            "adopt",
            "A plain Deployment behind a Service without colours: make blue of it, without a gap.",
            Type.NAME,
        ),
        HEALTH_PATH,
        HEALTH_PORT,
        Input(
            "url",
            "Address where users reach the service; the switch is then seen, and watched, from there.",
            Type.URL,
        ),
        Input("version-header", "Response header that tells the version, to see the switch with real requests."),
        Input(
            "soak",
            "How long the new colour must be ready, without a restart, before users come.",
            Type.DURATION,
            "5s",
        ),
        Input("bake", "How long the new colour is watched while it serves.", Type.DURATION, "60s"),
        Input(
            "keep-warm",
            "How long the old colour stays ready after that, before cleanup; the new one is watched on.",
            Type.DURATION,
            "0s",
        ),
        Input(
            "cleanup",
            "What becomes of the old colour: it stays, goes to 0 instances, or gets the new image too.",
            Type.CHOICE,
            "keep",
            ("keep", "scale-down", "update"),
        ),
        Input(
            "on-drift",
            "When somebody else changes what this run wrote: stop with exit code 4, write it again, or undo.",
            Type.CHOICE,
            "fail",
            ("fail", "reassert", "abort"),
        ),
        TIMEOUT_10M,
        LOCK_WAIT,
        Input(
            "supersede",
            "Whether an older switch of this service that is under way is asked to undo itself and give way.",
            Type.FLAG,
            "false",
        ),
        DEAD_MAN,
        DEAD_MAN_IMAGE,
        DEAD_MAN_ACCOUNT,
        ON_CANCEL,
        _DRY_RUN,
        *_TAIL,
    ),
    (
        *_OUTCOME,
        Output("active", "The colour that serves now."),
        Output("previous", "The other colour."),
        *_VERSION,
    ),
)

VERIFY_HEALTH = Step(
    "verify-health",
    "Prove that a version is healthy by its rollout, its endpoints and its own answers.",
    "Waits until the workload is rolled out (this generation, this pod template, this image), until only its pods "
    "are behind the service, and until it answers as expected several times in a row. Fails early on what cannot "
    "heal, naming the pod with its last log lines and events. Changes nothing.",
    (
        NAMESPACE,
        WORKLOAD,
        SERVICE,
        Input("url", "Address to ask; without it the service is asked through the API server.", Type.URL),
        Input("path", "Path to ask.", Type.PATH, "/healthz"),
        HEALTH_PORT,
        Input("expect-status", "Status that is healthy: 200, or a range like 200-299.", Type.STATUS, "200"),
        Input("expect-body", "Pattern (regular expression) that the body must contain.", Type.PATTERN),
        Input("successes", "Passed probes in a row that are wanted; 0 asks nothing.", Type.NUMBER, "3"),
        Input("timeout", "Time until it must be healthy.", Type.DURATION, "5m"),
        *_TAIL,
    ),
    (
        *_OUTCOME,
        Output("ready", "How many instances are ready."),
        *_VERSION,
    ),
)

ROLLBACK = Step(
    "rollback",
    "Undo the release in flight, or return users to the last version that was verified good.",
    "Looks at the target before anything moves, gives it its capacity back, verifies it, sends users to it, and only "
    "then drains what they left. With nothing to undo it changes nothing and exits 0. A rollback that does not come "
    "to health exits 20 and says what to do.",
    (
        _required(NAMESPACE),
        SERVICE,
        WORKLOAD,
        BLUE,
        GREEN,
        SELECTOR_KEY,
        Input(
            "to-revision",
            "Revision to go to: a number of the verified-good history (--service) or of the Deployment (--workload).",
            Type.NUMBER,
        ),
        Input(
            "scope",
            "What may be undone: the last release also when it is over, or only what is in flight now.",
            Type.CHOICE,
            "release",
            ("release", "in-flight"),
        ),
        Input("reason", "Why, for the audit trail."),
        HEALTH_PATH,
        HEALTH_PORT,
        Input("timeout", "Time for the rollback.", Type.DURATION, "300s"),
        LOCK_WAIT,
        _DRY_RUN,
        *_TAIL,
    ),
    (
        *_OUTCOME,
        Output("active", "The workload that serves now."),
        Output("revision", "The verified-good revision that serves now."),
        *_VERSION,
    ),
)

STATUS = Step(
    "status",
    "Show what serves, what is in flight, who holds the lock, and what happened.",
    "Reads the release record of a service: what serves, the release in flight, the lock, the verified-good history "
    "and the last events. Changes nothing.",
    (_required(NAMESPACE), _required(SERVICE), BLUE, GREEN, SELECTOR_KEY, *_WHERE, *_REPORTS),
    action=False,
)

DEAD_MAN_GUARD = Step(
    "dead-man",
    "Guard a release from inside the cluster, and undo it when its run is gone.",
    "What the Job of `--dead-man` runs. Waits while the run that releases renews its lock, ends when the release "
    "does, and undoes it when the lock was not renewed for its time. It never works against a live run.",
    (
        _required(NAMESPACE),
        _required(SERVICE),
        BLUE,
        GREEN,
        SELECTOR_KEY,
        HEALTH_PATH,
        HEALTH_PORT,
        Input("release", "Id of the release that is guarded; the one in flight at the start unless told."),
        Input("timeout", "Time for undoing the release.", Type.DURATION, "300s"),
        *_WHERE,
        *_REPORTS,
    ),
    action=False,
)

STEPS: tuple[Step, ...] = (BLUE_GREEN_SWITCH, VERIFY_HEALTH, ROLLBACK, STATUS, DEAD_MAN_GUARD)


def step_named(name: str) -> Step:
    """The step called `name`. Raises KeyError."""
    for step in STEPS:
        if step.name == name:
            return step
    raise KeyError(name)
