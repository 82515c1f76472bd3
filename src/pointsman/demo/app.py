"""The shop that the demo releases: a small HTTP service that can be made to fail, and that drains on SIGTERM.

Run as `python -m pointsman.demo.app --port 8080 --version v1`. It answers `/healthz` and everything else.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pointsman.adapters.clock import SystemClock

DRAIN_SECONDS = 5.0
MESSAGE = "no stock left to sell"


@dataclass
class Behaviour:
    """How the shop behaves. `failing_share` of the answers, spread evenly, are 500. After `sick_after`
    customers health turns bad and nobody is served any more. `exit_after` seconds the process ends by
    itself, if at all."""

    version: str
    failing_share: float = 0.0
    sick_after: int | None = None
    exit_after: float | None = None


@dataclass
class Shop:
    """What happened so far, counted under a lock: handlers run in threads."""

    behaviour: Behaviour
    clock: SystemClock = field(default_factory=SystemClock)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _served: int = 0
    _busy: int = 0

    def health(self) -> int:
        """The status of `/healthz`."""
        after = self.behaviour.sick_after
        return 200 if after is None or self._served < after else 503

    def status(self) -> int:
        """The status of the next answer to a customer; a sick shop serves nobody."""
        if self.health() != 200:
            return 500
        with self._guard:
            self._served += 1
            share = self.behaviour.failing_share
            return 500 if int(self._served * share) > int((self._served - 1) * share) else 200

    def enter(self) -> None:
        """A request came in."""
        with self._guard:
            self._busy += 1

    def leave(self) -> None:
        """A request was answered."""
        with self._guard:
            self._busy -= 1

    def drain(self) -> None:
        """Return when every request that came in was answered."""
        end = self.clock.seconds() + DRAIN_SECONDS
        while self._busy and self.clock.seconds() < end:
            self.clock.pause(0.02)


def server_of(shop: Shop, port: int) -> ThreadingHTTPServer:
    """A server on loopback that answers for `shop`, not yet serving."""

    class Counter(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: two would wait for each other's acknowledgement

        def do_GET(self) -> None:
            shop.enter()
            try:
                self._answer()
            finally:
                shop.leave()

        def _answer(self) -> None:
            status = shop.health() if self.path == "/healthz" else shop.status()
            text = f"shop {shop.behaviour.version}\n" if status == 200 else f"{MESSAGE}\n"
            self.send_response(status)
            self.send_header("X-Version", shop.behaviour.version)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            if str(code) != "200":
                super().log_request(code, size)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server(("127.0.0.1", port), Counter)


def serve(shop: Shop, port: int) -> None:
    """Serve until SIGTERM, then answer what came in, and end."""
    server = server_of(shop, port)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    ended.wait(shop.behaviour.exit_after)
    shop.drain()
    if not ended.is_set():
        raise SystemExit(f"shop {shop.behaviour.version}: {MESSAGE}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the options say."""
    parser = argparse.ArgumentParser(description="The shop that the demo releases.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--failing-share", type=float, default=0.0, help="0 to 1 of the answers are 500")
    parser.add_argument("--sick-after", type=int, help="customers until it is sick")
    parser.add_argument("--exit-after", type=float, help="seconds until the process ends by itself")
    given = parser.parse_args(arguments)
    behaviour = Behaviour(given.version, given.failing_share, given.sick_after, given.exit_after)
    serve(Shop(behaviour), given.port)


if __name__ == "__main__":
    main()
