"""One connection's worth of HTTP requests, sent as a careful client does; `load.py` runs several at once."""

from __future__ import annotations

import http.client
import time
import urllib.parse
from dataclasses import dataclass

from tests.cluster.harness.counts import Tally

TIMEOUT = 5.0
"""Seconds a request may take."""


@dataclass(frozen=True)
class Plan:
    """What to send: requests per second, for how many seconds, over at most how many connections at once."""

    url: str
    rate: float
    seconds: float
    connections: int
    keepalive: bool


class Client:
    """One connection's worth of requests, as a careful HTTP client sends them."""

    def __init__(self, plan: Plan, tally: Tally) -> None:
        self._parts = urllib.parse.urlsplit(plan.url)
        self._keepalive = plan.keepalive
        self._tally = tally
        self._connection: http.client.HTTPConnection | None = None

    def request(self, due: float) -> None:
        """Send one request and count what comes of it; `due` is a monotonic time."""
        self._tally.add("sent")
        try:
            status, version = self._exchange_or_retry()
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            self._tally.unanswered(kind_of(error), str(error), time.time())
        else:
            self._tally.answered(status, version, time.monotonic() - due, time.time())

    def _exchange_or_retry(self) -> tuple[int, str]:
        """A server may close an idle connection at any time, so clients repeat a GET that meets this."""
        used_before = self._connection is not None
        try:
            return self._exchange()
        except (ConnectionResetError, BrokenPipeError):  # RemoteDisconnected is a ConnectionResetError
            if not used_before:
                raise
        self._drop()
        self._tally.add("retries")
        return self._exchange()

    def _exchange(self) -> tuple[int, str]:
        if self._connection is None:
            host = self._parts.hostname or ""
            self._connection = http.client.HTTPConnection(host, self._parts.port, timeout=TIMEOUT)
        headers = {} if self._keepalive else {"Connection": "close"}
        target = self._parts.path or "/"
        self._connection.request("GET", f"{target}?{self._parts.query}".rstrip("?"), headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.will_close or not self._keepalive:
            self._drop()
        return answer.status, answer.getheader("X-Version", "")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def kind_of(error: OSError | http.client.HTTPException) -> str:
    """One word for why a request got no answer."""
    kinds: list[tuple[type[Exception], str]] = [
        (TimeoutError, "timeout"),
        (ConnectionRefusedError, "refused"),
        (http.client.RemoteDisconnected, "closed"),
        (http.client.IncompleteRead, "closed"),
        (ConnectionError, "reset"),
        (http.client.HTTPException, "malformed"),
    ]
    return next((kind for known, kind in kinds if isinstance(error, known)), "unreachable")
