"""The way between a run and the API server: it writes down every request and lets happen what a test wants.

One HTTP server for all runs; each run has a path prefix of its own in its kubeconfig. A fault is a `Point`: a kind of
trouble at a request of a certain kind and turn, because the order of requests on different threads is not the same in
every run, but their kinds and turns are.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from tests.cluster.harness.api import Api
from tests.crash.command import PACE
from tests.crash.faults import Fault, Point, Request, kind_of

_SAID = {
    Fault.CONFLICT: (409, "Conflict", "the object has been modified; please apply your changes to the latest version"),
    Fault.THROTTLED: (429, "TooManyRequests", "too many requests"),
    Fault.ERROR: (500, "InternalError", "etcdserver: request timed out"),
    Fault.UNAVAILABLE: (503, "ServiceUnavailable", "apiserver is shutting down"),
    Fault.DOWN: (503, "ServiceUnavailable", "apiserver is shutting down"),
    Fault.EXPIRED_ONCE: (401, "Unauthorized", "Unauthorized"),
    Fault.EXPIRED: (401, "Unauthorized", "Unauthorized"),
    Fault.FORBIDDEN: (403, "Forbidden", "access was taken away"),
    Fault.GONE: (410, "Expired", "too old resource version"),
}
_AT_ONCE = frozenset(_SAID)
_UNDER_WAY = 1.0
"""Seconds in which a request may still arrive that was begun before the process heard the signal: on a busy machine
neither end of the connection gets its turn at once."""
_HANG_SECONDS = 60.0 / PACE


class Tap:
    """One run's requests, in their order, and what is to happen to it: faults that pass, or one that does not; `look`
    is called where it is only looked at."""

    def __init__(self, points: Sequence[Point] = (), look: Callable[[], None] | None = None) -> None:
        self.look = look or (lambda: None)
        self._points, self._guard, self._turns = (
            {one.request: one.fault for one in points},
            threading.Lock(),
            Counter[str](),
        )
        self._lasting = next((one for one in points if one.fault.lasting), None)
        self._pid = threading.Event()
        self.pid = 0
        self.requests: list[Request] = []
        self.met: set[Request] = set()
        self.struck = threading.Event()
        self.let_go = threading.Event()
        self.on_their_way: list[Request] = []
        self.since: list[Request] = []
        self._streams: list[Any] = []
        self._signalled = 0.0
        self._holding = self._is_over = False

    def runs_as(self, pid: int) -> None:
        """The process whose requests these are."""
        self.pid = pid
        self._pid.set()

    def arrived(self, kind: str) -> Fault | None:
        """Note a request; what is to happen to it."""
        with self._guard:
            self._turns[kind] += 1
            request = Request(kind, self._turns[kind])
            self.requests.append(request)
            if self._signalled:
                on_its_way = time.monotonic() - self._signalled < _UNDER_WAY
                (self.on_their_way if on_its_way else self.since).append(request)
            return self._due(request)

    def _due(self, request: Request) -> Fault | None:
        fault = self._points.get(request)
        if fault is not None:
            self.met.add(request)
            self.struck.set()
            self._holding = fault is Fault.HOLD
        if self._holding and not self.let_go.is_set():
            return Fault.HOLD  # what the run tries again while it is held does not get through either
        return fault or (self._lasting.fault if self._lasting and self._goes_on(self._lasting, request) else None)

    def _goes_on(self, lasting: Point, request: Request) -> bool:
        if not self.struck.is_set():
            return False
        return lasting.fault is not Fault.FORBIDDEN or request.kind == lasting.request.kind

    def streams(self, answer: Any) -> None:
        """A watch of this run is under way."""
        with self._guard:
            self._streams.append(answer)

    def go_on(self) -> None:
        """What was held is let go, and who was stopped wakes up."""
        self.let_go.set()
        self.end(signal.SIGCONT)

    def over(self) -> None:
        """The run is gone: nothing is held back for it any more, and its watches end."""
        self.let_go.set()
        with self._guard:
            self._is_over = True
            for answer in self._streams:
                with suppress(Exception):  # it may just have ended by itself
                    answer.shutdown()

    def end(self, number: signal.Signals) -> None:
        """Send the process a signal, at the latest as soon as it is known. Of a run that is over nothing is left but a
        number, and that may be somebody else's by now."""
        self._pid.wait(5.0)
        with self._guard:
            if self.pid and not self._is_over:
                os.kill(self.pid, number)
                self._signalled = time.monotonic()


class Proxy:
    """The server; `tap` gives a run its own way through it."""

    def __init__(self, api: Api, port: int) -> None:
        self.api, self._port = api, port
        self._taps: dict[str, Tap] = {}

    @contextmanager
    def tap(
        self, folder: Path, points: Sequence[Point] = (), look: Callable[[], None] | None = None
    ) -> Iterator[tuple[Tap, Path]]:
        """(the tap, a kubeconfig that leads through it)."""
        name, tap = f"run-{time.monotonic_ns()}", Tap(points, look)
        self._taps[name] = tap
        file = folder / "kubeconfig"
        file.write_text(_kubeconfig(f"http://127.0.0.1:{self._port}/{name}"))
        try:
            yield tap, file
        finally:
            tap.over()
            del self._taps[name]

    def of(self, name: str) -> Tap | None:
        """The tap with that prefix; None once its run is over."""
        return self._taps.get(name)


@contextmanager
def serving(api: Api) -> Iterator[Proxy]:
    """A proxy on a loopback port of its own."""

    class Handler(_Handler):
        proxy: Proxy

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A process that was killed in the middle of a request is what this server is for."""

    server = Server(("127.0.0.1", 0), Handler)
    Handler.proxy = Proxy(api, server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Handler.proxy
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        del format, args

    def _handle(self) -> None:
        _, name, rest = self.path.split("/", 2)
        tap, target = self.proxy.of(name), f"/{rest}"
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
        if tap is None:
            self._drop()
            return
        parts = urlsplit(target)
        watching = "watch=1" in parts.query
        fault = tap.arrived(kind_of(self.command, parts.path, watching))
        self._meet(fault, tap, target, body, watching)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

    def _meet(self, fault: Fault | None, tap: Tap, target: str, body: bytes | None, watching: bool) -> None:
        if fault in _AT_ONCE:
            self._say(*_SAID[fault])
        elif fault is Fault.KILL_BEFORE:
            tap.end(signal.SIGKILL)
            self._drop()
        elif fault is Fault.RESET:
            self._drop()
        elif fault in (Fault.HANG, Fault.SILENT):
            self._hang(tap)
        elif fault is Fault.WATCH_ENDS:
            self._send(200, b"", {"content-type": "application/json"})
        else:
            self._pass(fault, tap, target, body, watching)

    def _pass(self, fault: Fault | None, tap: Tap, target: str, body: bytes | None, watching: bool) -> None:
        if fault is Fault.CANCEL:
            tap.end(signal.SIGINT)
        if fault is Fault.HOLD:
            tap.let_go.wait()
        if fault is Fault.LOOK:
            tap.look()
        answer = self._forward(target, body)
        if fault in (Fault.KILL_AFTER, Fault.LOST):
            if not watching:  # a watch is there as soon as its answer begins, and goes on for minutes
                answer.read()
            if fault is Fault.KILL_AFTER:
                tap.end(signal.SIGKILL)
            answer.close()
            self._drop()
        elif fault is Fault.PAUSE:
            tap.end(signal.SIGSTOP)
            self._return(answer, half=False)
        elif watching and answer.status == 200:
            tap.streams(answer)
            self._stream(answer)
        else:
            self._return(answer, half=fault is Fault.TRUNCATED)

    def _forward(self, target: str, body: bytes | None) -> Any:
        wanted = ("content-type", "accept")
        headers = {name: self.headers[name] for name in wanted if self.headers.get(name)}
        headers["authorization"] = self.proxy.api.authorization
        return self.proxy.api.pool.request(
            self.command,
            self.proxy.api.server + target,
            body=body,
            headers=headers,
            preload_content=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=5.0, read=300.0),
        )

    def _return(self, answer: Any, half: bool) -> None:
        data, kept = answer.read(decode_content=True), {}
        for name in ("content-type", "retry-after"):
            if answer.headers.get(name):
                kept[name] = answer.headers[name]
        self._send(answer.status, data, kept, half)

    def _stream(self, answer: Any) -> None:
        """Pass a watch on, event by event, until either side ends it."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        try:
            for chunk in answer.stream(65536):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, urllib3.exceptions.HTTPError):
            self.close_connection = True
        finally:
            answer.close()

    def _hang(self, tap: Tap) -> None:
        """Say nothing until the caller gives up, a minute has passed, or the run is over."""
        end = time.monotonic() + _HANG_SECONDS
        while time.monotonic() < end and not tap.let_go.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.1)
            if readable:
                break
        self._drop()

    def _say(self, code: int, reason: str, message: str) -> None:
        status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
        headers = {"retry-after": "1"} if code == 429 else {}
        self._send(code, json.dumps(status).encode(), {"content-type": "application/json", **headers})

    def _send(self, status: int, data: bytes, headers: dict[str, str], half: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if half else data)
        self.wfile.flush()
        if half:
            self._drop()

    def _drop(self) -> None:
        """End the connection as a machine does that goes away."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def _kubeconfig(server: str) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "users": [{"name": "user", "user": {"token": "made-up"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}],
        "current-context": "test",
    }
    return json.dumps(document)
