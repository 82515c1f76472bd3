"""What a canary may be shown: versions in every state, and Hypothesis strategies over all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from pointsman.model.evidence import Verdict
from pointsman.model.split import Match
from pointsman.model.version import Problem, VersionState
from pointsman.strategy.canary_seen import Phase, Plan, Policy, Seen, Weight
from tests.unit.strategy.sights import NOT_YET, THERE

V1, V2 = {"app": "shop:1"}, {"app": "shop:2"}
D1, D2, D3 = {"app": "sha256:1"}, {"app": "sha256:2"}, {"app": "sha256:3"}
CRASH = Problem("CrashLoopBackOff", "shop-1", "exit code 1")
PLAN = Plan((Weight(5, 60.0), Weight(30, 60.0), Weight(100, 60.0)), soak=5.0, patience=30.0, drain=10.0)


def stable(
    ready: int = 10,
    desired: int = 10,
    images: dict[str, str] = V1,
    problem: Problem | None = None,
    digests: dict[str, str] | None = None,
) -> VersionState:
    """The version that serves, with ten instances."""
    ids = D1 if digests is None else digests
    return VersionState("shop", images, desired, updated=ready, ready=ready, problem=problem, digests=ids)


def canary(
    ready: int = 1, desired: int = 1, images: dict[str, str] = V2, problem: Problem | None = None, observed: bool = True
) -> VersionState:
    """The candidate, on the wanted image."""
    return VersionState(
        "shop-canary", images, desired, updated=ready, ready=ready, problem=problem, observed=observed, digests=D2
    )


counts = st.integers(0, 12)
problems = st.sampled_from([None, None, CRASH])
states = st.builds(
    VersionState,
    name=st.sampled_from(["shop", "shop-canary"]),
    images=st.sampled_from([V1, V2]),
    desired=counts,
    updated=counts,
    ready=counts,
    surplus=st.integers(0, 1),
    observed=st.booleans(),
    problem=problems,
    digests=st.sampled_from([D1, D2]),
)
maybe_states = st.one_of(st.none(), states)
verdicts = st.one_of(st.none(), st.sampled_from(Verdict))
seconds = st.sampled_from([0.0, 5.0, 60.0, 90.0])
sights = st.builds(
    Seen,
    stable=maybe_states,
    candidate=maybe_states,
    wanted=st.just(V2),
    whole=st.integers(1, 12),
    weight=st.sampled_from([0, 1, 5, 30, 50, 100]),
    phase=st.sampled_from(Phase),
    effect=st.sampled_from([None, THERE, NOT_YET]),
    soaked=seconds,
    health=verdicts,
    accepted=st.booleans(),
    baked=seconds,
    verdict=verdicts,
    quiet=st.booleans(),
    asked=counts,
    stable_soaked=seconds,
    stable_health=verdicts,
    drained=seconds,
    clearing=st.booleans(),
    cleared=st.booleans(),
    late=st.booleans(),
    stable_differs=st.booleans(),
    touched=st.booleans(),
    superseded=st.sampled_from(["", "", "run 8"]),
    astray=st.booleans(),
    testers=st.sampled_from([None, Match("yes", header="x-canary")]),
    autoscaled=st.booleans(),
)
policies = st.sampled_from(Policy)
plans = st.builds(
    Plan,
    weights=st.sampled_from([(), (Weight(5, 60.0),), PLAN.weights, (Weight(30, 5.0), Weight(50, 0.0))]),
    promote=st.booleans(),
    soak=st.sampled_from([0.0, 5.0]),
    patience=st.sampled_from([0.0, 30.0]),
    drain=st.sampled_from([0.0, 10.0]),
    on_inconclusive=policies,
    on_no_data=policies,
    whole=st.booleans(),
    floor=st.integers(1, 3),
    hurried=st.booleans(),
    trust_readiness=st.booleans(),
    by_instances=st.booleans(),
    testers=st.sampled_from([None, Match("yes", header="x-canary")]),
)
