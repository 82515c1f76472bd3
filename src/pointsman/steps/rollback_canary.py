"""rollback of a promoted canary: stable gets the former version back by the way the new one came, but at once.

The former version runs as the candidate, gets its capacity, is asked, takes all users, and serves them while stable is
put back; then they return. `rollback.py` flies it; a canary that is still in flight is undone without any of this.
"""

from __future__ import annotations

from pointsman.model.drift import OnDrift
from pointsman.model.errors import InputError
from pointsman.model.record import Flight, GoodVersion
from pointsman.model.version import VersionState, snapshot_of
from pointsman.steps.site import CanaryPorts
from pointsman.strategy.canary_seen import CANARY, Plan
from pointsman.strategy.capacity import whole_of


def plan(timeout: float) -> Plan:
    """All at once: the version was verified good before, so no evidence is waited for. `timeout` in seconds is for
    each thing by itself."""
    return Plan((), timeout=timeout, on_drift=OnDrift.REASSERT, hurried=True, trust_readiness=True)


def flight_to(site: CanaryPorts, version: GoodVersion, reason: str) -> Flight:
    """The flight that puts `version` back. Raises InputError when nobody could serve all users meanwhile."""
    stable = site.workload.observe(site.stable)
    if stable is None:
        raise InputError(f"{site.stable}, which {site.service} should serve, does not exist", "check --stable")
    if not site.whole:
        advice = f"let its own rolling update do it: pointsman rollback --workload {site.stable}"
        raise InputError("this router cannot send all users away from stable while it is put back", advice)
    return Flight(
        release=f"rollback to {version.number}",
        action="rollback",
        strategy=CANARY,
        stable=site.stable,
        candidate=site.candidate,
        images=_images(version, site.workload.observe(site.candidate), stable),
        before=snapshot_of(site.workload.observe(site.candidate)),
        needed=whole_of(stable, 1),
        started=site.clock.now(),
        run=site.run,
        reason=reason,
        template=version.template if version.workload == site.stable else "",
        stable_images=dict(stable.images),
        stable_instances=stable.desired,
    )


def _images(version: GoodVersion, candidate: VersionState | None, stable: VersionState) -> dict[str, str]:
    """What the candidate runs: the former images, as far as it has such containers."""
    containers = (candidate or stable).images
    return {container: version.images.get(container, image) for container, image in containers.items()}
