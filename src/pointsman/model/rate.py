"""Rates of requests, as people write them."""

from __future__ import annotations

import re

_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/(s|min|h))?")
_SECONDS = {None: 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}


def per_second_of(text: str) -> float:
    """Requests per second meant by `100/s`, `6000/min` or `100`. Raises ValueError with the accepted forms."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no rate: write it like 100/s, 6000/min or 20000/h")
    return float(found[1]) / _SECONDS[found[2]]
