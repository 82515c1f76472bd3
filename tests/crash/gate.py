"""As many trials at once as the machine has time for: where others want it too, fewer of ours are faster than many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.crash.pulse import Pulse

AT_ONCE, AT_ONCE_WAITING = 16, 32
"""Trials side by side on an idle machine: much of their time is waiting; and, beside them, those that do little else.
"""
_ALWAYS = 4
_AGAIN = 0.3


class Gate:
    """Lets trials begin."""

    def __init__(self, pulse: Pulse, at_once: int) -> None:
        self._at_once = at_once
        self._pulse, self._inside, self._changed = pulse, 0, threading.Condition()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Within: a trial. Waits while too many are under way, or many and the pulse is slow."""
        with self._changed:
            while self._inside >= self._at_once or (self._inside >= _ALWAYS and self._pulse.slow()):
                self._changed.wait(_AGAIN)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()
