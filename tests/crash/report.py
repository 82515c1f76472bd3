"""What was tried, as the table of docs/reliability.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.crash.matrix import Tried

_BEGIN, _END = "<!-- begin: crash -->", "<!-- end: crash -->"


def table_of(tried: Sequence[Tried]) -> str:
    """Markdown: scenario, what was done to it, points tried, survived, time."""
    head = ["| scenario | what happens | points | survived | made again | seconds |"]
    head += ["| --- | --- | --: | --: | --: | --: |"]
    rows = [
        f"| {one.scenario} | {one.matrix} | {' | '.join(f'{number:.0f}' for number in _of(one))} |" for one in tried
    ]
    sums = [sum(column) for column in zip(*map(_of, tried), strict=True)]
    return "\n".join([*head, *rows, f"| **all** | | {' | '.join(f'**{number:.0f}**' for number in sums)} |"])


def _of(one: Tried) -> tuple[float, ...]:
    return one.points, one.survived, one.again, one.seconds


def put(page: Path, tried: Sequence[Tried]) -> None:
    """Write the table between the marks of the page. Raises ValueError when it has none."""
    text = page.read_text()
    if _BEGIN not in text or _END not in text:
        raise ValueError(f"{page} has no {_BEGIN} and {_END}")
    between = f"{_BEGIN}\n\n{table_of(tried)}\n\n{_END}"
    page.write_text(re.sub(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: between, text, flags=re.DOTALL))
