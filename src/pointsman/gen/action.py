"""action.yml of a step: composite, one `exec`, every input through `env:`.

No nested `uses:` (it is fetched even where its condition is false), no expression in `run:` (it would be
pasted into the script), and `exec`, since a runner signals only the process that it has started itself.

An input that pointsman.yaml may hold has an empty default here and names the real one in its description: a
runner sets the variable of every input, and a variable outranks the file.
"""

from __future__ import annotations

from typing import Any

from pointsman.entry.config import file_inputs
from pointsman.entry.spec import Input, Step, Type, variable_of
from pointsman.gen.yaml_text import yaml_text

NOTE = "# Made by `python -m pointsman.gen` from src/pointsman/entry/spec.py; edit that.\n"
_COMMAND_LINE_ONLY = {"output"}
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
        "outputs": {
            one.name: {"description": one.help, "value": f"${{{{ steps.run.outputs.{one.name} }}}}"}
            for one in step.outputs
        },
        "runs": {"using": "composite", "steps": [_run(step)]},
    }


def inputs_of(step: Step) -> list[Input]:
    """The inputs that the step has in a pipeline; some make sense at a terminal only."""
    return [one for one in step.inputs if one.name not in _COMMAND_LINE_ONLY]


def _input(one: Input) -> dict[str, Any]:
    # Never `required: true`: what the core requires may also stand in pointsman.yaml, and GitHub does not check it.
    return {"description": _description(one), "default": _default(one)}


def _description(one: Input) -> str:
    choices = f" One of: {', '.join(one.choices)}." if one.choices else ""
    default = f" Default: {one.default}." if one.default and not _default(one) else ""
    required = " Required, here or in pointsman.yaml." if one.required else ""
    return f"{one.help}{choices}{default}{required}"


def _default(one: Input) -> str:
    if one.type is Type.SECRET:
        return "${{ github.token }}"
    return "" if one.default is None or one.name in file_inputs() else one.default


def _run(step: Step) -> dict[str, Any]:
    environment = {variable_of(one.name): f"${{{{ inputs.{one.name} }}}}" for one in inputs_of(step)}
    return {
        "id": "run",
        "shell": "bash",
        "env": {**environment, "POINTSMAN_JOB_URL_ID": "${{ job.check_run_id }}"},
        "run": f'exec "$GITHUB_ACTION_PATH/../../libexec/launch" {step.name}',
    }
