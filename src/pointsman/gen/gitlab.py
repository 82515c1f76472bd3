"""templates/<step>.yml of a step: one job for GitLab, a CI/CD component and a plain `include:` alike.

An input is pasted as text into the configuration (`$[[ … ]]`), so none ever stands in a script: each is a variable of
the job, which only the program reads. All are of the type string: GitLab keeps the type of a value that it puts
somewhere as a whole, and takes no booleans as variables; a number has no way to say that it was not given.

An input that pointsman.yaml may hold has an empty default here, for a variable outranks the file. A pattern also lets
anything with a `$` pass, since the variable behind that is known in the job only; there the program looks again.

What changes traffic is not interruptible, waits for its turn in a resource group, and makes a deployment of its
environment; what only looks does neither. A step that is for a person's hand is a manual job, for which no pipeline
waits. A job that is cancelled gets its `after_script`, with five minutes for it,
and that is where `on-cancel: rollback` undoes the release."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pointsman import __version__
from pointsman.entry.shared_inputs import LOCK_WAIT, ON_GITHUB_ONLY
from pointsman.entry.spec import ON_CANCEL, Input, Step, Type, variable_of
from pointsman.gen.action import COMMAND_LINE_ONLY, NOTE, default_of, description_of
from pointsman.report.yaml_text import yaml_text

LOCK = "libexec/image.lock"
RUNNER_IMAGE = "runner-image"
_REPORTS = "pointsman-report"
_ABOUT_ENVIRONMENT = "Name of the environment: GitLab's, that in reports, and the section of pointsman.yaml."
_NAME = "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
_FORMS = {
    Type.NAME: _NAME,
    Type.ROUTE: f"{_NAME}(/.+)?",
    Type.DURATION: r"[0-9]+(\.[0-9]+)?|([0-9]+(\.[0-9]+)?(ms|s|m|h))+",
    Type.NUMBER: "[0-9]{1,9}",
    Type.PORT: "[0-9]{1,5}|[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?",
    Type.PATH: r"/\S*",
    Type.IMAGE: r"\S{1,512}",
    Type.URL: r"https?://\S+",
    Type.STATUS: "[1-5][0-9]{2}(-[1-5][0-9]{2})?",
    Type.WEIGHTS: r"\s*[0-9]{1,3}%?\s*(,\s*[0-9]{1,3}%?\s*)*",
    Type.RATE: r"[0-9]+(\.[0-9]+)?(/(s|min|h))?",
    Type.PAIR: "[^=]+=.+",
}
# Options outrank variables: these are the values that the undoing of a cancelled job has, whatever the job's were.
_UNDO = (
    "pointsman rollback --scope in-flight --reason 'the job was cancelled' --workload '' --lock-wait 90s --timeout 180s"
)
_CANCELLED = '[ "$CI_JOB_STATUS" = canceled ]'
_WISHED = f'[ "${variable_of(ON_CANCEL.name)}" = rollback ]'


def template_yml(step: Step, root: Path) -> str:
    """The text of `templates/<step>.yml`; the image is the one of `libexec/image.lock` below `root`."""
    # A comment: a description in the header is something that only newer versions of GitLab know.
    return f"{NOTE}# {step.summary}\n{yaml_text(header_of(step, root))}---\n{yaml_text(jobs_of(step))}"


def header_of(step: Step, root: Path) -> dict[str, Any]:
    """The header: what may be given with `inputs:`."""
    own = {
        "job-name": _text("Name of the job.", step.name, "[A-Za-z0-9][A-Za-z0-9 _-]{0,60}"),
        "stage": _text("Stage of the job.", "deploy", "[^$]{1,100}"),
        **({"environment-action": _environment_action()} if _changes(step) else {}),
    }
    given = {one.name: _input(one) for one in component_inputs(step)}
    given["environment"] = _text(_ABOUT_ENVIRONMENT, "production", "[A-Za-z0-9 /_.{}$-]{1,200}")
    given["report-dir"] = _text("Folder for the reports, below the project.", _REPORTS, "[A-Za-z0-9_][A-Za-z0-9_./-]*")
    given[RUNNER_IMAGE] = _text(
        "Image that the job runs in: that of Pointsman, or one with it.", image_of(root), r"\S+"
    )
    return {"spec": {"inputs": {**own, **given}}}


def jobs_of(step: Step) -> dict[str, Any]:
    """The one job."""
    return {_value("job-name"): {"stage": _value("stage"), **_running(step), **_around(step), **_script(step)}}


def component_inputs(step: Step) -> list[Input]:
    """The inputs of the step that mean something in a GitLab job. A secret is none of them, for a configuration is no
    place for it: its variable, masked, reaches every job by itself."""
    meant = [one for one in step.inputs if one.name not in COMMAND_LINE_ONLY | ON_GITHUB_ONLY]
    return [one for one in meant if one.type is not Type.SECRET]


def own_inputs(step: Step, root: Path) -> dict[str, dict[str, Any]]:
    """The inputs that only a GitLab job has, or has a default of its own for."""
    own = {"job-name", "stage", "environment-action", "environment", "report-dir", RUNNER_IMAGE}
    return {name: told for name, told in header_of(step, root)["spec"]["inputs"].items() if name in own}


def image_of(root: Path) -> str:
    """The released image by digest; by the tag of this version until there is one. It is the index over all platforms:
    a configuration cannot choose by the machine that a job will run on."""
    locked = _locked(root / LOCK)
    repository, digest = locked["repository"], locked["digest"]
    released = digest.startswith("sha256:") and locked["version"] == __version__
    return f"{repository}@{digest}" if released else f"{repository}:{__version__}"


@cache
def _locked(lock: Path) -> dict[str, str]:
    lines = [line for line in lock.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {name: text for name, _, text in (line.partition("=") for line in lines)}


def _changes(step: Step) -> bool:
    return any(one.name == LOCK_WAIT.name for one in step.inputs)


def _running(step: Step) -> dict[str, Any]:
    variables = {variable_of(one.name): _value(one.name) for one in component_inputs(step) if one.name != RUNNER_IMAGE}
    if any(one.name == "dead-man" for one in step.inputs):
        variables["POINTSMAN_PINNED_IMAGE"] = _value(RUNNER_IMAGE)
    # The image has an entrypoint of its own, which a runner would give its shell to.
    return {"image": {"name": _value(RUNNER_IMAGE), "entrypoint": [""]}, "variables": variables}


def _around(step: Step) -> dict[str, Any]:
    action = _value("environment-action") if _changes(step) else "verify"
    url = f"${variable_of('environment-url')}"
    turn = f"pointsman/{_value('environment')}/{_value('service')}/release"
    return {
        "environment": {"name": _value("environment"), "url": url, "action": action},
        **({"resource_group": turn} if _changes(step) else {}),
        **({"when": "manual", "allow_failure": True} if step.by_hand else {}),
        "interruptible": not _changes(step),
    }


def _script(step: Step) -> dict[str, Any]:
    undo = f"if {_CANCELLED} && {_WISHED}; then {_UNDO}; fi"
    reports = _value("report-dir")
    return {
        "script": [f"pointsman {step.name}"],
        **({"after_script": [undo]} if ON_CANCEL in step.inputs else {}),
        "artifacts": {
            "when": "always",
            "expire_in": "30 days",
            "expose_as": f"Pointsman {_value('job-name')}",
            "paths": [f"{reports}/"],
            "reports": {
                "junit": f"{reports}/junit.xml",
                "dotenv": f"{reports}/outputs.env",
                "annotations": f"{reports}/annotations.json",
            },
        },
    }


def _input(one: Input) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "string", "description": description_of(one), "default": default_of(one)}
    choices = one.choices or (("true", "false") if one.type is Type.FLAG else ())
    if choices:
        told["options"] = [*choices] if default_of(one) else ["", *choices]
    if one.type in _FORMS:
        told["regex"] = _regex(_FORMS[one.type])
    return told


def _regex(form: str) -> str:
    return rf"^({form}|.*\$.*)?$"


def _text(description: str, default: str, form: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "default": default, "regex": f"^{form}$"}


def _environment_action() -> dict[str, Any]:
    words = "What the job is to its environment: start makes a deployment; prepare, verify and access make none."
    options = ["start", "prepare", "verify", "access"]
    return {"type": "string", "description": words, "default": "start", "options": options}


def _value(name: str) -> str:
    return f"$[[ inputs.{name} ]]"
