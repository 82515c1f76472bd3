"""A router whose effect is also seen with requests of our own: level 3 of the effect ladder.

Around any router that sends all requests to one version: fresh connections to the address users have, each answer
naming the version that gave it. When the two versions cannot be told apart, or the address does not answer, the
inner router's level stands and a settle delay follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pointsman.model.drift import Field, Writer
from pointsman.model.evidence import Effect, Probe
from pointsman.model.split import Split
from pointsman.ports.clock import Clock
from pointsman.ports.router import Router
from pointsman.ports.writers import KnowsWriters

REQUESTS = 60  # rule of three: none astray among 60 means at most 5 % go astray, with 95 % confidence
_SETTLE = 3.0


class StampedRouter(Router, KnowsWriters, Protocol):
    """A router whose object can carry the fencing number and remembers its writers."""

    def stamp(self) -> None:
        """See `ports.record.Stamps`."""
        ...

    def number(self) -> int:
        """See `ports.record.Stamps`."""
        ...


class ObservedRouter:
    """`ask` sends one fresh request as users do; `marker_of(version)` is the text that version answers with."""

    def __init__(
        self, inner: StampedRouter, ask: Callable[[], Probe], marker_of: Callable[[str], str], clock: Clock
    ) -> None:
        self._inner, self._ask, self._marker_of, self._clock = inner, ask, marker_of, clock
        self._proven: Split | None = None
        self._since: float | None = None

    def read(self) -> Split:
        """The split as written."""
        return self._inner.read()

    def write(self, split: Split) -> None:
        """Write the split."""
        self._proven = self._since = None
        self._inner.write(split)

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the route last."""
        return self._inner.writer(name, field)

    def stamp(self) -> None:
        """Leave our fencing number on the object."""
        self._inner.stamp()

    def number(self) -> int:
        """The fencing number on the object."""
        return self._inner.number()

    def settled(self, split: Split) -> Effect:
        """Level 3 once every one of 60 fresh requests was answered by the serving version."""
        effect = self._inner.settled(split)
        if not effect.reached or self._proven == split:
            return effect
        serving, other = split.serving, split.stable if split.weight == 100 else split.candidate
        marker = self._marker_of(serving)
        if not marker or marker == self._marker_of(other):
            return self._after_settling(split, effect)
        return self._seen_by_requests(split, marker)

    def _seen_by_requests(self, split: Split, marker: str) -> Effect:
        for sent in range(1, REQUESTS + 1):
            probe = self._ask()
            if probe.status == 0:
                return Effect(False, 1, f"{probe.target} does not answer: {probe.detail}")
            if probe.marker != marker:
                return Effect(False, 1, f"request {sent} was answered by {probe.marker or 'an unmarked version'}")
        self._proven = split
        return Effect(True, 3, f"all of {REQUESTS} fresh requests were answered by {marker}")

    def _after_settling(self, split: Split, effect: Effect) -> Effect:
        now = self._clock.seconds()
        self._since = now if self._since is None else self._since
        if now - self._since < _SETTLE:
            return Effect(False, 1, f"{effect.detail}; the versions cannot be told apart, waiting a little")
        self._proven = split
        return Effect(True, 1, f"{effect.detail}; the versions cannot be told apart by their answers")
