"""What the way to a forge, or its client, answered instead of the forge itself."""

from __future__ import annotations

_LONGEST = 200


def reason_on_the_way(refusal: Exception, seconds: int) -> str:
    """Why the forge was not even heard; `seconds` is what a single call may take."""
    if isinstance(refusal, ImportError):
        return short(str(refusal))
    from requests import ConnectionError as NoConnection
    from requests import Timeout

    if isinstance(refusal, Timeout):
        return f"no answer within {seconds} s"
    if isinstance(refusal, NoConnection):
        return "it cannot be reached"
    return short(f"{type(refusal).__name__} {refusal}")


def short(text: str) -> str:
    """One line of at most 200 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
