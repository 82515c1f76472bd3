"""verify-health: is this version healthy, by its rollout, its endpoints and its own answers? Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pointsman.model.evidence import Check, Probe, Verdict
from pointsman.model.result import Moment, Outcome, Result
from pointsman.model.version import VersionState
from pointsman.ports.clock import Clock
from pointsman.ports.progress import Progress
from pointsman.ports.workload import Workload
from pointsman.steps.trouble import explained
from pointsman.strategy.decision import Abort, Await, CheckHealth, Done, Hold
from pointsman.strategy.health import HealthSeen, decide

STEP = "verify-health"
_BETWEEN_PROBES = 0.05
_AFTER_FAILURE = 1.0
_STEADY_SECONDS = 10.0


class AsksOnce(Protocol):
    """The one question verify-health asks of a running version."""

    def probe_service(self) -> Probe:
        """Ask once; see `ports.prober`."""
        ...


@dataclass(frozen=True)
class HealthInputs:
    """What to look at; times in seconds. No `workloads` means only the URL is asked."""

    subject: str
    workloads: tuple[str, ...]
    successes: int
    timeout: float


@dataclass(frozen=True)
class HealthSite:
    """The ports this step needs. `endpoints` gives the pods behind the service (None: no service asked about)
    and `current` the ready pods of a workload's current template."""

    workload: Workload | None
    endpoints: Callable[[], set[str]] | None
    current: Callable[[str], set[str]]
    prober: AsksOnce | None
    clock: Clock
    progress: Progress


def run(site: HealthSite, inputs: HealthInputs) -> Result:
    """Wait until everything asked about is healthy, or until it cannot become so, or until the time is over."""
    looking = _Looking(site, inputs)
    while True:
        seen = looking.look()
        decision = decide(seen)
        match decision:
            case Done(why):
                return looking.result(Outcome.HEALTHY, why, seen)
            case Abort(why):
                return looking.result(Outcome.UNHEALTHY, why, seen)
            case Hold(why):
                return looking.result(Outcome.HELD, why, seen)
            case CheckHealth(why):
                looking.probe(why)
            case Await(why):
                looking.wait(why)


class _Looking:
    def __init__(self, site: HealthSite, inputs: HealthInputs) -> None:
        self._site, self._inputs = site, inputs
        self._started = site.clock.seconds()
        self._probes: list[Probe] = []
        self._streak = 0
        self._timeline: list[Moment] = []
        self._restarts: dict[str, tuple[int, float]] = {}

    def look(self) -> HealthSeen:
        versions = tuple(self._versions())
        endpoints = self._site.endpoints() if self._site.endpoints else None
        current = {pod for version in versions for pod in self._site.current(version.name)}
        return HealthSeen(
            versions=versions,
            strangers=None if endpoints is None else len(endpoints - current) if versions else 0,
            endpoints=len(endpoints or ()),
            streak=self._streak,
            successes=self._inputs.successes if self._site.prober else 0,
            last=self._probes[-1] if self._probes else None,
            late=self._elapsed() > self._inputs.timeout,
            unsteady=" ".join(filter(None, map(self._unsteady, versions))),
        )

    def _unsteady(self, version: VersionState) -> str:
        """A version that has restarted must run for a while without another restart before it is believed."""
        restarts, since = self._restarts.get(version.name, (0, 0.0))
        if version.restarts != restarts:
            self._restarts[version.name] = restarts, since = version.restarts, self._elapsed()
        if restarts == 0 or self._elapsed() - since >= _STEADY_SECONDS:
            return ""
        return f"{version.name} has restarted {restarts} time(s); it must run {_STEADY_SECONDS:.0f} s without another"

    def probe(self, why: str) -> None:
        if self._site.prober is None:
            return
        if self._probes:
            self._site.clock.sleep(_BETWEEN_PROBES if self._probes[-1].ok else _AFTER_FAILURE)
        self._site.progress.waiting(why, self._elapsed(), self._inputs.timeout)
        answer = self._site.prober.probe_service()
        self._probes.append(answer)
        self._streak = self._streak + 1 if answer.ok else 0
        if not answer.ok and (len(self._probes) < 2 or self._probes[-2].detail != answer.detail):
            self._say(f"probe of {answer.target}: {answer.detail}")

    def wait(self, why: str) -> None:
        self._streak = 0
        self._site.progress.waiting(why, self._elapsed(), self._inputs.timeout)
        seconds = min(1.0, max(self._inputs.timeout - self._elapsed(), 0.0) + 0.05)
        if self._site.workload is not None:
            self._site.workload.wait(seconds)
        else:
            self._site.clock.sleep(seconds)

    def result(self, outcome: Outcome, why: str, seen: HealthSeen) -> Result:
        self._say(why)
        failing = next((version for version in seen.versions if version.problem), None)
        base = Result(
            STEP,
            self._inputs.subject,
            outcome,
            why,
            checks=tuple(self._checks(seen)),
            timeline=tuple(self._timeline),
            outputs=_outputs(seen),
            following=_FOLLOWING.get(outcome, ()),
        )
        if failing is None or self._site.workload is None:
            return base
        return replace(base, problem=explained(self._site.workload, failing.name, failing.problem))

    def _versions(self) -> Sequence[VersionState]:
        if self._site.workload is None:
            return ()
        states = [(name, self._site.workload.observe(name)) for name in self._inputs.workloads]
        return [state or VersionState(name, {}, 1, observed=False) for name, state in states]

    def _checks(self, seen: HealthSeen) -> list[Check]:
        checks = [_rollout(version) for version in seen.versions]
        if seen.strangers is not None:
            good = seen.strangers == 0 and seen.endpoints > 0
            detail = f"{seen.endpoints} ready, {seen.strangers} of another version"
            checks.append(Check("endpoints", Verdict.PASS if good else Verdict.FAIL, detail))
        if seen.successes:
            checks.append(self._probe_check(seen))
        return checks

    def _probe_check(self, seen: HealthSeen) -> Check:
        if seen.last is None:
            return Check("probes", Verdict.NO_DATA, "none was sent: the rollout was not there yet")
        slowest = max(probe.seconds for probe in self._probes) * 1000
        detail = f"{self._streak} in a row of {len(self._probes)} sent to {seen.last.target}, slowest {slowest:.0f} ms"
        if self._streak >= seen.successes:
            return Check("probes", Verdict.PASS, detail)
        return Check(
            "probes",
            Verdict.FAIL if seen.last.reached else Verdict.SOURCE_DOWN,
            f"{detail}; {seen.last.detail}",
        )

    def _elapsed(self) -> float:
        return self._site.clock.seconds() - self._started

    def _say(self, text: str) -> None:
        self._timeline.append(Moment(self._site.clock.now(), self._elapsed(), text))
        self._site.progress.say(text)


def _rollout(version: VersionState) -> Check:
    name = f"rollout of {version.name}"
    if version.problem:
        return Check(name, Verdict.FAIL, version.problem.sentence())
    if not version.rolled_out or version.desired == 0:
        return Check(name, Verdict.FAIL, version.waiting_for(version.desired))
    return Check(name, Verdict.PASS, f"{version.ready} ready of template {version.revision}, generation observed")


def _outputs(seen: HealthSeen) -> dict[str, str]:
    return {
        "ready": str(sum(version.ready for version in seen.versions)),
        "image": ",".join(sorted({image for version in seen.versions for image in version.images.values()})),
        "digest": ",".join(sorted({one for version in seen.versions for one in version.digests.values()})),
    }


_FOLLOWING = {
    Outcome.UNHEALTHY: (
        "see the failing check and the pod's last words below",
        "nothing was changed by this step",
    ),
    Outcome.HELD: ("the version may be healthy, but it could not be asked: give --url, or open the way to it",),
}
