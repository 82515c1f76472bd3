"""A reader who follows a link arrives."""

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


def relative(page: Path) -> list[str]:
    return [link for link in links(page) if "://" not in link]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in relative(page) if not arrives(page, link)]
    assert broken == []


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {target_of(page, link) for link in relative(page)}
        waiting += [target for target in targets if target.suffix == ".md" and target not in reached]
    assert [page for page in pages() if "docs" in page.parts and page not in reached] == []


def test_the_check_notices_a_missing_file_and_a_missing_heading() -> None:
    page = ROOT / "README.md"
    assert not arrives(page, "docs/nowhere.md")
    assert not arrives(page, "docs/concepts.md#no-such-heading")
    assert arrives(page, "docs/concepts.md#the-record")


def target_of(page: Path, link: str) -> Path:
    path, _, _ = link.partition("#")
    return (page.parent / path).resolve() if path else page


def arrives(page: Path, link: str) -> bool:
    target, anchor = target_of(page, link), link.partition("#")[2]
    return target.exists() and (not anchor or anchor in anchors(target))
