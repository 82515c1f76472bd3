"""A metric source that counts what a test lets happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pointsman.adapters.metrics.tally import Tally
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters, Reading
from pointsman.ports.clock import Clock

Process = tuple[str, str]


@dataclass
class FakeMetrics:
    """Counts requests to `stable` and `candidate`, process by process; it knows a version once that served. With
    `down` it cannot be asked. `meanwhile` is called with the seconds since the last look before each look, so that a
    test can say what goes on all the time. `looks` counts those that were answered."""

    clock: Clock
    stable: str
    candidate: str
    down: bool = False
    meanwhile: Callable[[float], None] | None = None
    looks: int = 0
    _tallies: dict[Process, Tally] = field(default_factory=dict)
    _last: float = 0.0

    def __post_init__(self) -> None:
        if self.stable == self.candidate:
            raise InputError(f"both versions are {self.stable!r}", "name each version by its own name")
        self._last = self.clock.seconds()

    def serve(self, version: str, good: int, bad: int = 0, seconds: float = 0.02, process: str = "1") -> None:
        """Let `process` of `version` answer, each time within `seconds`. Raises LookupError for another version."""
        served = self._tallies.get(self._process(version, process), Tally())
        served = served.after(True, seconds, good).after(False, seconds, bad)
        self._tallies[self._process(version, process)] = served

    def restart(self, version: str, process: str = "1") -> None:
        """What a crash does to counters: they begin anew."""
        self._tallies[self._process(version, process)] = Tally()

    def forget(self, version: str) -> None:
        """What happens when all its processes are gone: nobody knows of the version any more."""
        for process in [one for one in self._tallies if one[0] == version]:
            del self._tallies[process]

    def read(self) -> Reading:
        """The counters as they stand. Raises SourceDown while `down`."""
        if self.down:
            raise SourceDown("the metric source does not answer", "see that it is up")
        now = self.clock.seconds()
        if self.meanwhile is not None:
            self.meanwhile(now - self._last)
        self._last, self.looks = now, self.looks + 1
        return Reading(now, self._counters(self.stable), self._counters(self.candidate))

    def check(self) -> Reading:
        """The first look."""
        return self.read()

    def _counters(self, version: str) -> tuple[Counters, ...]:
        mine = [(process, tally) for (name, process), tally in self._tallies.items() if name == version]
        return tuple(tally.counters(f"{version} {process}") for process, tally in mine)

    def _process(self, version: str, process: str) -> Process:
        if version not in (self.stable, self.candidate):
            raise LookupError(f"this test said nothing about {version!r}; it knows {self.stable}, {self.candidate}")
        return version, process
