"""What probes amount to: one verdict before users come, and a watch while they are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pointsman.model.duration import words_of
from pointsman.model.evidence import Check, Probe, Verdict
from pointsman.model.version import VersionState
from pointsman.ports.clock import Clock
from pointsman.ports.prober import Prober

_FAILURES_IN_A_ROW = 2
_RETRY_SECONDS = 1.0
_PROBES_PER_BAKE = 5
_ASKED_AGAIN = 2
_SHORTEST, _LONGEST = 1.0, 30.0


def asked(prober: Prober, clock: Clock, name: str, times: int) -> list[Probe]:
    """`times` probes of version `name`. What did not even arrive is asked again, twice: a connection that was lost on
    the way says nothing about the version."""
    probes = list(prober.probe_version(name, times))
    for _ in range(_ASKED_AGAIN):
        arrived = [probe for probe in probes if probe.reached]
        if len(arrived) == len(probes):
            break
        clock.sleep(_RETRY_SECONDS)
        probes = [*arrived, *prober.probe_version(name, len(probes) - len(arrived))]
    return probes


def health_verdict(probes: Sequence[Probe]) -> Verdict:
    """PASS only when every probe passed; nothing asked is NO_DATA; a broken way to the version is SOURCE_DOWN."""
    if not probes:
        return Verdict.NO_DATA
    if all(probe.ok for probe in probes):
        return Verdict.PASS
    if not any(probe.reached for probe in probes):
        return Verdict.SOURCE_DOWN
    return Verdict.FAIL


def health_of(name: str, probes: Sequence[Probe], verdict: Verdict) -> Check:
    """The probes as one line of the evidence table."""
    if not probes:
        return Check(name, verdict, "there was no ready instance to ask")
    good = [probe for probe in probes if probe.ok]
    wrong = next((f"; {probe.target}: {probe.detail}" for probe in probes if not probe.ok), "")
    slowest = max(probe.seconds for probe in probes)
    return Check(name, verdict, f"{len(good)} of {len(probes)} probes passed, slowest {slowest * 1000:.0f} ms{wrong}")


class Soak:
    """How long a version has been ready without an interruption or a restart, before users come to it."""

    def __init__(self, clock: Clock, wanted: float) -> None:
        self._clock, self._wanted = clock, wanted
        self._since: float | None = None
        self._restarts = 0

    def seconds_of(self, state: VersionState | None, needed: int) -> float:
        """Seconds of unbroken readiness with at least `needed` instances, as of now."""
        now = self._clock.seconds()
        if state is None or not state.rolled_out or state.ready < needed:
            self._since = None
            return 0.0
        if self._since is None or state.restarts != self._restarts:
            self._since, self._restarts = now, state.restarts
        return now - self._since

    def left(self) -> float:
        """Seconds until the soak is over; the whole soak while it has not begun."""
        if self._since is None:
            return max(self._wanted, 1.0)
        return self._wanted - (self._clock.seconds() - self._since) + 0.01


class Watch:
    """Watching a version serve: time counts only while it is known to be good.

    `good_seconds` grows while enough instances are ready and the last probe passed; two failed probes in a row are
    a FAIL, also when the way to the version broke after it had worked; an API that is itself out of reach stops the
    time without blaming the version (SOURCE_DOWN). `bake` sets the pace, `total` the seconds that are wanted.
    """

    def __init__(self, clock: Clock, prober: Prober, version: str, bake: float, total: float) -> None:
        self._clock, self._prober, self._version = clock, prober, version
        self._interval = min(max((bake or total) / _PROBES_PER_BAKE, _SHORTEST), _LONGEST)
        self._total = total
        self._last = self._next = 0.0
        self._in_a_row = 0
        self._probes: list[Probe] = []
        self.good_seconds = 0.0
        self.verdict: Verdict | None = None

    def start(self) -> None:
        """Begin to count; the first probe is due at once."""
        self._last = self._next = self._clock.seconds()

    def tick(self, serving_well: bool, wait: Callable[[float], None]) -> Probe | None:
        """Wait for the next change or probe, count the time, and send the probe when it is due."""
        due = self._next - self._clock.seconds()
        # A little longer than what is left: a sum of seconds can stay a rounding error below `total` for ever.
        wait(max(min(due, self._total - self.good_seconds, 1.0) + 0.01, 0.0))
        now = self._clock.seconds()
        if serving_well and self.verdict is Verdict.PASS:
            self.good_seconds += now - self._last
        self._last = now
        return self._probe(now) if now >= self._next else None

    def check(self) -> Check:
        """The watch as one line of the evidence table."""
        good = sum(1 for probe in self._probes if probe.ok)
        name = f"health of {self._version} while it serves"
        detail = f"{good} of {len(self._probes)} probes passed in {words_of(self.good_seconds)} of good service"
        wrong = next((f"; {probe.target}: {probe.detail}" for probe in reversed(self._probes) if not probe.ok), "")
        return Check(name, self.verdict or Verdict.NO_DATA, detail + wrong)

    def _probe(self, now: float) -> Probe:
        probe = self._prober.probe_service()
        self._probes.append(probe)
        self._in_a_row = 0 if probe.ok else self._in_a_row + 1
        if probe.ok:
            self.verdict, self._next = Verdict.PASS, now + self._interval
            return probe
        self._next = now + min(_RETRY_SECONDS, self._interval)
        self.verdict = self._verdict_after(probe)
        return probe

    def _verdict_after(self, probe: Probe) -> Verdict | None:
        if probe.status == 0 and not probe.reached:
            return Verdict.SOURCE_DOWN
        return Verdict.FAIL if self._in_a_row >= _FAILURES_IN_A_ROW else Verdict.INCONCLUSIVE
