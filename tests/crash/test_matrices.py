"""Every scenario, every request, every kind of trouble: all points survived, and counted.

The counts stand at the end of the test run; `make crash` writes them into docs/reliability.md.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.conftest import LearnedOf
from tests.crash.matrices import Matrix, matrices_of
from tests.crash.matrix import explore
from tests.crash.scenarios import SCENARIOS, Scenario, scenario_named
from tests.crash.stage import Stage

pytestmark = pytest.mark.usefixtures("yielding")
NOT_MET = 0.15
"""Of the learned requests this part may be missing in a single run: a watch event that came sooner saves a look."""


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.shares], ids=lambda one: one.name.replace(" ", "-")
)
def test_what_is_tried_with_another_scenario_is_the_same_there(scenario: Scenario, learned_of: LearnedOf) -> None:
    """Or it would be tried nowhere."""
    assert scenario.shares is not None
    ours, other = learned_of(scenario), learned_of(scenario_named(scenario.shares.scenario))
    theirs = set(other.requests[: other.requests.index(scenario.shares.until)])
    assert {one for one in ours.shared if one.writes} == {one for one in theirs if one.writes}
    assert len(set(ours.shared) ^ theirs) <= NOT_MET * len(theirs)
    assert len(theirs) > 10


@pytest.mark.parametrize(
    ("scenario", "matrix"),
    [(scenario, matrix) for scenario in SCENARIOS for matrix in matrices_of(scenario)],
    ids=lambda one: one.name.replace(" ", "-"),
)
def test_every_point_is_survived(
    scenario: Scenario,
    matrix: Matrix,
    stage: Stage,
    learned_of: LearnedOf,
    record_property: Callable[[str, object], None],
) -> None:
    """See `trials.py` for what each matrix promises."""
    what = learned_of(scenario)
    trials = matrix.trials(what)
    if not trials:
        assert not any(request.writes and not request.locks for request in what.requests)
        return
    tried = explore(stage, what, matrix.name, trials, matrix.attempt)
    record_property("crash", tried.line())
    assert not tried.failures, "\n\n".join(tried.failures)
    assert tried.missed <= NOT_MET * (tried.points + tried.missed), tried.line()
