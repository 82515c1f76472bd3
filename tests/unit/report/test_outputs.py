"""Outputs arrive exactly as they were meant, whatever a value contains."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.report.outputs import outputs_text

TOKEN = "0123456789abcdef0123456789abcdef"
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,9}", fullmatch=True)
values = st.text(st.characters(exclude_characters="\0")) | st.sampled_from(
    ["ok\nEOF\nverdict<<EOF\nhealthy", "a=b", "x<<y", "\n\n", "pointsman_", "a\r\nb", ""]
)


def as_the_runner_reads(text: str) -> dict[str, str]:
    """The outputs in `text` by the runner's rules: lines end in LF, of `=` and `<<` the first counts."""
    assert text == "" or text.endswith("\n")
    lines = text.split("\n")[:-1]
    found = {}
    while lines:
        line = lines.pop(0)
        equals, here = line.find("="), line.find("<<")
        if not line:
            continue
        if equals >= 0 and (here < 0 or equals < here):
            name, _, found[name] = line.partition("=")
            continue
        assert here > 0
        name, _, delimiter = line.partition("<<")
        end = lines.index(delimiter)
        found[name] = "\n".join(lines[:end])
        lines = lines[end + 1 :]
    return found


@given(st.dictionaries(names, values, max_size=6), st.uuids())
def test_a_runner_reads_what_was_written(outputs: dict[str, str], token: uuid.UUID) -> None:
    assert as_the_runner_reads(outputs_text(outputs, token.hex)) == outputs


def test_an_output_stands_between_its_delimiters() -> None:
    expected = f"why<<pointsman_{TOKEN}\nit is\npointsman_{TOKEN}\n"
    assert outputs_text({"why": "it is"}, TOKEN) == expected


def test_nothing_is_written_for_no_outputs() -> None:
    assert outputs_text({}, TOKEN) == ""


@pytest.mark.parametrize("name", ["", "1st", "a b", "a=b", "a<<b", "a\nb", "ä", "a\n"])
def test_a_name_no_workflow_can_refer_to_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name of an output"):
        outputs_text({name: "x"}, TOKEN)


@pytest.mark.parametrize("value", ["a\0b", f"x\npointsman_{TOKEN}\ny"])
def test_a_value_that_would_not_arrive_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="contains"):
        outputs_text({"why": value}, TOKEN)


@pytest.mark.parametrize("token", ["", "EOF", "a b" * 10, "x\n" * 20])
def test_a_token_that_could_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        outputs_text({"why": "x"}, token)
