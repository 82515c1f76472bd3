"""When a version is healthy: rolled out, alone behind its service, and answering as expected, again and again."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.model.evidence import Probe
from pointsman.model.version import VersionState
from pointsman.strategy.decision import Abort, Await, CheckHealth, Done, Hold


@dataclass(frozen=True)
class HealthSeen:
    """Everything the verdict rests on.

    `versions` are the workloads asked about; `strangers` endpoints of the service that are not pods of their
    current templates (None: no service asked about), `endpoints` how many there are in all; `streak` passed probes
    in a row of `successes` wanted (0: no probe wanted); `last` the last probe; `late` says the time is over;
    `unsteady` says who restarted a moment ago (empty: nobody), for a crash loop answers well between two crashes.
    """

    versions: tuple[VersionState, ...]
    strangers: int | None
    endpoints: int
    streak: int
    successes: int
    last: Probe | None
    late: bool
    unsteady: str = ""


def decide(seen: HealthSeen) -> Await | CheckHealth | Abort | Hold | Done:
    """What to do next; a final problem ends the wait at once, evidence that cannot be had is never a pass."""
    for version in seen.versions:
        if version.problem:
            return Abort(f"{version.name}: {version.problem.sentence()}")
    missing = what_is_missing(seen)
    if missing:
        return Abort(f"not healthy in time: {missing}") if seen.late else Await(missing)
    if seen.streak < seen.successes:
        return _ending_without_probes(seen) if seen.late else CheckHealth(_progress(seen))
    return Done(_summary(seen))


def what_is_missing(seen: HealthSeen) -> str:
    """What the platform itself still says is not there; empty when it is content."""
    for version in seen.versions:
        if not version.rolled_out:
            return version.waiting_for(version.desired)
        if version.desired == 0:
            return f"{version.name} is scaled to 0, so nothing can be healthy"
    if seen.unsteady:
        return seen.unsteady
    if seen.strangers is None:
        return ""
    if seen.strangers:
        return f"{seen.strangers} endpoint(s) of an older version are still behind the service"
    if seen.endpoints == 0:
        return "the service has no ready endpoint"
    return ""


def _ending_without_probes(seen: HealthSeen) -> Abort | Hold:
    if seen.last is not None and not seen.last.reached:
        return Hold(f"the version could not be asked: {seen.last.detail}")
    detail = f"{seen.last.target}: {seen.last.detail}" if seen.last else "no probe was sent"
    return Abort(f"not healthy in time: {seen.streak} of {seen.successes} probes passed in a row; {detail}")


def _progress(seen: HealthSeen) -> str:
    failing = f"; {seen.last.target}: {seen.last.detail}" if seen.last and not seen.last.ok else ""
    return f"{seen.streak} of {seen.successes} probes passed in a row{failing}"


def _summary(seen: HealthSeen) -> str:
    parts = [f"{version.name} is rolled out with {version.ready} ready" for version in seen.versions]
    if seen.strangers is not None:
        parts.append(f"{seen.endpoints} endpoint(s), all of the current version")
    if seen.successes:
        parts.append(f"{seen.successes} probes passed in a row")
    return "; ".join(parts)
