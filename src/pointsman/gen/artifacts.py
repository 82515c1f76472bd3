"""What is generated, and from which part of the specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pointsman.entry.roles import dead_man_manifest
from pointsman.entry.spec import ROLLBACK, STEPS, Step
from pointsman.gen.action import action_yml, inputs_of
from pointsman.gen.artifact import Artifact, present
from pointsman.gen.gitlab import own_inputs, template_yml
from pointsman.gen.installs import CHART, MODULE, chart_yaml, roles_yaml, values_schema
from pointsman.gen.pages import filled
from pointsman.gen.schema import schema_json
from pointsman.gen.tables import (
    exit_codes_table,
    fenced,
    inputs_table,
    outputs_table,
    permissions_table,
    policy_table,
    role_block,
    steps_table,
    table,
)
from pointsman.model.errors import InputError

EXAMPLES = {
    "workflow": "examples/github/blue-green.yml",
    "canary": "examples/github/canary.yml",
    "readiness": "examples/github/readiness.yml",
    "gitlab": "examples/gitlab/canary.gitlab-ci.yml",
}
"""Shown on the front page, by the part of the page."""
DEAD_MAN_EXAMPLE = "examples/kubernetes/dead-man.yaml"


def artifacts_for(root: Path) -> list[Artifact]:
    """Every generated file of the repository at `root`. Raises InputError for a missing or malformed page."""
    return [
        *_actions(root),
        *_templates(root),
        Artifact("schema/pointsman.schema.json", schema_json()),
        Artifact(DEAD_MAN_EXAMPLE, dead_man_manifest()),
        Artifact(f"{CHART}/Chart.yaml", chart_yaml()),
        Artifact(f"{CHART}/values.schema.json", values_schema()),
        *(Artifact(f"{folder}/files/roles.yaml", roles_yaml()) for folder in (CHART, MODULE)),
        *_pages(root),
    ]


def _actions(root: Path) -> Iterator[Artifact]:
    wanted = {f"actions/{step.name}/action.yml": action_yml(step) for step in STEPS if step.action}
    yield from _and_no_others(root, "actions/*/action.y*ml", wanted)


def _templates(root: Path) -> Iterator[Artifact]:
    wanted = {f"templates/{step.name}.yml": template_yml(step, root) for step in STEPS if step.action}
    yield from _and_no_others(root, "templates/**/*.y*ml", wanted)


def _and_no_others(root: Path, pattern: str, wanted: Mapping[str, str]) -> Iterator[Artifact]:
    """The wanted texts by path, and the removal of every other file that fits `pattern`."""
    for path, text in wanted.items():
        yield Artifact(path, text)
    for file in sorted(root.glob(pattern)):
        path = file.relative_to(root).as_posix()
        if path not in wanted:
            yield Artifact(path, None)


def _pages(root: Path) -> Iterator[Artifact]:
    yield _page(root, "README.md", _front_page(root))
    yield _page(root, "docs/readiness.md", {"policy": policy_table()})
    yield _page(root, "docs/gitlab.md", {"inputs": _gitlab_inputs(root)})
    for step in STEPS:
        yield _page(root, f"docs/steps/{step.name}.md", parts_of_guide(step))
        if step.action:
            yield _page(root, f"actions/{step.name}/README.md", parts_of_readme(step))


def _page(root: Path, path: str, parts: Mapping[str, str]) -> Artifact:
    return Artifact(path, filled(path, _text(root, path), parts))


def _front_page(root: Path) -> dict[str, str]:
    shown = {part: fenced(_text(root, path), "yaml") for part, path in EXAMPLES.items()}
    return {
        **shown,
        "steps": steps_table(),
        "exit-codes": exit_codes_table(),
    }


def _gitlab_inputs(root: Path) -> str:
    told = own_inputs(ROLLBACK, root)
    default = {**{name: f"`{one['default']}`" for name, one in told.items()}, "job-name": "the name of the step"}
    return table(("input", "default", "meaning"), [(f"`{x}`", default[x], told[x]["description"]) for x in told])


def parts_of_guide(step: Step) -> dict[str, str]:
    """The generated parts of `docs/steps/<step>.md`."""
    parts = {
        "inputs": inputs_table(step),
        "exit-codes": exit_codes_table(step),
        "role": role_block(step),
    }
    if not step.action:
        return parts
    return {**parts, "outputs": outputs_table(step), "permissions": permissions_table(step)}


def parts_of_readme(step: Step) -> dict[str, str]:
    """The generated parts of `actions/<step>/README.md`."""
    return {
        "inputs": inputs_table(step, inputs_of(step)),
        "outputs": outputs_table(step),
        "exit-codes": exit_codes_table(step),
        "permissions": permissions_table(step),
        "role": role_block(step),
    }


def _text(root: Path, path: str) -> str:
    text = present(root, path)
    if text is None:
        raise InputError(f"{path} is missing", "write its prose first; only the tables in it are generated")
    return text
