"""What was tried, as the table of docs/reliability.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.crash.matrix import Tried

_BEGIN, _END = "<!-- begin: crash -->", "<!-- end: crash -->"


def table_of(tried: Sequence[Tried]) -> str:
    """Markdown: scenario, what was done to it, points tried, survived, time."""
    lines = ["| scenario | what happens | points | survived | seconds |", "| --- | --- | --: | --: | --: |"]
    lines += [f"| {one.scenario} | {one.matrix} | {one.points} | {one.survived} | {one.seconds:.0f} |" for one in tried]
    points, survived = sum(one.points for one in tried), sum(one.survived for one in tried)
    seconds = sum(one.seconds for one in tried)
    return "\n".join([*lines, f"| **all** | | **{points}** | **{survived}** | **{seconds:.0f}** |"])


def put(page: Path, tried: Sequence[Tried]) -> None:
    """Write the table between the marks of the page. Raises ValueError when it has none."""
    text = page.read_text()
    if _BEGIN not in text or _END not in text:
        raise ValueError(f"{page} has no {_BEGIN} and {_END}")
    between = f"{_BEGIN}\n\n{table_of(tried)}\n\n{_END}"
    page.write_text(re.sub(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: between, text, flags=re.DOTALL))
