"""What a strategy may be shown: versions in every state, and Hypothesis strategies over all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from pointsman.model.evidence import Effect, Verdict
from pointsman.model.version import Problem, VersionState
from pointsman.strategy.blue_green import Cleanup, Plan, Seen

V1, V2 = {"app": "shop:1"}, {"app": "shop:2"}
CRASH = Problem("CrashLoopBackOff", "green-1", "exit code 1")
THERE = Effect(True, 1, "the endpoints are the pods of green")
NOT_YET = Effect(False, 1, "1 endpoint of another version still there")


def blue(ready: int = 3, desired: int = 3, problem: Problem | None = None) -> VersionState:
    """Stable, on the old image."""
    return VersionState("blue", V1, desired, updated=ready, ready=ready, problem=problem)


def green(ready: int = 3, desired: int = 3, problem: Problem | None = None, surplus: int = 0) -> VersionState:
    """The candidate, on the wanted image."""
    return VersionState("green", V2, desired, updated=ready, ready=ready, problem=problem, surplus=surplus)


counts = st.integers(0, 5)
problems = st.sampled_from([None, CRASH])
states = st.builds(
    VersionState,
    name=st.sampled_from(["blue", "green"]),
    images=st.sampled_from([V1, V2]),
    desired=counts,
    updated=counts,
    ready=counts,
    surplus=st.integers(0, 1),
    observed=st.booleans(),
    problem=problems,
)
maybe_states = st.one_of(st.none(), states)
verdicts = st.one_of(st.none(), st.sampled_from(Verdict))
effects = st.sampled_from([None, THERE, NOT_YET])
seconds = st.sampled_from([0.0, 5.0, 60.0])
sights = st.builds(
    Seen,
    stable=maybe_states,
    candidate=maybe_states,
    wanted=st.just(V2),
    needed=st.integers(1, 5),
    weight=st.sampled_from([0, 100]),
    soaked=seconds,
    health=verdicts,
    effect=effects,
    watched=seconds,
    watch=verdicts,
    retired=st.booleans(),
    late=st.booleans(),
    restored=st.booleans(),
    template_differs=st.booleans(),
)
plans = st.builds(
    Plan,
    bake=seconds,
    soak=seconds,
    keep_warm=seconds,
    cleanup=st.sampled_from(Cleanup),
    trust_readiness=st.booleans(),
)
