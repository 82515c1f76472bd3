"""What a step's action.yml says follows from the specification alone."""

import pytest

from pointsman.entry.config import file_inputs
from pointsman.entry.spec import BLUE_GREEN_SWITCH, ROLLBACK, STEPS, Input, Step, Type, Where, variable_of
from pointsman.entry.values import values_of
from pointsman.gen.action import action_of, action_yml

ACTIONS = [step for step in STEPS if step.action]
FIXED = [one for one in ROLLBACK.inputs if one.name in ("scope", "reason", "deployment", "lock-wait", "timeout")]
_NOT_HERE = {"output", "merge-request-note"}
SMALL = Step(
    "small-step",
    "Does little.",
    "Does very little.",
    (
        Input("namespace", "Where.", Type.NAME, required=True),
        Input("bake", "How long.", Type.DURATION, "60s"),
        Input("cleanup", "What then.", Type.CHOICE, "keep", ("keep", "scale-down")),
        Input("runner", "How.", Type.CHOICE, "auto", ("auto", "python"), where=Where.LAUNCHER),
        Input("output", "What is printed.", Type.CHOICE, "text", ("text", "json")),
        Input("github-token", "Token.", Type.SECRET),
    ),
)


def test_a_required_input_may_stand_in_the_configuration_too() -> None:
    told = "Where. Required, here or in pointsman.yaml."
    assert action_of(SMALL)["inputs"]["namespace"] == {"description": told, "default": ""}


def test_a_default_that_the_configuration_may_change_is_told_and_not_set() -> None:
    assert action_of(SMALL)["inputs"]["bake"] == {"description": "How long. Default: 60s.", "default": ""}


def test_choices_are_told() -> None:
    told = action_of(SMALL)["inputs"]["cleanup"]["description"]
    assert told == "What then. One of: keep, scale-down. Default: keep."


def test_a_default_of_the_launcher_is_set() -> None:
    assert action_of(SMALL)["inputs"]["runner"]["default"] == "auto"


def test_the_token_is_the_one_of_the_job_unless_told() -> None:
    assert action_of(SMALL)["inputs"]["github-token"]["default"] == "${{ github.token }}"


def test_what_makes_sense_at_a_terminal_only_is_no_input() -> None:
    assert "output" not in action_of(SMALL)["inputs"]


def test_the_step_is_one_exec_of_its_own_name() -> None:
    (run,) = action_of(SMALL)["runs"]["steps"]
    assert run["run"] == 'exec "$GITHUB_ACTION_PATH/../../libexec/launch" small-step'


@pytest.mark.parametrize("step", ACTIONS, ids=lambda step: step.name)
def test_nothing_that_the_configuration_may_hold_is_outranked_by_a_default(step: Step) -> None:
    inputs = action_of(step)["inputs"]
    assert [name for name in inputs if name in file_inputs() and inputs[name].get("default")] == []


@pytest.mark.parametrize("step", ACTIONS, ids=lambda step: step.name)
def test_every_input_reaches_the_program_by_its_variable(step: Step) -> None:
    run = action_of(step)["runs"]["steps"][0]
    named = [one.name for one in step.inputs if one.name not in _NOT_HERE]
    expected = {variable_of(name): f"${{{{ inputs.{name} }}}}" for name in named}
    assert {name: text for name, text in run["env"].items() if name != "POINTSMAN_JOB_URL_ID"} == expected


def test_only_a_step_that_can_be_undone_has_a_second_one() -> None:
    counts = {step.name: len(action_of(step)["runs"]["steps"]) for step in ACTIONS}
    assert {name for name, count in counts.items() if count == 2} == {"blue-green-switch", "canary-step"}
    assert set(counts.values()) == {1, 2}


def test_an_undo_reaches_only_what_is_in_flight_and_ends_within_the_time_a_runner_gives() -> None:
    _, undo = action_of(BLUE_GREEN_SWITCH)["runs"]["steps"]
    texts = {one.name: undo["env"][variable_of(one.name)] for one in FIXED}
    given = values_of(ROLLBACK, {"namespace": "shop", **texts})
    assert (given["scope"], given["deployment"]) == ("in-flight", "off")
    assert given["lock-wait"] > 60, "a run that was killed holds the lock for 60 s"
    assert given["lock-wait"] + given["timeout"] <= 280, "a runner gives 5 minutes"


def test_an_undo_is_told_all_that_a_rollback_can_know_of_the_release() -> None:
    run, undo = action_of(BLUE_GREEN_SWITCH)["runs"]["steps"]
    known = {variable_of(one.name) for one in ROLLBACK.inputs}
    kept = {name for name, text in undo["env"].items() if run["env"].get(name) == text}
    changed = {variable_of(one.name) for one in FIXED}
    assert kept - {"POINTSMAN_JOB_URL_ID"} == (set(run["env"]) & known) - changed - {"POINTSMAN_ENVIRONMENT_URL"}
    assert set(undo["env"]) - kept == changed


def test_the_same_specification_gives_the_same_text() -> None:
    assert action_yml(SMALL) == action_yml(SMALL)
