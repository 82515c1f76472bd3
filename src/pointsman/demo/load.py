"""Customers: a constant, bounded stream of requests, each answer counted by the version that gave it."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local.envoy import SERVED_BY

CUSTOMERS = 4
NOBODY = "nobody"


@dataclass(frozen=True)
class Tally:
    """Requests and failed requests (no answer, or 500 and above) by the version that answered them."""

    requests: dict[str, int]
    failures: dict[str, int]

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.requests.values())

    @property
    def failed(self) -> int:
        """All failed requests."""
        return sum(self.failures.values())


@dataclass
class Load:
    """`rate` requests per second to `port` on loopback while the context is open, at most `limit` in all."""

    port: int
    rate: float = 100.0
    limit: int = 100_000
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._answers: list[tuple[str, bool]] = []
        self._threads = [threading.Thread(target=self._shop, daemon=True) for _ in range(CUSTOMERS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)

    def mark(self) -> int:
        """A place in the stream, for `since`."""
        with self._guard:
            return len(self._answers)

    def since(self, mark: int) -> Tally:
        """What was answered after `mark`."""
        with self._guard:
            answers = self._answers[mark:]
        return Tally(
            dict(Counter(version for version, _ in answers)),
            dict(Counter(version for version, good in answers if not good)),
        )

    def _shop(self) -> None:
        pause, due = CUSTOMERS / self.rate, self.clock.seconds()
        connection = self._connection()
        while not self._stop.wait(max(due - self.clock.seconds(), 0.0)):
            version, good = _answer(connection)
            if version == NOBODY:
                connection.close()
                connection = self._connection()
            with self._guard:
                if len(self._answers) >= self.limit:
                    break
                self._answers.append((version, good))
            due = max(due + pause, self.clock.seconds() - pause)
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)


def _answer(connection: http.client.HTTPConnection) -> tuple[str, bool]:
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return NOBODY, False
    return answer.getheader(SERVED_BY) or NOBODY, answer.status < 500
