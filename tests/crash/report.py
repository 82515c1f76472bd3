"""What was tried, as the table of docs/reliability.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.crash.matrix import Tried

_BEGIN, _END = "<!-- begin: crash -->", "<!-- end: crash -->"
_HEAD = (
    "| scenario | what happens | points | survived | made again | seconds |",
    "| --- | --- | --: | --: | --: | --: |",
)
_ROW = re.compile(r"^\| (?P<scenario>[^|*]+) \| (?P<matrix>[^|]+) \| (?P<numbers>[\d |]+) \|$", re.MULTILINE)

Name = tuple[str, str]
Rows = Mapping[Name, tuple[int, ...]]
"""Points tried, survived, trials made again, seconds; by the names of scenario and matrix."""


def rows_of(tried: Sequence[Tried]) -> Rows:
    """What was tried now."""
    return {(one.scenario, one.matrix): (one.points, one.survived, one.again, round(one.seconds)) for one in tried}


def rows_in(text: str) -> Rows:
    """What a page says was tried."""
    found = ((row["scenario"], row["matrix"], row["numbers"].split("|")) for row in _ROW.finditer(text))
    return {(scenario, matrix): tuple(map(int, numbers)) for scenario, matrix, numbers in found}


def table_of(rows: Rows) -> str:
    """Markdown: scenario, what was done to it, points tried, survived, made again, time; and the sums."""
    lines = [f"| {scenario} | {matrix} | {' | '.join(map(str, row))} |" for (scenario, matrix), row in rows.items()]
    sums = [f"**{sum(column)}**" for column in zip(*rows.values(), strict=True)]
    return "\n".join([*_HEAD, *lines, f"| **all** | | {' | '.join(sums)} |"])


def put(page: Path, rows: Rows, order: Iterable[Name]) -> None:
    """Write the rows between the marks of the page, in this order; of the rows that it has, those stay that are in the
    order and not tried now. Raises ValueError when the page has no marks."""
    text = page.read_text()
    if _BEGIN not in text or _END not in text:
        raise ValueError(f"{page} has no {_BEGIN} and {_END}")
    known = {**rows_in(text), **rows}
    kept = {name: known[name] for name in order if name in known}
    between = f"{_BEGIN}\n\n{table_of(kept)}\n\n{_END}"
    page.write_text(re.sub(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: between, text, flags=re.DOTALL))
