"""What GitHub reads of the project: valid, safe, and the same as the program's own table of inputs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pointsman.entry.cli import cli
from pointsman.entry.spec import STEPS, Step, Type, Where, parameter_of, step_named, variable_of
from tests.cluster.harness.binaries import program

ROOT = Path(__file__).parents[2]
ACTIONS = [step for step in STEPS if step.action]
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/github/*.yml")])
SUITE = "pointsman-dev/pointsman/actions/"
NOT_ON_GITHUB = {"output", "merge_request_note"}

UNSAFE = """
name: unsafe
on: pull_request_target
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
"""


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A program of the development environment."""
    command = [str(Path(sys.executable).parent / name), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def check(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    return tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def zizmor(*paths: str | Path) -> subprocess.CompletedProcess[str]:
    config = ROOT / ".github/zizmor.yml"
    return tool("zizmor", "--offline", "--no-progress", "--strict-collection", "--config", config, *paths)


def actionlint(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(program("actionlint")), "-no-color", *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def action_file(step: Step) -> Path:
    return ROOT / "actions" / step.name / "action.yml"


def loaded(path: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return metadata


def inner_steps(step: Step) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = loaded(action_file(step))["runs"]["steps"]
    return found


def the_run(step: Step) -> dict[str, Any]:
    first, *others = inner_steps(step)
    assert [first["id"], *(one["id"] for one in others)] in (["run"], ["run", "undo"])
    return first


every_action = pytest.mark.parametrize("step", ACTIONS, ids=lambda step: step.name)


def test_the_metadata_is_what_github_accepts() -> None:
    checked = check("github-actions", *map(action_file, ACTIONS))
    assert checked.returncode == 0, checked.stdout


def test_metadata_that_github_would_refuse_is_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "action.yml"
    broken.write_text(action_file(ACTIONS[0]).read_text().replace("value:", "worth:"))
    assert check("github-actions", broken).returncode != 0


def test_workflows_and_examples_are_what_github_accepts() -> None:
    checked = check("github-workflows", *WORKFLOWS)
    assert checked.returncode == 0, checked.stdout


def test_actionlint_finds_nothing_in_workflows_and_examples() -> None:
    linted = actionlint(*WORKFLOWS)
    assert (linted.returncode, linted.stdout) == (0, "")


@every_action
def test_actionlint_finds_a_wrong_input_of_a_workflow_that_calls_a_step(step: Step, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "actions", tmp_path / "actions")
    (tmp_path / ".git").mkdir()
    required = {one.name: "shop" for one in step.inputs if one.required}
    assert lint_of_caller(tmp_path, step, required) == ""
    assert '"colour"' in lint_of_caller(tmp_path, step, {**required, "colour": "blue"})


def lint_of_caller(repository: Path, step: Step, inputs: dict[str, str]) -> str:
    """What actionlint says of a workflow in `repository` that calls the step with `inputs`."""
    call = {"uses": f"./actions/{step.name}", "with": inputs}
    job = {"runs-on": "ubuntu-latest", "steps": [call] if inputs else [{"uses": call["uses"]}]}
    file = repository / ".github/workflows/caller.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"name": "caller", "on": "push", "jobs": {"job": job}}))
    command = [str(program("actionlint")), "-no-color", "-shellcheck="]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60, check=False).stdout


def test_zizmor_finds_nothing_in_any_action_workflow_or_example() -> None:
    files = [
        *map(action_file, ACTIONS),
        *WORKFLOWS,
        ROOT / ".github/dependabot.yml",
    ]  # a folder's examples it passes over
    audited = zizmor(*files)
    assert audited.returncode == 0, audited.stdout
    assert [file.name for file in files if file.relative_to(ROOT).as_posix() not in audited.stderr] == []


def test_zizmor_would_find_an_unsafe_workflow(tmp_path: Path) -> None:
    (tmp_path / "unsafe.yml").write_text(UNSAFE)
    found = zizmor(tmp_path / "unsafe.yml").stdout
    assert "template-injection" in found
    assert "unpinned-uses" in found
    assert "dangerous-triggers" in found


def test_only_one_audit_is_turned_off_and_the_reason_stands_beside_it() -> None:
    text = (ROOT / ".github/zizmor.yml").read_text("utf-8")
    assert text.count("disable: true") == 1
    assert re.search(r"# It recommends .*\n  self-repository:\n    disable: true", text)


def test_nobody_reads_the_variables_that_only_some_runners_set() -> None:
    prefix = "INPUT" + "_"  # GitHub does not set them for composite actions, act does
    folders = ("src", "actions", "libexec", "examples", ".github")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix != ".pyc"]
    assert [file for file in files if file.is_file() and prefix in file.read_text("utf-8")] == []


@every_action
def test_a_step_is_one_line_of_shell_without_an_expression(step: Step) -> None:
    for run in inner_steps(step):
        assert run["run"].startswith("exec ")
        assert "${{" not in run["run"]
        assert "\n" not in run["run"]
        assert "uses" not in run


def test_a_release_is_undone_only_in_a_job_that_was_cancelled_and_only_where_that_was_asked_for() -> None:
    conditions = {step.name: [one["if"] for one in inner_steps(step) if "if" in one] for step in ACTIONS}
    asked = "${{ cancelled() && inputs.on-cancel == 'rollback' }}"
    asked_for = {name: found for name, found in conditions.items() if found}
    assert asked_for == {"blue-green-switch": [asked], "canary-step": [asked]}


def test_nothing_is_undone_unless_asked_for() -> None:
    assert loaded(ROOT / "actions/blue-green-switch/action.yml")["inputs"]["on-cancel"]["default"] == "hold"


@every_action
def test_the_launcher_is_where_the_step_looks_for_it(step: Step) -> None:
    path = re.search(r'"\$GITHUB_ACTION_PATH/([^"]+)"', the_run(step)["run"])
    assert path
    launcher = (action_file(step).parent / path[1]).resolve()
    assert launcher.stat().st_mode & 0o111


@every_action
def test_every_input_is_mapped_exactly_once_and_every_mapping_is_an_input(step: Step) -> None:
    mapped = [text for text in the_run(step)["env"].values() if "inputs." in text]
    wanted = [f"${{{{ inputs.{name} }}}}" for name in loaded(action_file(step))["inputs"]]
    assert sorted(mapped) == sorted(wanted)


@every_action
def test_every_input_is_known_to_the_program_or_to_the_launcher(step: Step) -> None:
    options = {one.name: one for one in cli.commands[step.name].params}
    launcher = "".join(file.read_text("utf-8") for file in (ROOT / "libexec").glob("*") if file.suffix != ".lock")
    for name in loaded(action_file(step))["inputs"]:
        one = step.input(name)
        if one.where is Where.LAUNCHER:
            assert re.search(rf"\b{variable_of(name)}\b", launcher), f"the launcher does not read {variable_of(name)}"
        elif one.type is not Type.SECRET:
            assert getattr(options[parameter_of(name)], "envvar", None) == variable_of(name)


@every_action
def test_every_option_is_an_input_too(step: Step) -> None:
    options = {parameter_of(name) for name in loaded(action_file(step))["inputs"]}
    known = {str(one.name) for one in cli.commands[step.name].params}
    assert known - options == NOT_ON_GITHUB


@every_action
def test_outputs_come_from_the_run_or_from_what_undid_it(step: Step) -> None:
    undone = {one.name for one in step_named("rollback").outputs} if len(inner_steps(step)) > 1 else set()
    expected = {one.name: f"steps.run.outputs.{one.name}" for one in step.outputs}
    expected |= {name: f"steps.undo.outputs.{name} || {expected[name]}" for name in undone & set(expected)}
    outputs = loaded(action_file(step))["outputs"]
    assert {name: told["value"] for name, told in outputs.items()} == {
        name: f"${{{{ {text} }}}}" for name, text in expected.items()
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_steps_with_inputs_that_exist_and_all_that_are_needed(path: Path) -> None:
    steps = [step for job in loaded(path)["jobs"].values() for step in job.get("steps", [])]
    for call in steps:
        if not call.get("uses", "").startswith(SUITE):
            continue
        inputs = loaded(ROOT / "actions" / call["uses"].removeprefix(SUITE).partition("@")[0] / "action.yml")["inputs"]
        given = set(call.get("with", {}))
        assert given <= set(inputs)
        assert {"service", "manifests"} <= given or {"namespace", "service"} <= given


@pytest.mark.parametrize("path", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda path: path.name)
def test_the_projects_own_workflows_ask_for_nothing_by_default_and_end(path: Path) -> None:
    workflow = loaded(path)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert "permissions" in job
        assert "uses" in job or job["timeout-minutes"] <= 90
