"""Whether what serves is well, for a run that finds nothing to do."""

from __future__ import annotations

from pointsman.model.evidence import Check, Verdict
from pointsman.model.version import VersionState
from pointsman.steps.site import Desk

_LOOK_SECONDS = 30.0


def at_rest(site: Desk, name: str) -> Check:
    """PASS when version `name` is rolled out and serves."""
    state = _looked_at(site, name)
    if state is not None and state.rolled_out and state.ready > 0:
        return Check(f"{name} is rolled out", Verdict.PASS, f"{state.ready} ready")
    return Check(f"{name} is rolled out", Verdict.FAIL, _trouble_of(state))


def _looked_at(site: Desk, name: str) -> VersionState | None:
    """The version once the platform has looked at its last change: the stamp of a takeover is one."""
    started = site.clock.seconds()
    while True:
        state = site.workload.observe(name)
        if state is None or state.observed or site.clock.seconds() - started > _LOOK_SECONDS:
            return state
        site.workload.wait(1.0)


def _trouble_of(state: VersionState | None) -> str:
    if state is None:
        return "it does not exist"
    return state.problem.sentence() if state.problem else state.waiting_for(state.desired)
