"""Time, waiting, randomness and the wish to stop: the only module that knows them."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pointsman.model.errors import Cancelled


class SystemClock:
    """The machine's clock. `stop()` (from a signal handler, say) makes every wait end in Cancelled."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._reason = ""

    def stop(self, reason: str) -> None:
        """Ask the running step to stop before its next mutation."""
        self._reason = self._reason or reason
        self._stop.set()

    def now(self) -> str:
        """The time of day, RFC 3339 in UTC with seconds."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def seconds(self) -> float:
        """Seconds on a clock that never jumps."""
        return time.monotonic()

    def jittered(self, seconds: float) -> float:
        """`seconds` spread by half to one and a half, so that many runners do not retry in step."""
        return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - not for secrets

    def sleep(self, seconds: float) -> None:
        """Wait; raises Cancelled at once when asked to stop."""
        self.checkpoint()
        if seconds > 0 and self._stop.wait(seconds):
            self.checkpoint()

    def checkpoint(self) -> None:
        """Raises Cancelled when asked to stop."""
        if self._stop.is_set():
            raise Cancelled(
                f"stopped: {self._reason}",
                "the state is safe; run the same command again to go on, or rollback",
            )

    def wait_for(self, signal: threading.Event, seconds: float) -> bool:
        """Wait until `signal` is set (True) or `seconds` are over (False); raises Cancelled when asked to stop."""
        end = self.seconds() + seconds
        while not signal.is_set():
            left = end - self.seconds()
            if left <= 0:
                return False
            self.checkpoint()
            signal.wait(min(left, 0.2))
        return True


def every(seconds: float, stop: threading.Event, action: Callable[[], None]) -> threading.Thread:
    """Call `action` every `seconds` in the background until `stop` is set; a daemon thread, already started."""

    def loop() -> None:
        while not stop.wait(seconds):
            action()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    return thread


def epoch_of(rfc3339: str) -> float:
    """Seconds since 1970 of an RFC 3339 time, as servers write it."""
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()


def pause(seconds: float) -> None:
    """Wait where nobody can ask to stop (a background thread between two tries)."""
    time.sleep(seconds)


def token() -> str:
    """32 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)
