"""Time, waiting and the wish to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


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

    def pause(self, seconds: float) -> None:
        """Wait where nobody can ask to stop: a background thread between two tries."""
        ...

    def every(self, seconds: float, stop: threading.Event, action: Callable[[], None]) -> None:
        """Call `action` every `seconds` in the background until `stop` is set."""
        ...

    def allowance(self, seconds: float) -> float:
        """How long a request that may take `seconds` may take from now on: less once asked to stop."""
        ...

    def attended(self, work: Callable[[], T], grace: float = 0.0) -> T:
        """What `work` returns or raises, for whatever may hang. Once asked to stop, waits at most `grace` seconds more
        and then raises Cancelled; `work` is left behind, and whether it took effect is not known."""
        ...
