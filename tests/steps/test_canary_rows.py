"""Rows of other people's canaries that whole steps on fakes can show: a router that errs, and a newer release."""

from __future__ import annotations

import pytest

from pointsman.model.errors import RemoteError
from pointsman.model.result import Outcome
from tests.steps.canary_stage import CANARY, NEW, NEWER, STABLE, CanaryStage, step, walk
from tests.steps.stage import NthFailure

UNAVAILABLE = RemoteError("the API server answered 503", "run it again")
WEIGHTS = [5, 30, 100, 0]


def instances(stage: CanaryStage) -> dict[str, int]:
    """Instances asked for, by version; none for one that is not there."""
    states = {name: stage.version(name) for name in (STABLE, CANARY)}
    return {name: state.desired if state else 0 for name, state in states.items()}


def runs(stage: CanaryStage, name: str, images: dict[str, str]) -> bool:
    """Whether this version is there, with these images."""
    state = stage.version(name)
    return state is not None and dict(state.images) == images


@pytest.mark.parametrize("nth", range(1, 1 + len(WEIGHTS)), ids=[f"before {weight} %" for weight in WEIGHTS])
def test_T03_while_the_route_cannot_be_written_nothing_is_scaled_down_and_the_next_run_goes_on(nth: int) -> None:
    stage = CanaryStage()
    stage.router.failure = NthFailure()
    stage.router.failure.arm(UNAVAILABLE)
    stage.router.failure.nth = nth
    with pytest.raises(RemoteError):
        stage.run()
    assert stage.weights() == WEIGHTS[: nth - 1]
    assert instances(stage)[STABLE] == 4
    assert instances(stage)[CANARY] >= 4 * stage.weight() / 100
    assert stage.run_again().outcome is Outcome.PROMOTED
    assert stage.weights() == WEIGHTS


def test_T04_a_newer_release_comes_only_once_the_older_canary_has_drained_and_is_gone() -> None:
    stage, left, gone = CanaryStage(), list[float](), list[float]()
    stage.run(step(80))
    begun = len(stage.workload.happened)
    stage.once_at(0, lambda: left.append(stage.clock.seconds()))
    stage.clock.acts.append((lambda: not runs(stage, CANARY, NEW), lambda: gone.append(stage.clock.seconds())))
    assert stage.run_again(walk("shop:3")).outcome is Outcome.PROMOTED
    assert stage.weights() == [80, 0, *WEIGHTS]
    assert gone[0] - left[0] >= 5.0 - 0.5
    verbs = [verb for verb, name in stage.workload.happened[begun:] if name == CANARY]
    assert verbs.index("remove") < verbs.index("release")
    assert runs(stage, STABLE, NEWER)
