"""Blue-green: one colour serves, the other is made ready, proven, and then given all requests at once.

`decide` goes forward, `decide_undo` goes back; `steps/blue_green_switch.py` and `steps/rollback.py` act on both.
Two rules hold on every path: users are only ever sent to a colour with enough ready instances, and nothing is
scaled down before the data plane was seen to have left it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from pointsman.model.drift import OnDrift
from pointsman.model.evidence import Effect, Verdict
from pointsman.model.version import VersionState
from pointsman.strategy.decision import (
    Abort,
    Await,
    Bake,
    CheckHealth,
    Confirm,
    Done,
    GiveUp,
    Hold,
    Prepare,
    Restore,
    Retire,
    Shift,
)

SUPERSEDED = "superseded by"
"""How the reason of a release begins that gave way to a newer one."""


class Cleanup(Enum):
    """What becomes of the colour that users have left."""

    KEEP = "keep"
    SCALE_DOWN = "scale-down"
    UPDATE = "update"


@dataclass(frozen=True)
class Plan:
    """Seconds: how long the candidate must be ready without a restart before users come (`soak`), how long it is
    watched while it has them (`bake`), how long the old colour stays warm after that, and what then.

    `trust_readiness`: a rollback goes to a version that was verified good; when it is ready but cannot be asked
    from here, returning users to it is still the safer way. `on_drift` says what is done when somebody else changes
    what the release has written.
    """

    bake: float
    soak: float = 0.0
    keep_warm: float = 0.0
    cleanup: Cleanup = Cleanup.KEEP
    trust_readiness: bool = False
    on_drift: OnDrift = OnDrift.FAIL

    @property
    def watch(self) -> float:
        """Seconds the candidate is watched in all: as long as the old colour is there to return to, it is of use."""
        return self.bake + self.keep_warm


@dataclass(frozen=True)
class Seen:
    """Everything a decision rests on.

    `wanted` are the images the candidate is to run; `needed` the instances that must be ready before users come;
    `weight` the written percent on the candidate; `soaked` seconds the candidate has been ready without a restart;
    `health` what the candidate said when asked directly (None: not asked yet); `effect` how far the last shift has
    come (None: not looked yet); `watched` seconds of good service since that effect; `watch` the verdict of the
    watching; `retired` whether the old colour was dealt with; `restored` whether the candidate was put back; `late`
    says that the time for this is over, `template_differs` that an older pod template is still to be put back,
    `stable_differs` that stable got other images since the release began, `superseded` which newer run asked this
    one to give way, `astray` that the route names neither version.
    """

    stable: VersionState | None
    candidate: VersionState | None
    wanted: Mapping[str, str]
    needed: int
    weight: int
    soaked: float = 0.0
    health: Verdict | None = None
    effect: Effect | None = None
    watched: float = 0.0
    watch: Verdict | None = None
    retired: bool = False
    late: bool = False
    restored: bool = False
    template_differs: bool = False
    stable_differs: bool = False
    superseded: str = ""
    astray: bool = False


Forward = Prepare | Await | CheckHealth | Shift | Confirm | Bake | Retire | Abort | Hold | Done
Backward = Prepare | Await | Shift | Confirm | Restore | GiveUp | Done


def decide(seen: Seen, plan: Plan) -> Forward:
    """The next thing to do on the way to the candidate. A release that has arrived no longer gives way."""
    following = _before_the_switch(seen, plan) if seen.weight < 100 else _after_the_switch(seen, plan)
    if seen.superseded and not isinstance(following, Done | Abort):
        return Abort(f"{SUPERSEDED} {seen.superseded}")
    return following


def decide_undo(seen: Seen) -> Backward:
    """The next thing to do on the way back to stable; capacity comes before requests, also here."""
    if seen.weight > 0 or seen.astray:
        return _return_users(seen)
    if seen.effect is None or not seen.effect.reached:
        return _confirm_return(seen)
    if not seen.restored:
        return Restore("users are on stable; the candidate goes back to what it was")
    return Done("users are on stable and nothing of the release is left")


def needed_for(stable: VersionState | None, floor: int = 1) -> int:
    """Ready instances the candidate must have: what stable has ready or wants (an autoscaler may be raising it)."""
    if stable is None:
        return max(floor, 1)
    return max(stable.ready, stable.desired, floor, 1)


def prepared(candidate: VersionState | None, wanted: Mapping[str, str], needed: int) -> bool:
    """True when the candidate already asks for the wanted images and enough instances."""
    return candidate is not None and dict(candidate.images) == dict(wanted) and candidate.desired >= needed


def _before_the_switch(seen: Seen, plan: Plan) -> Forward:
    candidate = seen.candidate
    if candidate is None or seen.template_differs or not prepared(candidate, seen.wanted, seen.needed):
        return Prepare(_preparation(seen))
    if candidate.problem:
        return Abort(candidate.problem.sentence())
    if not candidate.rolled_out or candidate.ready < seen.needed:
        waiting = candidate.waiting_for(seen.needed)
        return Abort(f"not ready in time: {waiting}") if seen.late else Await(waiting)
    if seen.soaked < plan.soak:
        return Await(f"{candidate.name} is ready; it must stay so for {plan.soak:.0f} s before users come")
    return _before_the_switch_when_ready(seen, candidate, plan)


def _before_the_switch_when_ready(seen: Seen, candidate: VersionState, plan: Plan) -> Forward:
    match seen.health:
        case None:
            return CheckHealth(f"{candidate.name} has {candidate.ready} ready; asking it directly")
        case Verdict.FAIL:
            return Abort(f"{candidate.name} is ready but fails its health check")
        case Verdict.PASS:
            return Shift(100, f"{candidate.name} is ready, healthy and has the capacity of stable")
        case Verdict.SOURCE_DOWN if plan.trust_readiness:
            return Shift(
                100,
                f"{candidate.name} was verified good before and is ready, though it cannot be asked from here",
            )
        case Verdict.SOURCE_DOWN | Verdict.NO_DATA | Verdict.INCONCLUSIVE:
            return Hold(f"the health of {candidate.name} cannot be observed, so users stay on stable")


def _preparation(seen: Seen) -> str:
    if seen.candidate is None:
        return "the candidate does not exist yet"
    if dict(seen.candidate.images) != dict(seen.wanted):
        return f"{seen.candidate.name} does not run the wanted image yet"
    if seen.template_differs:
        return f"{seen.candidate.name} does not run the wanted pod template yet"
    return f"{seen.candidate.name} asks for {seen.candidate.desired} instance(s), {seen.needed} are needed"


def _after_the_switch(seen: Seen, plan: Plan) -> Forward:
    trouble = _trouble_while_serving(seen)
    if trouble:
        return Abort(trouble)
    if seen.effect is None or not seen.effect.reached:
        detail = seen.effect.detail if seen.effect else "reading the effect back"
        return Abort(f"the switch did not take effect in time: {detail}") if seen.late else Confirm(detail)
    if seen.watched < plan.watch:
        return _out_of_time_while_watching(seen) if seen.late else Bake("watching the candidate serve")
    if plan.cleanup is not Cleanup.KEEP and not seen.retired:
        return Retire(f"the candidate is proven; {plan.cleanup.value} of the version users have left")
    return Done("the candidate serves and is proven")


def _out_of_time_while_watching(seen: Seen) -> Abort | Hold:
    if seen.watch in (Verdict.SOURCE_DOWN, Verdict.NO_DATA):
        return Hold("the candidate has the users, but its health could not be observed for long enough")
    return Abort("the candidate did not serve well for long enough within the time-out")


def _trouble_while_serving(seen: Seen) -> str:
    candidate = seen.candidate
    if candidate is None:
        return "the candidate is gone while it has the users"
    if candidate.problem:
        return candidate.problem.sentence()
    # A Deployment that was only just written (our stamp, say) has not been looked at: that is not "none is ready".
    if candidate.ready == 0 and candidate.surplus == 0 and candidate.observed:
        return f"{candidate.name} has no ready instance left while it has the users"
    if seen.watch is Verdict.FAIL:
        return f"{candidate.name} fails its health check while it has the users"
    return ""


def _return_users(seen: Seen) -> Backward:
    stable = seen.stable
    if stable is None:
        return GiveUp("the stable version is gone, so users cannot be returned to it")
    if seen.stable_differs and seen.late:
        return GiveUp(f"{stable.name} did not get back the images it had, so returning users to it would help nobody")
    if seen.stable_differs:
        return Prepare(f"{stable.name} gets the images back that it had, before users return to it")
    if stable.desired < seen.needed:
        return Prepare(f"{stable.name} needs {seen.needed} instance(s) before users return to it")
    if stable.ready < seen.needed:
        return _return_short_of_capacity(seen, stable)
    return Shift(0, f"{stable.name} has the capacity; returning users to it")


def _return_short_of_capacity(seen: Seen, stable: VersionState) -> Backward:
    # A candidate that is gone, or asked to run nowhere, does not come back by waiting, unlike pods that died.
    deserted = seen.astray or seen.candidate is None or seen.candidate.desired == 0
    if not seen.late and stable.problem is None and not (deserted and stable.ready > 0):
        return Await(stable.waiting_for(seen.needed))
    better_off = stable.ready > (0 if deserted or seen.candidate is None else seen.candidate.ready)
    if better_off:
        return Shift(0, f"{stable.name} has only {stable.ready} of {seen.needed} ready, still more than the candidate")
    trouble = stable.problem.sentence() if stable.problem else stable.waiting_for(seen.needed)
    return GiveUp(f"{stable.name} cannot take the users back: {trouble}")


def _confirm_return(seen: Seen) -> Backward:
    detail = seen.effect.detail if seen.effect else "reading the effect back"
    if seen.late:
        return GiveUp(f"users were sent back to stable but it was not seen to take effect: {detail}")
    return Confirm(detail)
