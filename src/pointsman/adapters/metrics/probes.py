"""Counters of our own, where nobody else counts: each look sends a few requests to both versions and adds them up.

It says how a version answers when asked past the router, not how users fare; use it where there is nothing better. An
instance that could not be reached says nothing about its version, and a look at which nobody could be is no look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from pointsman.adapters.metrics.tally import Tally
from pointsman.model.errors import InputError, RemoteError, SourceDown
from pointsman.model.evidence import Probe
from pointsman.model.measurement import Counters, Reading
from pointsman.ports.clock import Clock
from pointsman.ports.prober import Prober

USUAL_PROBES = 10


@dataclass
class ProbeMetrics:
    """Asks `times` requests of each version per look. What `prober` calls not ok is answered badly."""

    prober: Prober
    clock: Clock
    stable: str
    candidate: str
    times: int = USUAL_PROBES
    _tallies: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.stable == self.candidate:
            raise InputError(f"both versions are {self.stable!r}", "name each version by its own name")
        if self.times < 1:
            raise InputError("fewer than one probe per look can say nothing", "give 1 or more")

    def read(self) -> Reading:
        """All probes so far, those of now included. Raises SourceDown when a version has instances, and not one of
        them could be reached."""
        stable, candidate = self._counted(self.stable), self._counted(self.candidate)
        return Reading(self.clock.seconds(), stable, candidate)

    def check(self) -> Reading:
        """Look for the first time; there is no name here that could be wrong."""
        return self.read()

    def _counted(self, version: str) -> tuple[Counters, ...]:
        probes = self._asked(version)
        reached = [probe for probe in probes if probe.reached]
        if probes and not reached:
            raise SourceDown(f"{version} cannot be probed: {probes[-1].detail}", "the way to it is broken, not it")
        tally = reduce(_with, reached, self._tallies.get(version, Tally()))
        self._tallies[version] = tally
        return (tally.counters(f"probes of {version}"),) if probes else ()

    def _asked(self, version: str) -> Sequence[Probe]:
        try:
            return self.prober.probe_version(version, self.times)
        except RemoteError as reason:
            raise SourceDown(f"{version} cannot be probed: {reason.message}", reason.advice) from reason


def _with(tally: Tally, probe: Probe) -> Tally:
    return tally.after(probe.ok, probe.seconds if probe.status else None)
