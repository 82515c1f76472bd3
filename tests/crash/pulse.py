"""How fast the played cluster answers while trials are under way.

In a run at several times the pace every deadline is that much shorter, so a machine that stands still for a moment
looks to it like a cluster that does not answer. A trial in which that happened has tried something else than it was
to try: it says nothing, for or against, and is made again (`matrix.py` counts these).
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

import urllib3

from tests.cluster.harness.api import Api, Refused

_EVERY = 0.2
"""Seconds between two beats: asked twice as often, two pulses took a minute of a processor in half an hour."""
_KEPT = 3000
_LATELY = 5
STOOD_STILL = 0.2
"""Seconds for one small answer, or between two turns of this thread, that are too long: at eight times the pace a
probe that is given 5 seconds gets 0.6, and goes through the same servers twice."""
_WANTED = 2.0
"""Threads for each processor that run or could run just now; with more, a run that works gets its turn too seldom.
Answers don't tell: a server that has slept is served at once, however many are waiting to work."""


class Pulse:
    """Asks the API server for a small thing all the time, and remembers when that took how long."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._took: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._wanted: deque[float] = deque(maxlen=_LATELY)
        self._over = threading.Event()

    def stood_still_since(self, began: float) -> bool:
        """Whether an answer, or the thread's own turn, took too long since this monotonic time."""
        return any(seconds > STOOD_STILL for ended, seconds in tuple(self._took) if ended >= began)

    def slow(self) -> bool:
        """Whether the machine has little time for us just now: half of what would make a trial worthless, or many who
        want it."""
        lately = tuple(self._took)[-_LATELY:]
        return any(seconds > STOOD_STILL / 2 for _, seconds in lately) or mean(tuple(self._wanted) or (0.0,)) > _WANTED

    def beat(self) -> None:
        """Ask until `stop`."""
        last = time.monotonic()
        while not self._over.wait(_EVERY):
            try:
                self._api.find("/api/v1/namespaces/default")
            except (Refused, urllib3.exceptions.HTTPError, OSError):
                last -= STOOD_STILL  # no answer at all is a long one
            now = time.monotonic()
            self._took.append((now, now - last - _EVERY))
            self._wanted.append(_runnable() / (os.cpu_count() or 1))
            last = now

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()


def _runnable() -> int:
    """How many threads of this machine run, or wait for a processor."""
    return int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])


@contextmanager
def beating(api: Api) -> Iterator[Pulse]:
    """A pulse on a thread of its own."""
    pulse = Pulse(api)
    threading.Thread(target=pulse.beat, daemon=True).start()
    try:
        yield pulse
    finally:
        pulse.stop()
