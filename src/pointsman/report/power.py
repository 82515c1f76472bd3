"""How long each weight takes, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

from pointsman.judge.power import Expected
from pointsman.model.duration import words_of

_HEAD = ("weight", "candidate", "regression found: usually", "mostly", "promoted: usually", "mostly", "requests")


def power_text(question: str, found: Sequence[Expected]) -> str:
    """One line for each weight; `question` says what was asked."""
    rows = [_HEAD, *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    explained = "usually: half of all releases; mostly: nine of ten; never: not within 30 days"
    return "\n".join([question, "", *lines, "", explained]) + "\n"


def power_json(found: Sequence[Expected]) -> str:
    """A list with one object for each weight; times in seconds, null for never."""
    rows = [{key: value if math.isfinite(value) else None for key, value in asdict(one).items()} for one in found]
    return json.dumps(rows, indent=2, allow_nan=False) + "\n"


def _row(one: Expected) -> tuple[str, ...]:
    return (
        f"{one.weight:g} %",
        f"{one.per_second:g}/s",
        _time(one.detect_usually),
        _time(one.detect_mostly),
        _time(one.promote_usually),
        _time(one.promote_mostly),
        f"{one.requests:.0f}" if math.isfinite(one.requests) else "-",
    )


def _time(seconds: float) -> str:
    return words_of(seconds) if math.isfinite(seconds) else "never"
