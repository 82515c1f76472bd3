"""Promotion: stable takes over the proven version, while the proven instances serve.

Users are on the candidate meanwhile, all of them where the router can send all. They return only to a stable that is
rolled out, has soaked and is healthy; when it does not come up they stay where they are, and a person is needed. The
candidate goes last, when no request has reached it for a while.
"""

from __future__ import annotations

from pointsman.model.evidence import Verdict
from pointsman.model.version import VersionState
from pointsman.strategy.canary_decision import CheckStable, Dismiss, Promote, Remove, ReturnToStable, ScaleFor
from pointsman.strategy.canary_seen import Forward, Plan, Seen, needed_for, runs, starved
from pointsman.strategy.decision import Abort, Await, Confirm, Done, GiveUp, Hold, Shift


def decide_promotion(seen: Seen, plan: Plan) -> Forward:
    """The next thing to do for a proven candidate."""
    if seen.weight == 0:
        return _clear(seen, plan)
    if plan.whole and seen.weight < 100 and not runs(seen.stable, seen.wanted):
        return _everybody(seen, plan)
    if not seen.in_effect:
        return _follow(seen)
    if seen.stable is None or not runs(seen.stable, seen.wanted):
        return Promote("the candidate is proven: stable takes over its version, users stay on the candidate")
    return _take_over(seen, seen.stable, plan)


def _everybody(seen: Seen, plan: Plan) -> Forward:
    needed, candidate = needed_for(100, seen, plan), seen.candidate
    if candidate is None:
        return Abort("the candidate is gone")
    if candidate.desired < needed and seen.asked < needed:
        return ScaleFor(100, needed, f"all requests need {needed} instance(s) of {candidate.name}")
    if candidate.ready < needed or not candidate.rolled_out or seen.soaked < plan.soak:
        waiting = f"{candidate.waiting_for(needed)}, for all requests"
        return Hold(f"no capacity for all users: {waiting}") if seen.late else Await(waiting)
    return Shift(100, "the candidate is proven and carries everybody while stable is replaced")


def _follow(seen: Seen) -> Forward:
    if not seen.late:
        return Confirm(seen.effect_detail)
    if seen.stable_differs:
        return GiveUp(f"the requests were not seen to follow: {seen.effect_detail}")
    return Abort(f"{seen.weight} % did not take effect in time: {seen.effect_detail}")


def _take_over(seen: Seen, stable: VersionState, plan: Plan) -> Forward:
    if stable.problem:
        return _stay(seen, f"{stable.name} does not come up: {stable.problem.sentence()}")
    if not stable.rolled_out or (stable.ready < seen.whole and not seen.autoscaled):
        waiting = stable.waiting_for(seen.whole)
        return _stay(seen, f"{stable.name} did not come up in time: {waiting}") if seen.late else Await(waiting)
    other = _another_image(seen, stable)
    if other:
        return _stay(seen, other)
    if seen.stable_soaked < plan.soak:
        waiting = f"{stable.name} is ready; it must stay so for {plan.soak:.0f} s before users return"
        return _stay(seen, f"{stable.name} does not stay ready") if seen.late else Await(waiting)
    return _when_asked(seen, stable, plan)


def _when_asked(seen: Seen, stable: VersionState, plan: Plan) -> Forward:
    match seen.stable_health:
        case None:
            return CheckStable(f"{stable.name} has {stable.ready} ready; asking it directly before users return")
        case Verdict.PASS:
            return _return(seen, stable, f"{stable.name} runs the proven version, is ready and healthy")
        case Verdict.FAIL:
            return _stay(seen, f"{stable.name} is ready but fails its health check")
        case Verdict.SOURCE_DOWN if plan.trust_readiness:
            return _return(seen, stable, f"{stable.name} runs a version that was verified good before, and is ready")
        case _:
            return Hold(f"the health of {stable.name} cannot be observed, so users stay on the candidate")


def _return(seen: Seen, stable: VersionState, why: str) -> Forward:
    """An autoscaler gives stable no instances before it has users: as many return as those it has can carry."""
    staying = max(100 - 100 * stable.ready // seen.whole, 0)
    if staying == 0 or staying < seen.weight:
        return ReturnToStable(why, staying)
    waiting = f"{stable.name} has {stable.ready} instance(s) of {seen.whole}, and its autoscaler gives it no more yet"
    return _stay(seen, waiting) if seen.late else Await(waiting)


def _another_image(seen: Seen, stable: VersionState) -> str:
    """Why stable does not run what was proven although the names are the same: a tag was moved meanwhile."""
    proven = seen.candidate.digests if seen.candidate else {}
    for container, digest in stable.digests.items():
        if proven.get(container, digest) != digest:
            return f"{container} of {stable.name} runs {digest}, but {proven[container]} was proven"
    return ""


def _stay(seen: Seen, why: str) -> GiveUp:
    return GiveUp(f"{why}; {seen.weight} % of the users stay on the proven candidate")


def _clear(seen: Seen, plan: Plan) -> Forward:
    if not runs(seen.stable, seen.wanted) or starved(seen.stable):
        return Abort("users are on stable, which does not run the proven version")
    if not seen.in_effect:
        late = GiveUp(f"users were sent back to stable but it was not seen to take effect: {seen.effect_detail}")
        return late if seen.late else Confirm(seen.effect_detail)
    if seen.testers is not None:
        return Dismiss("the candidate is about to go; testers go where everybody goes")
    if seen.drained < plan.drain:
        return Await(f"no request reaches the candidate; it drains for {plan.drain:.0f} s")
    if seen.cleared:
        return Done("stable runs the proven version and has all users; nothing else is left")
    if not seen.clearing:
        return Remove("users are on stable; the candidate is no longer needed")
    return GiveUp("the candidate was removed but is still there") if seen.late else Await("the candidate is going")
