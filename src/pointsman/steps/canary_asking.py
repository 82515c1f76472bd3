"""Asking a version directly before users come to it: the candidate at first, stable before they return."""

from __future__ import annotations

from pointsman.model.evidence import Check, Verdict
from pointsman.model.record import Flight
from pointsman.steps.probing import asked, health_of, health_verdict
from pointsman.steps.site import Routed

_AT_LEAST, _AT_MOST = 3, 10


class Asking:
    """What both versions said when asked; None: not asked yet. Each answer becomes a line of `checks`."""

    def __init__(self, site: Routed, flight: Flight, checks: list[Check]) -> None:
        self._site, self._flight, self._checks = site, flight, checks
        self.health: Verdict | None = None
        self.stable_health: Verdict | None = None

    def forget(self) -> None:
        """What was answered is of another time."""
        self.health = self.stable_health = None

    def candidate(self, ready: int) -> None:
        """Ask the candidate, which no user reaches yet."""
        self.health = self._ask(self._flight.candidate, self._flight.stable, ready, "before users come")

    def stable(self, ready: int) -> None:
        """Ask stable, which has the proven version now."""
        self.stable_health = self._ask(self._flight.stable, self._flight.candidate, ready, "before users return")

    def _ask(self, name: str, other: str, ready: int, when: str) -> Verdict:
        """When nothing comes back, the other version is asked too, to know whose fault it is."""
        times = min(max(_AT_LEAST, ready), _AT_MOST)
        probes = asked(self._site.prober, self._site.clock, name, times)
        verdict = health_verdict(probes)
        if verdict is Verdict.SOURCE_DOWN and any(one.reached for one in self._site.prober.probe_version(other, 1)):
            verdict = Verdict.FAIL
        self._checks.append(health_of(f"health of {name} {when}", probes, verdict))
        return verdict
