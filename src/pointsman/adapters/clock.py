"""Time, waiting, randomness and the wish to stop: the only module that knows them."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

from pointsman.model.errors import Cancelled

T = TypeVar("T")
_WHEN_STOPPING = 1.0  # a runner that cancels gives 7.5 s for everything


class SystemClock:
    """The machine's clock. `stop()` makes every wait of the main thread end in Cancelled, whatever it waits for."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._stopped = False
        self._reason = ""

    def note(self, reason: str) -> None:
        """Let nothing new begin, as `stop` does, without waking who waits: all that a signal handler may do."""
        self._reason = self._reason or reason
        self._stopped = True

    def stop(self, reason: str) -> None:
        """Ask the running step to stop before its next mutation; the first reason stays.

        To be called from another thread than the main one and never from a signal handler: that runs in the middle
        of whatever the main thread does, and so also where it holds the very lock that is taken here.
        """
        with self._news:
            self.note(reason)
            self._news.notify_all()

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
        with self._news:
            self._news.wait_for(lambda: self._stopped, max(seconds, 0.0))
        self.checkpoint()

    def checkpoint(self) -> None:
        """Raises Cancelled when asked to stop."""
        if self._stopped:
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

    def pause(self, seconds: float) -> None:
        """Wait where nobody can ask to stop: a background thread between two tries."""
        time.sleep(seconds)

    def every(self, seconds: float, stop: threading.Event, action: Callable[[], None]) -> None:
        """Call `action` every `seconds` on a daemon thread until `stop` is set."""

        def loop() -> None:
            while not stop.wait(seconds):
                action()

        threading.Thread(target=loop, daemon=True).start()

    def allowance(self, seconds: float) -> float:
        """How long a request that may take `seconds` may take from now on: hardly any once asked to stop."""
        return min(seconds, _WHEN_STOPPING) if self._stopped else seconds

    def attended(self, work: Callable[[], T], grace: float = 0.0) -> T:
        """What `work` returns or raises. The main thread has it done by another one and only waits for it; so a
        system call that hangs cannot keep it from stopping. Other threads, which nobody waits for, do it themselves."""
        if threading.current_thread() is not threading.main_thread():
            return work()
        errand = _Errand(work, self._news)
        threading.Thread(target=errand.do, daemon=True).start()
        with self._news:
            self._news.wait_for(lambda: errand.over or self._stopped)
            if not self._news.wait_for(lambda: errand.over, grace):
                self.checkpoint()
        return errand.outcome()


class _Errand(Generic[T]):
    """Work done by another thread, which keeps what it came to; `over` tells, and `news` is notified then."""

    def __init__(self, work: Callable[[], T], news: threading.Condition) -> None:
        self._work, self._news = work, news
        self._answer: list[T] = []
        self._error: BaseException | None = None
        self.over = False

    def do(self) -> None:
        try:
            self._answer.append(self._work())
        except BaseException as error:  # it is raised again where it is waited for
            self._error = error
        with self._news:
            self.over = True
            self._news.notify_all()

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._answer[0]


def unix_time() -> int:
    """Seconds since 1970, as the logs of GitLab want them."""
    return int(time.time())


def epoch_of(rfc3339: str) -> float:
    """Seconds since 1970 of an RFC 3339 time, as servers write it."""
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()


def token() -> str:
    """32 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)
