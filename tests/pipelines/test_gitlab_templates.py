"""What GitLab reads of the project: valid, safe, and the same as the program's own table of inputs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.entry.cli import cli
from pointsman.entry.config import file_inputs
from pointsman.entry.shared_inputs import ON_GITHUB_ONLY
from pointsman.entry.spec import STEPS, Input, Step, Type, Where, parameter_of, variable_of
from pointsman.entry.values import values_of
from pointsman.gen.gitlab import image_of
from tests.actions.gitlab_templates import ROOT, TEMPLATES, template

ACTIONS = [step for step in STEPS if step.action]
OWN = {"job-name", "stage", "environment-action", "runner-image"}
every_step = pytest.mark.parametrize("step", ACTIONS, ids=lambda step: step.name)
every_example = pytest.mark.parametrize("path", sorted(ROOT.glob("examples/gitlab/*.yml")), ids=lambda path: path.name)


def schema_finds(folder: Path, *documents: Any) -> str:
    """What the schema of GitLab's configuration objects to."""
    files = [folder / f"{number}.gitlab-ci.yml" for number in range(len(documents))]
    for file, document in zip(files, documents, strict=True):
        file.write_text(yaml.safe_dump(document))
    tool = Path(sys.executable).parent / "check-jsonschema"
    command = [tool, "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", *files]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr


def only_job(step: Step, given: dict[str, str] | None = None) -> dict[str, Any]:
    (job,) = template(step.name).jobs(given).values()
    found: dict[str, Any] = job
    return found


def test_every_step_has_a_template_and_nothing_else_has() -> None:
    assert [path.stem for path in TEMPLATES] == sorted(step.name for step in ACTIONS)


def test_header_and_job_of_every_template_are_what_gitlab_accepts(tmp_path: Path) -> None:
    documents = [part for step in ACTIONS for part in (template(step.name).header, template(step.name).jobs())]
    assert schema_finds(tmp_path, *documents) == ""


def test_a_template_that_gitlab_would_refuse_is_noticed(tmp_path: Path) -> None:
    jobs = template("rollback").jobs({"environment-action": "leave"})
    assert "leave" in schema_finds(tmp_path, jobs)


@every_step
def test_no_default_is_one_that_the_template_refuses(step: Step) -> None:
    made = template(step.name)
    assert made.refused({name: told["default"] for name, told in made.inputs.items()}) == []


@every_step
def test_every_input_is_one_of_the_step_and_every_one_of_the_step_is_there(step: Step) -> None:
    terminal_only = {"output"}
    secrets = {one.name for one in step.inputs if one.type is Type.SECRET}
    known = {one.name for one in step.inputs} - ON_GITHUB_ONLY - terminal_only - secrets
    assert set(template(step.name).inputs) - OWN == known - OWN
    assert template(step.name).pasted == set(template(step.name).inputs)


@every_step
def test_an_input_is_a_variable_of_the_job_and_never_a_word_of_a_script(step: Step) -> None:
    job = yaml.safe_load(template(step.name).body)["$[[ inputs.job-name ]]"]
    for line in [*job["script"], *job.get("after_script", [])]:
        assert "[[" not in line
    named = {one.name for one in step.inputs} & set(template(step.name).inputs) - OWN
    variables = {name: text for name, text in job["variables"].items() if name != "POINTSMAN_PINNED_IMAGE"}
    assert variables == {variable_of(name): f"$[[ inputs.{name} ]]" for name in named}


@every_step
def test_every_variable_is_one_that_the_program_reads(step: Step) -> None:
    options = {getattr(one, "envvar", None) for one in cli.commands[step.name].params}
    elsewhere = {variable_of(one.name) for one in step.inputs if one.where is Where.LAUNCHER}
    elsewhere.add("POINTSMAN_PINNED_IMAGE")
    assert set(only_job(step)["variables"]) - elsewhere <= options


@every_step
def test_nothing_that_the_configuration_may_hold_is_outranked_by_a_default(step: Step) -> None:
    inputs = template(step.name).inputs
    outranked = {name for name in set(file_inputs()) & set(inputs) if inputs[name]["default"]}
    assert outranked == {"report-dir"}  # the job must know where its reports are


@every_step
def test_a_job_that_changes_traffic_is_never_interrupted_and_waits_for_its_turn(step: Step) -> None:
    job = only_job(step, {"service": "shop"})
    changes = step.name not in ("verify-health", "readiness-check")
    assert job["interruptible"] is not changes
    assert job.get("resource_group") == ("pointsman/production/shop/release" if changes else None)
    assert job["environment"]["action"] == ("start" if changes else "verify")


@every_step
def test_what_is_for_a_persons_hand_never_runs_by_itself_and_holds_up_no_pipeline(step: Step) -> None:
    job = only_job(step)
    by_hand = step.name in ("promote", "abort")
    assert (job.get("when"), job.get("allow_failure")) == (("manual", True) if by_hand else (None, None))


@every_step
def test_reports_are_kept_however_the_job_ends(step: Step) -> None:
    artifacts = only_job(step, {"report-dir": "r/x"})["artifacts"]
    assert (artifacts["when"], artifacts["paths"]) == ("always", ["r/x/"])
    assert artifacts["reports"] == {
        "junit": "r/x/junit.xml",
        "dotenv": "r/x/outputs.env",
        "annotations": "r/x/annotations.json",
    }


def test_a_release_is_undone_only_in_a_job_that_was_cancelled_and_only_where_that_was_asked_for() -> None:
    undone = {step.name: only_job(step).get("after_script", []) for step in ACTIONS}
    assert [name for name, lines in undone.items() if lines] == ["blue-green-switch", "canary-step"]
    for (line,) in filter(None, undone.values()):
        assert [status for status in ("canceled", "success", "failed") if undo(line, status, "rollback")] == [
            "canceled"
        ]
        assert undo(line, "canceled", "hold") == ""
        assert "--scope in-flight" in undo(line, "canceled", "rollback")


def undo(line: str, status: str, wish: str) -> str:
    """What this after_script would call."""
    variables = {"PATH": "/usr/bin:/bin", "CI_JOB_STATUS": status, "POINTSMAN_ON_CANCEL": wish}
    script = f'pointsman() {{ echo "$*"; }}\n{line}'
    said = subprocess.run(["sh", "-euc", script], env=variables, capture_output=True, text=True, check=True)
    return said.stdout


def test_the_undoing_is_a_command_that_the_program_takes() -> None:
    (line,) = only_job(next(step for step in ACTIONS if step.name == "canary-step"))["after_script"]
    words = undo(line, "canceled", "rollback").split()
    assert words[0] == "rollback"
    known = {option for one in cli.commands["rollback"].params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


GIVEN = {
    Type.NAME: ("shop", "shop-$CI_COMMIT_REF_SLUG"),
    Type.DURATION: ("90s", "1h30m", "5", "$BAKE"),
    Type.NUMBER: ("3",),
    Type.PORT: ("8080", "http"),
    Type.PATH: ("/healthz?x=1",),
    Type.IMAGE: ("app=reg.example:5000/shop:1@sha256:0f", "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA"),
    Type.URL: ("https://shop.example/x",),
    Type.STATUS: ("200-299",),
    Type.WEIGHTS: ("5,10, 30%,100",),
    Type.RATE: ("100/s", "6"),
    Type.PAIR: ("canary=true",),
    Type.FLAG: ("true",),
    Type.OBJECTIVES: ("error-rate ok<1% rollback>5%", "error-rate ok<1% rollback>5%\np99 ok<300ms rollback>1s"),
}
WRONG = {
    Type.NAME: ("Shop", "a b", "a\nb"),
    Type.DURATION: ("soon", "5 m"),
    Type.NUMBER: ("-1", "1.5"),
    Type.PATH: ("healthz",),
    Type.URL: ("ftp://x", "javascript:x"),
    Type.STATUS: ("20",),
    Type.WEIGHTS: ("five",),
    Type.PAIR: ("canary",),
    Type.FLAG: ("maybe",),
}
INPUTS = {one.type: (step, one) for step in ACTIONS for one in step.inputs if one.name not in ON_GITHUB_ONLY}


@pytest.mark.parametrize("kind", GIVEN, ids=lambda kind: kind.value)
def test_what_the_program_takes_passes_and_so_does_what_a_variable_will_hold(kind: Type) -> None:
    step, one = INPUTS[kind]
    for text in GIVEN[kind]:
        assert template(step.name).refused({one.name: text}) == []
        if "$" not in text:
            assert values_of(step, {**{two.name: "shop" for two in step.inputs if two.required}, one.name: text})


@pytest.mark.parametrize("kind", WRONG, ids=lambda kind: kind.value)
def test_what_is_plainly_wrong_is_refused_before_a_job_begins(kind: Type) -> None:
    step, one = INPUTS[kind]
    assert [text for text in WRONG[kind] if not template(step.name).refused({one.name: text})] == []


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_no_value_changes_what_the_job_does(text: str) -> None:
    step = ACTIONS[0]
    pasted, plain = only_job(step, {"image": text}), only_job(step)
    assert pasted["variables"].pop("POINTSMAN_IMAGE") == text
    del plain["variables"]["POINTSMAN_IMAGE"]
    assert pasted == plain


def test_the_image_is_the_released_one_by_digest_and_the_tag_until_there_is_one(tmp_path: Path) -> None:
    assert re.fullmatch(r"ghcr\.io/pointsman-dev/pointsman(:\d+\.\d+\.\d+|@sha256:[0-9a-f]{64})", image_of(ROOT))
    lock = tmp_path / "libexec/image.lock"
    lock.parent.mkdir()
    text, digest = (ROOT / "libexec/image.lock").read_text(), f"sha256:{'0f' * 32}"
    lock.write_text(re.sub(r"^digest=.*", f"digest={digest}", text, flags=re.MULTILINE))
    assert image_of(tmp_path) == f"ghcr.io/pointsman-dev/pointsman@{digest}"


def test_options_and_patterns_are_what_gitlab_allows() -> None:
    for step in ACTIONS:
        for told in template(step.name).inputs.values():
            assert len(told.get("options", [])) <= 50
            assert len(told["description"]) <= 1024
            assert not re.search(r"\(\?[=!<]", told.get("regex", ""))  # GitLab's expressions cannot look around
            assert json.dumps(told)


@every_example
def test_an_example_is_what_gitlab_accepts(path: Path, tmp_path: Path) -> None:
    assert schema_finds(tmp_path, yaml.safe_load(path.read_text("utf-8"))) == ""


@every_example
def test_an_example_gives_inputs_that_exist_and_are_taken(path: Path) -> None:
    for call in yaml.safe_load(path.read_text("utf-8"))["include"]:
        name = Path(call["remote"]).stem
        assert template(name).refused(call["inputs"]) == []
        required: list[Input] = [one for one in next(s for s in ACTIONS if s.name == name).inputs if one.required]
        assert {one.name for one in required} <= set(call["inputs"])
        assert parameter_of(name)
