"""Documents that exist, say something, and speak of this service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.model.readiness import Answer, Facts, Page, Place, missing, passed, unknown
from pointsman.strategy.readiness.asking import Question

FEWEST_WORDS = 30
"""A text with fewer words explains nothing to somebody who is woken at night."""

_PROSE = (".md", ".markdown", ".rst", ".adoc", ".txt")
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<md>.+)$|^(?P<rst>[^\n]+)\n[=~^-]{4,}$|^={1,5} (?P<adoc>.+)$", re.MULTILINE)
_DRAWN = re.compile(r"```(mermaid|plantuml|dot|d2)|!\[|\.\. (image|figure|graphviz|mermaid)::|image::?", re.IGNORECASE)
_DRAWINGS = (".drawio", ".puml", ".plantuml", ".mmd", ".dot", ".d2", ".excalidraw")
_API = re.compile(r"(openapi|swagger|asyncapi)[^/]*\.(ya?ml|json)$|\.proto$|\.graphqls?$", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """A document: what it is called in sentences, and by which words its name or a heading gives it away."""

    what: str
    words: re.Pattern[str]


DEPLOYMENT = Wanted(
    "a deployment guide", re.compile(r"deploy|install|releasing|release (guide|process)", re.IGNORECASE)
)
ROLLBACK = Wanted("a rollback procedure", re.compile(r"roll(ing)?[ _-]?back", re.IGNORECASE))
INCIDENT = Wanted("an incident response plan", re.compile(r"incident|on[ _-]?call|run[ _-]?book", re.IGNORECASE))
API = Wanted("API documentation", re.compile(r"\bapi\b", re.IGNORECASE))
ARCHITECTURE = Wanted("an architecture diagram", re.compile(r"architecture|diagram", re.IGNORECASE))
RECOVERY = Wanted("a disaster recovery plan", re.compile(r"disaster|recovery (plan|procedure)|restor", re.IGNORECASE))


def document(wanted: Wanted) -> Question:
    """The question whether this document is there."""

    def ask(facts: Facts) -> list[Answer]:
        if facts.pages is None:
            return [unknown("no repository was given", "give --repository")]
        return [_found(facts, wanted, _passages(facts.pages, wanted))]

    return ask


def api_documentation(facts: Facts) -> list[Answer]:
    """A description for machines that names the service counts, else a page about the API."""
    for page in facts.pages or ():
        if _API.search(page.path) and len(page.text.split()) > 5 and _names(page, facts.service):
            return [passed(f"a description for machines that names {facts.service}", Place(file=page.path))]
    return list(document(API)(facts))


def architecture(facts: Facts) -> list[Answer]:
    """A drawing that names the service, or a page that holds one."""
    for page in facts.pages or ():
        if page.path.lower().endswith(_DRAWINGS) and page.text.strip() and _names(page, facts.service):
            return [passed(f"a drawing that names {facts.service}", Place(file=page.path))]
    told = list(document(ARCHITECTURE)(facts))
    if told[0].place.file and told[0].status.good:
        path = told[0].place.file
        text = next(page.text for page in facts.pages or () if page.path == path)
        if not _DRAWN.search(text):
            return [missing("it draws nothing", "add a diagram (```mermaid, or a picture)", told[0].place)]
    return told


@dataclass(frozen=True)
class _Passage:
    page: Page
    line: int
    text: str


def _passages(pages: tuple[Page, ...], wanted: Wanted) -> list[_Passage]:
    """Whole pages that are called so, then sections that are."""
    prose = [page for page in pages if page.path.lower().endswith(_PROSE)]
    whole = [_Passage(page, 0, page.text) for page in prose if wanted.words.search(page.path)]
    return whole + [part for page in prose for part in _sections(page) if wanted.words.search(part.text.split("\n")[0])]


def _sections(page: Page) -> Iterator[_Passage]:
    """From each heading to the next of the same or a higher rank."""
    heads = list(_HEADING.finditer(page.text))
    for index, head in enumerate(heads):
        rank = _rank(head[0])
        end = next((one.start() for one in heads[index + 1 :] if _rank(one[0]) <= rank), len(page.text))
        yield _Passage(page, page.text.count("\n", 0, head.start()) + 1, page.text[head.start() : end])


def _rank(heading: str) -> int:
    marks = len(heading) - len(heading.lstrip("#=")) if heading[0] in "#=" else 0
    return marks or ("=~^-".find(heading[-1]) + 1)


def _found(facts: Facts, wanted: Wanted, passages: list[_Passage]) -> Answer:
    nearest, lacking = None, f"no page and no heading of the repository is {wanted.what}"
    for passage in passages:
        gap = _gap(facts, passage)
        if not gap:
            return passed(f"{_words(passage.text)} words that name {facts.service}", _place(passage))
        if nearest is None:
            nearest, lacking = passage, gap
    fix = f"write {wanted.what} of at least {FEWEST_WORDS} words that names {facts.service}"
    return missing(lacking, fix, _place(nearest) if nearest else Place())


def _gap(facts: Facts, passage: _Passage) -> str:
    words = _words(passage.text)
    if words < FEWEST_WORDS:
        return f"only {words} words about it" if words else "it is empty"
    return "" if _names(passage.page, facts.service) else f"it does not name {facts.service}"


def _names(page: Page, service: str) -> bool:
    name = re.compile(rf"\b{re.escape(service)}\b", re.IGNORECASE)
    return bool(name.search(page.text) or name.search(page.path))


def _words(text: str) -> int:
    return len(re.findall(r"\w+", text))


def _place(passage: _Passage) -> Place:
    return Place(file=passage.page.path, line=passage.line)
