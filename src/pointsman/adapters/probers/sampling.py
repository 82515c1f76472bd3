"""Many fresh requests to one address: bounded in number, in how many are under way at once, and in time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pointsman.judge.share import MOST, TOLERANCE
from pointsman.model.evidence import Probe
from pointsman.ports.clock import Clock


@dataclass(frozen=True)
class Sampling:
    """At most `most` requests, `at_once` of them under way, and none begun after `seconds`; enough of them to tell a
    share from one that is `tolerance` (a part of 1) away."""

    most: int = MOST
    at_once: int = 8
    seconds: float = 30.0
    tolerance: float = TOLERANCE


USUAL = Sampling()


def sampled(
    ask: Callable[[], Probe], wanted: int, limits: Sampling, clock: Clock, over: Callable[[Probe], bool]
) -> list[Probe]:
    """What up to `wanted` calls of `ask` returned; no call begins after one whose answer is `over`. Raises what `ask`
    raises, and Cancelled as soon as we are asked to stop."""
    return clock.attended(_Round(ask, wanted, limits, clock, over).answers)


class _Round:
    """Daemon threads, so that one which hangs cannot keep a cancelled run from ending."""

    def __init__(
        self, ask: Callable[[], Probe], wanted: int, limits: Sampling, clock: Clock, over: Callable[[Probe], bool]
    ) -> None:
        self._ask, self._clock, self._over = ask, clock, over
        self._left, self._end = wanted, clock.seconds() + limits.seconds
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(min(limits.at_once, wanted))]
        self._guard = threading.Lock()
        self._probes: list[Probe] = []
        self._errors: list[BaseException] = []

    def answers(self) -> list[Probe]:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        return self._probes

    def _work(self) -> None:
        try:
            while self._may_ask():
                self._take(self._ask())
        except BaseException as error:  # it is raised again where the answers are waited for
            self._errors.append(error)
            self._stop()

    def _may_ask(self) -> bool:
        with self._guard:
            self._left -= 1
            return self._left >= 0 and self._clock.seconds() < self._end

    def _take(self, probe: Probe) -> None:
        with self._guard:
            self._probes.append(probe)
        if self._over(probe):
            self._stop()

    def _stop(self) -> None:
        with self._guard:
            self._left = 0
