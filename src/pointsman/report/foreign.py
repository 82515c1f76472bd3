"""Text that others wrote (pod logs, HTTP bodies, server messages): made harmless before it is shown.

Every other module of `report/` passes what it did not write itself through here.
"""

from __future__ import annotations

import re

_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """`text` without terminal codes, controls and changes of direction; its lines end in a newline."""
    lines = _LINE_ENDS.sub("\n", _TERMINAL_CODES.sub("", text))
    return _HALF_CHARACTERS.sub("\ufffd", _CONTROLS.sub("", lines))


def one_line(text: str) -> str:
    """`text` as one line with single blanks."""
    return " ".join(plain(text).split())


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, cut between words where there is one near, with … at the end."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    head, blank, _ = kept.rpartition(" ")
    return (head if blank and len(head) > limit // 2 else kept).rstrip() + "…"


def defused(text: str) -> str:
    """`text` in which a runner finds no `##[command]`, which it looks for anywhere in a line.

    A runner that compares by language overlooks the U+200B, but then it reads `[command`, which is no name.
    """
    return text.replace("##[", "##\u200b[")
