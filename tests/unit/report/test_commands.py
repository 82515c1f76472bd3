"""What a runner reads in the log: our commands arrive whole, and foreign text never becomes one."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.report.commands import GROUP_END, annotation, command, group, mask, neutralised
from pointsman.report.foreign import cut, plain


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: name, properties, data."""
    info, _, data = line.removeprefix("::").partition("::")
    name, _, written = info.partition(" ")
    pairs = [pair.split("=", 1) for pair in written.split(",") if pair]
    return name, {key: _plain(value, property_=True) for key, value in pairs}, _plain(data)


def _plain(text: str, property_: bool = False) -> str:
    text = text.replace("%0D", "\r").replace("%0A", "\n")
    if property_:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%25", "%")


@given(data=st.text(), title=st.text(min_size=1))
def test_a_command_is_one_line_and_arrives_as_it_was_meant(data: str, title: str) -> None:
    line = command("error", data, title=title)
    assert not re.search("[\r\n]", line)
    assert parsed(line) == ("error", {"title": title}, data)


def test_properties_without_a_value_are_left_out() -> None:
    assert command("error", "no", title="", file="a,b:c") == "::error file=a%2Cb%3Ac::no"
    assert annotation("notice", "50 % done\nrest") == "::notice::50 %25 done%0Arest"


def test_an_annotation_carries_no_terminal_codes() -> None:
    assert annotation("error", "\x1b[31mred\x1b[0m", "a\x07b") == "::error title=ab::red"


def test_a_group_is_opened_and_closed() -> None:
    assert (group("Pod log: shop\n"), GROUP_END) == ("::group::Pod log: shop%0A", "::endgroup::")


def test_a_secret_is_masked_as_it_is() -> None:
    assert mask("a%b") == "::add-mask::a%25b"


@given(st.text() | st.text(alphabet="#[]: \x1b\r\n\x00\u200b\u2028m"))
@example("##\x1b[0m[error]")
@example("#\x00#[error]")
@example("x\r\n ::set-output name=a::b")
@example("x\u2028::error::y")
def test_foreign_text_never_becomes_a_command(text: str) -> None:
    shown = neutralised(text)
    for line in re.split("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", shown):
        assert line.startswith("│ ")
        assert not line.strip().startswith("::")
    assert "##[" not in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)


def test_foreign_text_stays_readable() -> None:
    assert neutralised("one\n\ttwo\n") == "│ one\n│ \ttwo"
    assert neutralised("") == "│ "
    assert neutralised("##[error]x") == "│ ##\u200b[error]x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("10 %\r20 %", "10 %\n20 %"),
        ("a\u202eb", "ab"),
        ("\ud800", "\ufffd"),
    ],
)
def test_terminal_codes_and_controls_are_taken_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_cut_falls_between_words_where_one_ends_near() -> None:
    assert cut("blue green red", 12) == "blue green…"
    assert cut("a bluegreenred", 12) == "a bluegreen…"
    assert cut("blue", 4) == "blue"


@given(st.text(), st.integers(1, 50))
def test_a_cut_text_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
