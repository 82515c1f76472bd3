"""The project's Markdown pages, and what is in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str


def pages() -> list[Path]:
    """Every page that users read."""
    below = ("docs/**/*.md", "actions/*/*.md", "deploy/*/*/*.md")
    return sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(page for one in below for page in ROOT.glob(one))])


def blocks(language: str) -> Iterator[Block]:
    for page in pages():
        for found, text in _FENCE.findall(page.read_text("utf-8")):
            if found == language:
                yield Block(page, found, text)


def links(page: Path) -> list[str]:
    return _LINK.findall(prose(page))


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    return {anchor_of(heading) for heading in _HEADING.findall(prose(page))}


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
