"""The wish to stop: signals, and the end of a lifeline on stdin. `clock.stop` is told of it from another thread.

The handler of a signal only leaves a note for the main thread, which then begins nothing new. One that did more would
run between any two instructions of that thread, also where it holds a lock the stop needs, and would wait for it for
ever. The interpreter writes each signal into a socket as it comes (`signal.set_wakeup_fd`), whatever the main thread
is busy with; a thread reads it there and wakes whoever waits. So a second signal disturbs nothing, and one that comes
before a step listens is kept for it.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import cache

Stop = Callable[[str], None]
"""Takes the reason."""

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """SIGINT, SIGTERM and SIGHUP of this process from now on, kept until somebody is told. A terminal that is gone
    (SIGHUP) stops nothing where whoever started us said so, as `nohup` does."""

    def __init__(self) -> None:
        self._reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        self._note: Stop | None = None
        self._stop: Stop | None = None
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in NUMBERS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    def tell(self, note: Stop, stop: Stop) -> None:
        """Call `note` in the main thread and `stop` in another with the name of each signal that came or comes; the
        newest listener is the only one."""
        first, self._note, self._stop = self._stop is None, note, stop
        if first:
            threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def _handle(self, number: int, _: object) -> None:
        if self._note is not None:
            self._note(signal.Signals(number).name)

    def _listen(self) -> None:
        while arrived := self._reading.recv(64):
            for number in arrived:
                if number in NUMBERS and self._stop is not None:
                    self._stop(signal.Signals(number).name)


@cache
def heard() -> Signals:
    """The signals of this process since this was first called, by its main thread."""
    return Signals()


def watch_lifeline(stop: Stop) -> None:
    """Call `stop` when stdin ends: its other end is open for as long as the process that started us lives."""

    def read() -> None:
        while os.read(0, 4096):
            pass
        stop("the process that started us is gone")

    threading.Thread(target=read, name="lifeline", daemon=True).start()
