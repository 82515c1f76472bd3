"""Durations as people write them: `90s`, `10m`, `1h30m`, `0`."""

from __future__ import annotations

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str) -> float:
    """Seconds meant by `text`; a bare number is seconds. Raises ValueError with the accepted forms."""
    written = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", written):
        return float(written)
    parts = _PART.findall(written)
    if not parts or "".join(number + unit for number, unit in parts) != written:
        raise ValueError(f"{text!r} is not a duration: write it like 45s, 10m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def words_of(seconds: float) -> str:
    """`seconds` as a person reads it: 0.4 s, 45 s, 2 min 5 s, 1 h 30 min."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
