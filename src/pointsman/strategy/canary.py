"""Canary: users come to the candidate weight by weight, and only on evidence.

    weight 0    make it ready, let it soak, ask it directly
    weight w    capacity, then the traffic, then its effect, then the bake, then the judge's word
    the last    stable takes over (`canary_promotion.py`), or the release stays there for a later run

Three rules hold on every path: capacity for a weight is ready before the traffic comes; a weight is left upwards only
on a pass, or by a policy the user chose; a failure leads back at once. `canary_undo.py` is the way back.
"""

from __future__ import annotations

from pointsman.model.evidence import Verdict
from pointsman.model.version import VersionState
from pointsman.strategy.blue_green import SUPERSEDED
from pointsman.strategy.canary_decision import Accept, Admit, ScaleFor
from pointsman.strategy.canary_promotion import decide_promotion
from pointsman.strategy.canary_seen import Forward, Plan, Policy, Seen, needed_for, runs, starved
from pointsman.strategy.decision import Abort, Await, Bake, CheckHealth, Confirm, Done, Hold, Prepare, Shift


def decide(seen: Seen, plan: Plan) -> Forward:
    """The next thing to do on the way to the candidate. A proven release no longer gives way to a newer one."""
    trouble = _trouble_while_serving(seen, plan)
    if trouble:
        return Abort(trouble)
    if seen.phase.proven:
        return decide_promotion(seen, plan)
    if seen.superseded:
        return Abort(f"{SUPERSEDED} {seen.superseded}")
    if not runs(seen.candidate, seen.wanted) or seen.candidate is None:
        return _made_anew(seen, plan)
    return _first_users(seen, seen.candidate, plan) if seen.weight == 0 else _at_a_weight(seen, seen.candidate, plan)


def _trouble_while_serving(seen: Seen, plan: Plan) -> str:
    candidate = seen.candidate
    if seen.weight == 0 or candidate is None:
        return ""
    if candidate.problem:
        return candidate.problem.sentence()
    if starved(candidate) and (seen.in_effect or not plan.by_instances):
        return f"{candidate.name} has no ready instance left while it has users"
    if seen.verdict is Verdict.FAIL:
        return seen.judged or "the candidate is worse than stable beyond doubt"
    return ""


def _made_anew(seen: Seen, plan: Plan) -> Forward:
    """What is to be released does not run yet; users who were sent there all the same leave it first."""
    if seen.weight == 0:
        name = f"{seen.candidate.name} does not run" if seen.candidate else "there is no candidate that runs"
        return Prepare(f"{name} the wanted image yet; {needed_for(plan.coming(0), seen, plan)} instance(s)")
    if starved(seen.stable):
        return Abort("users are on a version that is not the candidate, and stable is not ready")
    return Shift(0, "users are on a version that is not the candidate")


def _first_users(seen: Seen, candidate: VersionState, plan: Plan) -> Forward:
    if candidate.problem:
        return Abort(candidate.problem.sentence())
    coming = plan.coming(0)
    unready = _capacity(seen, candidate, coming, plan)
    if unready is not None:
        return unready
    if plan.by_instances:
        return Shift(coming, f"each instance of {candidate.name} gets its part, so users meet it as soon as we could")
    match seen.health:
        case None:
            return CheckHealth(f"{candidate.name} has {candidate.ready} ready; asking it directly")
        case Verdict.PASS:
            return _admitted(seen, candidate, plan) or Shift(coming, f"{candidate.name} is ready and healthy")
        case Verdict.FAIL:
            return Abort(f"{candidate.name} is ready but fails its health check")
        case Verdict.SOURCE_DOWN if plan.trust_readiness:
            return Shift(coming, f"{candidate.name} was verified good before and is ready, though it cannot be asked")
        case _:
            return Hold(f"the health of {candidate.name} cannot be observed, so no user is sent there")


def _admitted(seen: Seen, candidate: VersionState, plan: Plan) -> Forward | None:
    """Testers come before users; a plan without weights ends with them. None when users may come."""
    if plan.testers is not None and seen.testers != plan.testers:
        return Admit(plan.testers, f"{candidate.name} is ready and healthy; testers may come")
    if plan.weights or plan.promote:
        return None
    if not seen.in_effect:
        late = Abort(f"the rule for testers did not take effect in time: {seen.effect_detail}")
        return late if seen.late else Confirm(seen.effect_detail)
    return Done(f"{candidate.name} is ready and healthy; testers reach it, and no other user")


def _at_a_weight(seen: Seen, candidate: VersionState, plan: Plan) -> Forward:
    if not seen.in_effect:
        late = Abort(f"{seen.weight} % did not take effect in time: {seen.effect_detail}")
        return late if seen.late else Confirm(seen.effect_detail)
    if not seen.accepted:
        return _bake(seen, plan)
    following = plan.after(seen.weight)
    if following is not None:
        unready = _capacity(seen, candidate, following, plan)
        return unready or Shift(following, f"{seen.weight} % is accepted, so {following} % may follow")
    if plan.promote:
        return decide_promotion(seen, plan)
    return Done(f"{seen.weight} % of the requests are on {candidate.name}, which is accepted at that weight")


def _capacity(seen: Seen, candidate: VersionState, weight: int, plan: Plan) -> Forward | None:
    """What is missing before `weight` percent may come; None when nothing is."""
    needed = needed_for(weight, seen, plan)
    if candidate.desired < needed and seen.asked < needed:
        return ScaleFor(weight, needed, f"{weight} % of the requests need {needed} instance(s) of {candidate.name}")
    if candidate.ready < needed or not candidate.rolled_out:
        return _short(seen, f"{candidate.waiting_for(needed)}, for {weight} % of the requests")
    if seen.soaked < plan.soak:
        return _short(seen, f"{candidate.name} is ready; it must stay so for {plan.soak:.0f} s before users come")
    return None


def _short(seen: Seen, waiting: str) -> Forward:
    if not seen.late:
        return Await(waiting)
    if seen.weight == 0:
        return Abort(f"not ready in time: {waiting}")
    return Hold(f"the next weight has no capacity: {waiting}; users stay at {seen.weight} %")


def _bake(seen: Seen, plan: Plan) -> Forward:
    if plan.hurried:
        return Accept(seen.weight, "somebody asked not to wait for evidence")
    bake = plan.bake(seen.weight)
    if seen.verdict is Verdict.PASS and seen.baked >= bake:
        return Accept(seen.weight, seen.judged or "the judge passed it")
    if seen.baked < bake + plan.patience:
        return Bake(seen.judged or "the judge has not looked yet")
    return _undecided(seen, plan)


def _undecided(seen: Seen, plan: Plan) -> Forward:
    told = seen.judged or "nothing was measured"
    match seen.verdict:
        case Verdict.SOURCE_DOWN:
            return Hold(f"the measurements cannot be read, which says nothing about the candidate: {told}")
        case Verdict.INCONCLUSIVE:
            return _by_policy(plan.on_inconclusive, seen, f"no verdict by the end of the bake: {told}")
        case _ if seen.quiet and seen.weight < 100:
            return Hold(f"there is no traffic to judge by, on stable neither: {told}")
        case _:
            return _by_policy(plan.on_no_data, seen, f"no data by the end of the bake: {told}")


def _by_policy(policy: Policy, seen: Seen, why: str) -> Forward:
    match policy:
        case Policy.HOLD:
            return Hold(why)
        case Policy.PROMOTE:
            return Accept(seen.weight, f"{why}; by policy that is enough")
        case Policy.ROLLBACK:
            return Abort(why)
