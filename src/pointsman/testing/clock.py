"""Time that only passes when somebody sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from pointsman.model.errors import Cancelled

T = TypeVar("T")
_BEGINNING = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@dataclass
class FakeClock:
    """Starts at 2026-01-01T00:00:00Z. With `cancel_at` the n-th checkpoint (sleeps are checkpoints too),
    counted from 1, raises Cancelled, and so does each one after it. `slept` remembers every sleep, in
    seconds."""

    cancel_at: int | None = None
    checkpoints: int = 0
    slept: list[float] = field(default_factory=list)
    _passed: float = 0.0

    def now(self) -> str:
        """The time of day, RFC 3339 in UTC with seconds."""
        return datetime.fromtimestamp(_BEGINNING + self._passed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def seconds(self) -> float:
        """Seconds since the clock was made."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.checkpoint()
        self.slept.append(seconds)
        self._passed += max(seconds, 0.0)

    def checkpoint(self) -> None:
        """Raises Cancelled from the checkpoint on that was asked for."""
        self.checkpoints += 1
        if self.cancel_at is not None and self.checkpoints >= self.cancel_at:
            raise Cancelled("stopped: the test asked for it", "run the same command again")

    def stop(self, reason: str) -> None:
        """Ask the running step to stop; `reason` is not shown."""
        del reason
        self.cancel_at = self.checkpoints

    def jittered(self, seconds: float) -> float:
        """`seconds` as they are, so that tests repeat."""
        return seconds

    def pause(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._passed += seconds

    def every(self, seconds: float, stop: threading.Event, action: Callable[[], None]) -> None:
        """Nothing happens in the background of a fake; tests call `action` themselves."""
        del seconds, stop, action

    def allowance(self, seconds: float) -> float:
        """All of it: no fake takes any time."""
        return seconds

    def attended(self, work: Callable[[], T], grace: float = 0.0) -> T:
        """What `work` returns: no fake ever hangs."""
        del grace
        return work()
