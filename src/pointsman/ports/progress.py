"""Telling the person who watches: a live line on a terminal, plain lines in CI."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives what happens, as it happens. Never raises."""

    def say(self, text: str) -> None:
        """Something happened: one permanent line."""
        ...

    def waiting(self, text: str, seconds: float, limit: float) -> None:
        """We are waiting for `text`, for `seconds` so far of at most `limit`: a line that may be replaced."""
        ...
