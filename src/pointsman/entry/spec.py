"""The one table of steps, inputs and outputs.

`action.yml`, the tables in the documentation, the JSON Schema of `pointsman.yaml` and the command-line options are
all made from it (`pointsman.gen`); a new input is one line here. Names are kebab-case; `variable_of` and
`parameter_of` derive the other two spellings, so none is ever typed twice.
"""

from __future__ import annotations

from pointsman.entry.shared_inputs import (
    BLUE,
    DEAD_MAN,
    DEAD_MAN_ACCOUNT,
    DEAD_MAN_IMAGE,
    DRY_RUN,
    GITHUB_TOKEN,
    GREEN,
    HEALTH_PATH,
    HEALTH_PORT,
    LOCK_WAIT,
    NAMESPACE,
    ON_CANCEL,
    OUTCOME,
    REASON,
    REPORTS,
    SELECTOR_KEY,
    SERVICE,
    TAIL,
    TIMEOUT_10M,
    VERSION,
    WHERE,
    WORKLOAD,
    required,
)
from pointsman.entry.steps_canary import CANARY_STEP
from pointsman.entry.steps_hurry import ABORT, PROMOTE
from pointsman.entry.steps_readiness import READINESS_CHECK
from pointsman.entry.table import Input, Output, Step, Type, Where, parameter_of, variable_of

__all__ = [
    "ABORT",
    "BLUE_GREEN_SWITCH",
    "CANARY_STEP",
    "DEAD_MAN_ACCOUNT",
    "DEAD_MAN_GUARD",
    "GITHUB_TOKEN",
    "ON_CANCEL",
    "PROMOTE",
    "READINESS_CHECK",
    "ROLLBACK",
    "STATUS",
    "STEPS",
    "VERIFY_HEALTH",
    "Input",
    "Output",
    "Step",
    "Type",
    "Where",
    "parameter_of",
    "step_named",
    "variable_of",
]

BLUE_GREEN_SWITCH = Step(
    "blue-green-switch",
    "Move all users onto the other colour, verified, and back at once if it is bad.",
    "Sets the image on the idle colour (and creates it from the active one when it is missing), waits until it is "
    "rolled out with the capacity of the active colour, asks its health directly, sends all users to it, sees that "
    "take effect, watches it while it bakes, and switches back at once if it is bad. Run twice, it changes nothing "
    "the second time; killed half-way, the next run goes on.",
    (
        required(NAMESPACE),
        required(SERVICE),
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
        DRY_RUN,
        *TAIL,
    ),
    (
        *OUTCOME,
        Output("active", "The colour that serves now."),
        Output("previous", "The other colour."),
        *VERSION,
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
        *TAIL,
    ),
    (
        *OUTCOME,
        Output("ready", "How many instances are ready."),
        *VERSION,
    ),
)

ROLLBACK = Step(
    "rollback",
    "Undo the release in flight, or return users to the last version that was verified good.",
    "Looks at the target before anything moves, gives it its capacity back, verifies it, sends users to it, and only "
    "then drains what they left. With nothing to undo it changes nothing and exits 0. A rollback that does not come "
    "to health exits 20 and says what to do.",
    (
        required(NAMESPACE),
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
        REASON,
        HEALTH_PATH,
        HEALTH_PORT,
        Input("timeout", "Time for the rollback.", Type.DURATION, "300s"),
        LOCK_WAIT,
        DRY_RUN,
        *TAIL,
    ),
    (
        *OUTCOME,
        Output("active", "The workload that serves now."),
        Output("revision", "The verified-good revision that serves now."),
        *VERSION,
    ),
)

STATUS = Step(
    "status",
    "Show what serves, what is in flight, who holds the lock, and what happened.",
    "Reads the release record of a service: what serves, the release in flight, the lock, the verified-good history "
    "and the last events. Changes nothing.",
    (required(NAMESPACE), required(SERVICE), BLUE, GREEN, SELECTOR_KEY, *WHERE, *REPORTS),
    action=False,
)

DEAD_MAN_GUARD = Step(
    "dead-man",
    "Guard a release from inside the cluster, and undo it when its run is gone.",
    "What the Job of `--dead-man` runs. Waits while the run that releases renews its lock, ends when the release "
    "does, and undoes it when the lock was not renewed for its time. It never works against a live run.",
    (
        required(NAMESPACE),
        required(SERVICE),
        BLUE,
        GREEN,
        SELECTOR_KEY,
        HEALTH_PATH,
        HEALTH_PORT,
        Input("release", "Id of the release that is guarded; the one in flight at the start unless told."),
        Input("timeout", "Time for undoing the release.", Type.DURATION, "300s"),
        *WHERE,
        *REPORTS,
    ),
    action=False,
)

STEPS: tuple[Step, ...] = (
    BLUE_GREEN_SWITCH,
    CANARY_STEP,
    PROMOTE,
    ABORT,
    VERIFY_HEALTH,
    READINESS_CHECK,
    ROLLBACK,
    STATUS,
    DEAD_MAN_GUARD,
)


def step_named(name: str) -> Step:
    """The step called `name`. Raises KeyError."""
    for step in STEPS:
        if step.name == name:
            return step
    raise KeyError(name)
