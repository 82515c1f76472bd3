"""Markdown that holds foreign text: escaping, tables, closed folds, and a size that is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pointsman.report.foreign import cut, one_line, plain

_HARMLESS = str.maketrans(
    {mark: f"\\{mark}" for mark in r"\`*_{}[]~$#"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "@\u200b"}
)
_NOTE_SIZE = 120


@dataclass(frozen=True)
class Section:
    """A part of a document that stays well formed however many of its rows are left out.

    `keeps_last`: when room is short the last rows matter, not the first (log lines).
    """

    head: str
    rows: Sequence[str] = ()
    tail: str = ""
    keeps_last: bool = False

    def within(self, room: int) -> tuple[str, int]:
        """(this section with as many rows as fit into `room` bytes, the bytes its rows took)."""
        kept, used = 0, 0
        for row in reversed(self.rows) if self.keeps_last else self.rows:
            if used + _size(row) + 1 > room:
                break
            kept, used = kept + 1, used + _size(row) + 1
        rows = self.rows[len(self.rows) - kept :] if self.keeps_last else self.rows[:kept]
        body = "".join(f"{row}\n" for row in rows)
        return f"{self.head}{body}{self.tail}{self._note(len(self.rows) - kept)}", used

    def _note(self, missing: int) -> str:
        if not missing:
            return ""
        which = "earlier" if self.keeps_last else "more"
        return f"\n_{missing} {which} lines are left out: they do not fit here._\n"


def document(sections: Sequence[Section], limit: int) -> str:
    """`sections` in at most `limit` bytes of UTF-8. Each may fill half of what those before it left."""
    room = limit - sum(_size(part.head) + _size(part.tail) + _NOTE_SIZE for part in sections)
    written = []
    for section in sections:
        text, used = section.within(room // 2)
        written.append(text)
        room -= used
    return "\n".join(written)


def escaped(text: str, limit: int = 500) -> str:
    """`text` as one line that Markdown shows as it is, cut to `limit` characters; it mentions nobody."""
    return cut(one_line(text), limit).translate(_HARMLESS)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Section:
    """A table under its title; the cells are Markdown already."""
    head = f"### {title}\n\n{_row(columns)}\n{_row(['---'] * len(columns))}\n"
    return Section(head, [_row(row) for row in rows])


def folded(title: str, lines: Iterable[str]) -> Section:
    """Foreign lines as they are, in a block that is closed until somebody opens it."""
    shown = [cut(line, 1000) for text in lines for line in plain(text).split("\n")]
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in shown)) if shown else "```"
    head = f"<details><summary>{title}</summary>\n\n{fence}text\n"
    return Section(head, shown, f"{fence}\n\n</details>\n", keeps_last=True)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _longest_run(line: str) -> int:
    return max((len(run) for run in re.findall("`+", line)), default=0)


def _size(text: str) -> int:
    return len(text.encode())
