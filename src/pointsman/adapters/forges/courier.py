"""Runs errands in the background, in order, so that a slow server delays a release by nothing.

Importing a client package and waiting for its first answer take about a second; a release need not wait for
either. The thread is a daemon: when the process ends before an errand does, the errand is lost, by intent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Errand = Callable[[], str]
"""Does one thing and says in a sentence why it could not; empty when it could. Never raises."""


class Courier:
    """Takes errands, and at the end waits a bounded time for all of them."""

    def __init__(self) -> None:
        self._errands: SimpleQueue[Errand | None] = SimpleQueue()
        self._sentences: list[str] = []
        self._thread: threading.Thread | None = None

    def send(self, errand: Errand) -> None:
        """Queue `errand` behind those sent before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="forge", daemon=True)
            self._thread.start()
        self._errands.put(errand)

    def collect(self, seconds: float) -> tuple[list[str], bool]:
        """(what could not be done, whether all errands ended) after at most `seconds`; nothing may follow."""
        if self._thread is None:
            return [], True
        self._errands.put(None)
        self._thread.join(seconds)
        return [sentence for sentence in list(self._sentences) if sentence], not self._thread.is_alive()

    def _run(self) -> None:
        while (errand := self._errands.get()) is not None:
            self._sentences.append(errand())
