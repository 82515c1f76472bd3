"""Passes requests on to the API server until told to stop: then the server seems to hang, for as long as one likes.

    python -m tests.actions.relay PORT

PORT is where `kubectl proxy` listens, which logs in and encrypts. The first line on stdout is the port of the relay;
each line on stdin is an order, and `closed` on stdout says that nothing passes any more, in either direction:

    close                  from now on
    close before PATTERN   as soon as a request comes whose first line has PATTERN in it: it does not arrive
    close after PATTERN    the same, but that request still arrives; its answer does not
    open                   everything passes again; connections made before are ended
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

_SIZE = 65536


class Gate:
    """Open or closed; closes by itself before or after the first request that fits."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._opened.set()
        self._awaited: tuple[str, str] | None = None

    def order(self, line: str) -> None:
        """Carry out a line of stdin."""
        words = line.split(maxsplit=2)
        if words == ["open"]:
            self._opened.set()
        elif words == ["close"]:
            self._close()
        else:
            self._awaited = (words[1], words[2])

    def passes(self, request: bytes) -> bool:
        """Whether this part of a request passes, which may close the gate."""
        awaited, first = self._awaited, request.partition(b"\r\n")[0].decode("latin-1")
        if awaited is None or not re.search(awaited[1], first):
            return self.is_open()
        self._awaited = None
        self._close()
        return awaited[0] == "after"

    def is_open(self) -> bool:
        """Whether anything passes now."""
        return self._opened.is_set()

    def wait(self) -> None:
        """Wait until it is open."""
        self._opened.wait()

    def _close(self) -> None:
        self._opened.clear()
        print("closed", flush=True)


class Link:
    """One connection and the one behind it."""

    def __init__(self, near: socket.socket, port: int, gate: Gate) -> None:
        self._near, self._gate = near, gate
        self._far = socket.create_connection(("127.0.0.1", port))
        self._last_words = False
        threading.Thread(target=self._pass, args=(near, self._far, self._up), daemon=True).start()
        threading.Thread(target=self._pass, args=(self._far, near, lambda _: gate.is_open()), daemon=True).start()

    def _up(self, part: bytes) -> bool:
        was_open = self._gate.is_open()
        if self._gate.passes(part):
            self._last_words = was_open and not self._gate.is_open()  # its body may come in a part of its own
            return True
        return self._last_words

    def _pass(self, source: socket.socket, target: socket.socket, passes: Callable[[bytes], bool]) -> None:
        with suppress(OSError):
            while part := source.recv(_SIZE):
                if not passes(part):
                    self._gate.wait()
                    break
                target.sendall(part)
        for end in (self._near, self._far):
            _end(end)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # it may have ended already
        connection.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Serve until stdin ends."""
    gate, server = Gate(), socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            Link(connection, int(sys.argv[1]), gate)

    threading.Thread(target=serve, daemon=True).start()
    for line in sys.stdin:
        gate.order(line.strip())


if __name__ == "__main__":
    main()
