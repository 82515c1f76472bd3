"""The way back of a canary: users to stable first, with its capacity and its own images; then the candidate goes.

Stable is never scaled down here, and nothing is removed before no request reaches it.
"""

from __future__ import annotations

from pointsman.model.version import VersionState
from pointsman.strategy.canary_decision import Dismiss
from pointsman.strategy.canary_seen import Backward, Plan, Seen, starved
from pointsman.strategy.decision import Await, Confirm, Done, GiveUp, Prepare, Restore, Shift


def decide_undo(seen: Seen, plan: Plan) -> Backward:
    """The next thing to do on the way back to stable as it was; capacity comes before requests, also here."""
    if seen.weight > 0 or seen.astray:
        return _return_users(seen)
    if not seen.in_effect:
        late = GiveUp(f"users were sent back to stable but it was not seen to take effect: {seen.effect_detail}")
        return late if seen.late else Confirm(seen.effect_detail)
    if seen.stable is None or seen.stable_differs or seen.stable.desired == 0:
        return _give_back(seen)
    if seen.testers is not None:
        return Dismiss("the candidate is given up; testers go where everybody goes")
    if seen.drained < plan.drain:
        return Await(f"users are on stable; the candidate drains for {plan.drain:.0f} s")
    return _clear(seen, seen.stable)


def _return_users(seen: Seen) -> Backward:
    stable = seen.stable
    if stable is not None and stable.ready > 0 and _deserted(seen):
        return Shift(0, f"nobody serves the users where they are, and {stable.name} has {stable.ready} ready")
    if stable is None or seen.stable_differs:
        return _give_back(seen)
    if stable.desired < seen.whole and not seen.late:
        return Prepare(f"{stable.name} needs {seen.whole} instance(s) before users return to it")
    if stable.ready >= seen.whole:
        return Shift(0, f"{stable.name} has the capacity; returning users to it")
    return _return_short_of_capacity(seen, stable)


def _return_short_of_capacity(seen: Seen, stable: VersionState) -> Backward:
    if not seen.late and stable.problem is None:
        return Await(stable.waiting_for(seen.whole))
    serving = seen.candidate.ready if seen.candidate and seen.weight == 100 else 0
    if stable.ready > serving:
        return Shift(0, f"{stable.name} has only {stable.ready} of {seen.whole} ready, still the better place")
    trouble = stable.problem.sentence() if stable.problem else stable.waiting_for(seen.whole)
    return GiveUp(f"{stable.name} cannot take the users back: {trouble}")


def _give_back(seen: Seen) -> Backward:
    if seen.stable is None and seen.candidate is None:
        return GiveUp("both versions are gone, so there is nothing to make stable of")
    if seen.late:
        return GiveUp("stable did not get back the images it had, so returning users to it would help nobody")
    return Prepare("stable gets back what it ran, before users return to it")


def _clear(seen: Seen, stable: VersionState) -> Backward:
    if seen.touched and not stable.rolled_out and not seen.late and stable.problem is None:
        return Await(stable.waiting_for(stable.desired))
    if seen.touched and starved(stable):
        return GiveUp(f"users are on stable, but {stable.waiting_for(stable.desired)}")
    if seen.cleared:
        return Done("users are on stable and nothing of the release is left")
    if not seen.clearing:
        return Restore("users are on stable; the candidate goes back to what it was")
    return GiveUp("the candidate was removed but is still there") if seen.late else Await("the candidate is going")


def _deserted(seen: Seen) -> bool:
    """Pods that died come back; but a user who meets none of them is better off anywhere else."""
    return seen.astray or seen.candidate is None or seen.candidate.desired == 0 or starved(seen.candidate)
