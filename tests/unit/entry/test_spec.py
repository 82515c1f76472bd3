"""One table of steps and inputs; the other spellings are derived, and derived one to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.entry.spec import STEPS, Step, Type, parameter_of, step_named, variable_of
from pointsman.entry.values import values_of
from pointsman.model.errors import InputError

names = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True)
NAMES = sorted({one.name for step in STEPS for one in step.inputs})
STEP_IDS = [step.name for step in STEPS]


@given(names, names)
def test_two_names_never_share_a_variable_or_a_parameter(one: str, other: str) -> None:
    assert (variable_of(one) == variable_of(other)) == (one == other)
    assert (parameter_of(one) == parameter_of(other)) == (one == other)


@given(names)
def test_the_name_is_found_again_in_its_variable(name: str) -> None:
    assert variable_of(name).removeprefix("POINTSMAN_").replace("_", "-").lower() == name
    assert parameter_of(name).isidentifier()


@pytest.mark.parametrize("step", STEPS, ids=STEP_IDS)
def test_no_input_and_no_output_stands_twice(step: Step) -> None:
    for listed in ([one.name for one in step.inputs], [one.name for one in step.outputs]):
        assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("step", STEPS, ids=STEP_IDS)
def test_every_default_is_a_value_its_own_input_takes(step: Step) -> None:
    required = {one.name: "shop" for one in step.inputs if one.required}
    values = values_of(step, required)
    for one in step.inputs:
        if one.type is Type.CHOICE and one.default is not None and one.name in values:
            assert values[one.name] in one.choices
        if one.default is not None and one.name in values:
            assert values[one.name] is not None


@pytest.mark.parametrize("step", STEPS, ids=STEP_IDS)
def test_every_input_has_one_sentence_of_help(step: Step) -> None:
    for one in (*step.inputs, *step.outputs):
        assert one.help.endswith((".", "…"))
        assert "\n" not in one.help


def test_a_step_is_found_by_its_name() -> None:
    assert step_named("rollback").input("reason").name == "reason"
    with pytest.raises(KeyError):
        step_named("roll-back")


@pytest.mark.parametrize("step", STEPS, ids=STEP_IDS)
def test_a_missing_required_input_is_named(step: Step) -> None:
    required = [one for one in step.inputs if one.required]
    for one in required:
        texts = {each.name: "shop" for each in required if each is not one}
        with pytest.raises(InputError, match=f"--{one.name} is missing"):
            values_of(step, texts)
