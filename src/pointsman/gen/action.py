"""action.yml of a step: composite, one `exec`, every input through `env:`.

No nested `uses:` (it is fetched even where its condition is false), no expression in `run:` (it would be
pasted into the script), and `exec`, since a runner signals only the process that it has started itself.

A step with the input `on-cancel` has a second inner step, `undo`: a runner that cancels a job gives each step 10 s
to end, too little for a rollback, and 5 minutes to all the steps together that run on `cancelled()`. Those 5 minutes
are shared out here, so neither `timeout` nor `lock-wait` of the release is passed on; nor is `deployment`, for an
undo deploys nothing.

An input that pointsman.yaml may hold has an empty default here and names the real one in its description: a
runner sets the variable of every input, and a variable outranks the file.
"""

from __future__ import annotations

from typing import Any

from pointsman.entry.config import file_inputs
from pointsman.entry.shared_inputs import ON_GITLAB_ONLY
from pointsman.entry.spec import GITHUB_TOKEN, ON_CANCEL, ROLLBACK, Input, Step, variable_of
from pointsman.report.yaml_text import yaml_text

NOTE = "# Made by `python -m pointsman.gen` from src/pointsman/entry/spec.py; edit that.\n"
COMMAND_LINE_ONLY = frozenset({"output"})
_NOT_FOR_UNDO = {"environment-url", "workload"}
_FOR_UNDO = {
    "scope": "in-flight",
    "reason": "the job was cancelled",
    "deployment": "off",
    "lock-wait": "90s",
    "timeout": "180s",
}
_BRANDING = {"icon": "shuffle", "color": "blue"}


def action_yml(step: Step) -> str:
    """The text of `actions/<step>/action.yml`."""
    return NOTE + yaml_text(action_of(step))


def action_of(step: Step) -> dict[str, Any]:
    """The metadata of a step as GitHub reads it."""
    return {
        "name": f"Pointsman {step.name}",
        "description": step.summary,
        "author": "The Pointsman authors",
        "branding": dict(_BRANDING),
        "inputs": {one.name: _input(one) for one in inputs_of(step)},
        "outputs": {one.name: {"description": one.help, "value": _value(one.name, step)} for one in step.outputs},
        "runs": {"using": "composite", "steps": [_run(step), *([_undo(step)] if _undone(step) else [])]},
    }


def inputs_of(step: Step) -> list[Input]:
    """The inputs that the step has in a pipeline; some make sense at a terminal only."""
    return [one for one in step.inputs if one.name not in COMMAND_LINE_ONLY | ON_GITLAB_ONLY]


def _input(one: Input) -> dict[str, Any]:
    # Never `required: true`: what the core requires may also stand in pointsman.yaml, and GitHub does not check it.
    return {"description": description_of(one), "default": _default(one)}


def description_of(one: Input) -> str:
    """What an input is for, with what it takes and what it is unless told."""
    choices = f" One of: {', '.join(one.choices)}." if one.choices else ""
    default = f" Default: {one.default}." if one.default and not default_of(one) else ""
    required = " Required, here or in pointsman.yaml." if one.required else ""
    return f"{one.help}{choices}{default}{required}"


def _default(one: Input) -> str:
    return "${{ github.token }}" if one.name == GITHUB_TOKEN else default_of(one)


def default_of(one: Input) -> str:
    """What a pipeline passes when nobody said anything: nothing, wherever pointsman.yaml may have an answer."""
    return "" if one.default is None or one.name in file_inputs() else one.default


def _undone(step: Step) -> bool:
    return ON_CANCEL in step.inputs


def _value(output: str, step: Step) -> str:
    """What an undo came to is newer than what the step it undid came to."""
    told = f"steps.run.outputs.{output}"
    if _undone(step) and output in {one.name for one in ROLLBACK.outputs}:
        told = f"steps.undo.outputs.{output} || {told}"
    return f"${{{{ {told} }}}}"


def _run(step: Step) -> dict[str, Any]:
    return {"id": "run", "shell": "bash", "env": _environment(inputs_of(step)), "run": _launch(step)}


def _undo(step: Step) -> dict[str, Any]:
    known = {one.name for one in ROLLBACK.inputs} - _NOT_FOR_UNDO
    environment = _environment([one for one in inputs_of(step) if one.name in known])
    return {
        "id": "undo",
        "if": f"${{{{ cancelled() && inputs.{ON_CANCEL.name} == 'rollback' }}}}",
        "shell": "bash",
        "env": {**environment, **{variable_of(name): text for name, text in _FOR_UNDO.items()}},
        "run": _launch(ROLLBACK),
    }


def _environment(inputs: list[Input]) -> dict[str, str]:
    mapped = {variable_of(one.name): f"${{{{ inputs.{one.name} }}}}" for one in inputs}
    return {**mapped, "POINTSMAN_JOB_URL_ID": "${{ job.check_run_id }}"}


def _launch(step: Step) -> str:
    return f'exec "$GITHUB_ACTION_PATH/../../libexec/launch" {step.name}'
