"""Outputs, links and log sections as GitLab reads them, and nothing that others wrote among them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.entry.spec import STEPS, variable_of
from pointsman.report.commands import neutralised
from pointsman.report.dotenv import LARGEST, MOST, dotenv_text, variable_of_output
from pointsman.report.foreign import one_line
from pointsman.report.links import LONGEST_LABEL, LONGEST_URL, annotations_json
from pointsman.report.sections import section_end, section_start

_LINE = re.compile(r"POINTSMAN_OUT_[A-Z0-9_]+=[^\s'\"#$`\\]*")
# What GitLab's log looks for.
_MARKER = re.compile(r"section_(?:start|end):\d+:[A-Za-z0-9_.-]+(?:\[[^\]]*\])?\r\x1b\[0K")


def test_outputs_are_variables_of_later_jobs() -> None:
    assert dotenv_text({"outcome": "advanced", "exit-code": "0"}) == (
        "POINTSMAN_OUT_OUTCOME=advanced\nPOINTSMAN_OUT_EXIT_CODE=0\n"
    )


@pytest.mark.parametrize("value", ["two words", "a\nB=c", '"x"', "it's", "#", "$CI_JOB_TOKEN", "`id`", "ä", "\0"])
def test_a_value_that_gitlab_would_refuse_or_expand_is_left_out(value: str) -> None:
    assert dotenv_text({"why": value, "outcome": "held"}) == "POINTSMAN_OUT_OUTCOME=held\n"


@pytest.mark.parametrize("image", ["shop:2", "reg.example:5000/a/b@sha256:0f", "app=reg/x:1,side=reg/y:2", ""])
def test_images_and_paths_fit(image: str) -> None:
    assert dotenv_text({"image": image}) == f"POINTSMAN_OUT_IMAGE={image}\n"


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=30)))
def test_every_line_is_one_that_gitlab_takes(outputs: dict[str, str]) -> None:
    assert all(_LINE.fullmatch(line) for line in dotenv_text(outputs).splitlines())


def test_there_are_never_more_than_gitlab_takes() -> None:
    assert dotenv_text({f"o{number}": "x" for number in range(50)}).count("\n") == MOST
    assert len(dotenv_text({f"o{number}": "x" * 2000 for number in range(9)})) <= LARGEST


def test_the_outputs_of_every_step_fit() -> None:
    assert all(len(step.outputs) <= MOST for step in STEPS)


def test_no_output_becomes_an_input_of_the_next_job() -> None:
    inputs = {variable_of(one.name) for step in STEPS for one in step.inputs}
    outputs = {variable_of_output(one.name) for step in STEPS for one in step.outputs}
    assert inputs & outputs == set()


def test_links_are_what_the_page_of_a_job_shows() -> None:
    shown = json.loads(annotations_json({"production": "https://shop.example", "no link": ""}))
    assert shown == {"pointsman": [{"external_link": {"label": "production", "url": "https://shop.example"}}]}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "https://x/\n", f"https://x/{'a' * 255}", ""])
def test_what_is_no_web_address_is_left_out(url: str) -> None:
    assert json.loads(annotations_json({"x": url})) == {}


@given(st.dictionaries(st.text(), st.text() | st.just("https://shop.example")))
def test_labels_and_addresses_are_bounded(links: dict[str, str]) -> None:
    for one in json.loads(annotations_json(links)).get("pointsman", []):
        assert len(one["external_link"]["label"]) <= LONGEST_LABEL
        assert len(one["external_link"]["url"]) <= LONGEST_URL


def test_a_section_has_a_beginning_and_an_end_of_one_name() -> None:
    start, end = section_start("canary-step", "Canary", 7, collapsed=True), section_end("canary-step", 9)
    assert start == "\x1b[0Ksection_start:7:pointsman_canary-step[collapsed=true]\r\x1b[0KCanary"
    assert end == "\x1b[0Ksection_end:9:pointsman_canary-step\r\x1b[0K"
    assert _MARKER.search(start)
    assert _MARKER.search(end)


def test_a_title_cannot_carry_a_section_of_its_own() -> None:
    assert len(_MARKER.findall(section_start("a b", section_end("x", 1), 7))) == 1


@given(st.lists(st.text(max_size=9) | st.sampled_from([section_start("x", "y", 1), "\x1b", "\r", "[0K"])).map("".join))
def test_foreign_text_opens_and_closes_no_section(text: str) -> None:
    assert not _MARKER.search(neutralised(text))
    assert not _MARKER.search(one_line(text))
