"""A shop of two versions that answers as it is asked to, and counts that the way common products do.

`GET /VERSION?status=500` is answered so and counted for that version; `GET /metrics` shows the counts under the names
and labels of each product that there is a preset for, all at once.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.metrics.products import exposition

BLUE, GREEN = "web", "web-canary"
BOUNDS = (0.005, 0.05, 0.5, 2.0)


@dataclass
class Counts:
    """What one process of one version answered: how often with each status, and how many took at most so long."""

    answers: Counter[int] = field(default_factory=Counter)
    within: Counter[float] = field(default_factory=Counter)

    def add(self, status: int, seconds: float) -> None:
        self.answers[status] += 1
        self.within.update(bound for bound in (*BOUNDS, float("inf")) if seconds <= bound)


class Shop:
    """Serves on `address` while it is open. `process` says which pod answers for a version, `bad_next` how many of its
    next answers are 500, whatever was asked for."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], Counts] = {}
        self.process: dict[str, str] = {}
        self.bad_next: Counter[str] = Counter()
        self._guard = threading.Lock()
        self._server = _server_of(self)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def ask(self, version: str, good: int, bad: int = 0) -> None:
        """Real requests, answered with 200 and with 500."""
        for status in [200] * good + [500] * bad:
            fetch(f"{self.address}/{version}?status={status}")

    def answer(self, version: str, status: int, seconds: float) -> int:
        """The status of the answer to one more request, which is counted."""
        with self._guard:
            if self.bad_next[version] > 0:
                self.bad_next[version] -= 1
                status = 500
            process = (version, self.process.get(version, f"{version}-1"))
            self.counts.setdefault(process, Counts()).add(status, seconds)
        return status

    def restart(self, version: str) -> None:
        """Its processes count from nothing."""
        with self._guard:
            for process in self._of(version):
                self.counts[process] = Counts()

    def remove(self, version: str) -> None:
        """Its processes are gone."""
        with self._guard:
            for process in self._of(version):
                del self.counts[process]

    def total(self, *versions: str) -> int:
        """All requests that the processes of `versions` count."""
        with self._guard:
            return sum(one.answers.total() for (version, _), one in self.counts.items() if version in versions)

    def shown(self) -> str:
        """The counts, in the text format that Prometheus scrapes."""
        with self._guard:
            return exposition({process: (one.answers, one.within) for process, one in self.counts.items()})

    def open(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _of(self, version: str) -> list[tuple[str, str]]:
        return [process for process in self.counts if process[0] == version]


@contextmanager
def opened() -> Iterator[Shop]:
    """A shop that serves."""
    shop = Shop()
    shop.open()
    try:
        yield shop
    finally:
        shop.close()


def fetch(url: str) -> int:
    """The status that a GET is answered with."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _server_of(shop: Shop) -> ThreadingHTTPServer:
    class Counting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            began = time.monotonic()
            address = urlsplit(self.path)
            if address.path == "/metrics":
                self.close_connection = True  # a shop that closes must not go on answering Prometheus
                return self._send(200, shop.shown())
            status = int(parse_qs(address.query).get("status", ["200"])[0])
            return self._send(shop.answer(address.path.strip("/"), status, time.monotonic() - began), "")

        def _send(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing: the tests say what went wrong."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: a client that hung up is no trouble, and what is printed here lands in the output of whatever
            test runs by now."""

    return Server(("127.0.0.1", 0), Counting)
