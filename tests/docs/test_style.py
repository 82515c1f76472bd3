"""Pages are written so that a change of one sentence is a change of one line."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, pages, prose

_NEXT_SENTENCE = re.compile(r"[a-z`)]\. (?=[A-Z])")


def crowded(text: str) -> list[str]:
    """Lines with more than one sentence; tables are rows, not prose."""
    return [line for line in text.splitlines() if not line.startswith("|") and _NEXT_SENTENCE.search(line)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_line_holds_one_sentence(page: Path) -> None:
    assert crowded(prose(page)) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_has_one_title(page: Path) -> None:
    assert len(re.findall(r"^# ", prose(page), re.MULTILINE)) == 1


def test_two_sentences_on_a_line_would_be_noticed() -> None:
    assert crowded("One thing. Another thing.\n1. Numbered once.\nIt takes `x`. It ends.\n") == [
        "One thing. Another thing.",
        "It takes `x`. It ends.",
    ]


def test_every_picture_says_in_words_what_it_shows() -> None:
    for picture in (ROOT / "docs/images").glob("*.svg"):
        text = picture.read_text("utf-8")
        assert "<title" in text
        assert "<desc" in text
