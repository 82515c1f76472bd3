"""Time, waiting and the wish to stop."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The only source of time in the product."""

    def now(self) -> str:
        """The time of day, RFC 3339 in UTC with seconds."""
        ...

    def seconds(self) -> float:
        """Seconds on a clock that never jumps; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; raises Cancelled at once when the pipeline asks us to stop."""
        ...

    def checkpoint(self) -> None:
        """Raises Cancelled when the pipeline has asked us to stop. Called before every mutation."""
        ...

    def jittered(self, seconds: float) -> float:
        """`seconds` spread at random, so that many runners do not retry in step."""
        ...
