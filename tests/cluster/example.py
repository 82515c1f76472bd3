"""The options that a step of an example workflow comes to: its inputs, but for those of the launcher."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from pointsman.entry.spec import Where, step_named

_EXAMPLES = Path(__file__).parents[2] / "examples/github"
_OF_ENV = re.compile(r"\$\{\{ *env\.(\w+) *\}\}")


def inputs_of(example: str, step: str, **changed: str) -> dict[str, str]:
    """Those of the step with id `step`, as keyword arguments; `changed` are variables of the workflow that a user has
    changed to their own."""
    workflow = yaml.safe_load((_EXAMPLES / example).read_text("utf-8"))
    variables = {**workflow["env"], **changed}
    steps = [one for job in workflow["jobs"].values() for one in job["steps"]]
    (found,) = [one for one in steps if one.get("id") == step]
    given = {
        name: _OF_ENV.sub(lambda named: str(variables[named[1]]), str(text)) for name, text in found["with"].items()
    }
    known = step_named(found["uses"].partition("@")[0].rpartition("/")[2])
    options = {name: text for name, text in given.items() if known.input(name).where is Where.CORE}
    return {name.replace("-", "_"): text for name, text in options.items()}
