"""The promise: of candidates that are no worse, at most one in a hundred is rejected, however often we look."""

from __future__ import annotations

import pytest

from pointsman.judge.tolerance import STRICT
from tests.bench.judge.judges import ours
from tests.bench.judge.scenarios import NULLS, Scenario

HALF_HOURS = 225
"""Of each of the nine kinds: 2,025 in all."""


def alarms(scenario: Scenario) -> int:
    """Rejections by the setting that rejects soonest, looking every 5 seconds."""
    judge = ours(STRICT)
    return sum(judge(list(scenario.looks(run))) is not None for run in range(HALF_HOURS))


def test_at_most_one_healthy_half_hour_in_a_hundred_is_rejected() -> None:
    """Errors alone have half of the 1 %, so about ten of 2,025 would be as promised; twenty would not."""
    found = {scenario.name: alarms(scenario) for scenario in NULLS}
    assert sum(found.values()) <= 0.005 * HALF_HOURS * len(NULLS), found


@pytest.mark.parametrize("scenario", NULLS[:3], ids=lambda one: one.name)
def test_a_judge_that_never_rejects_would_not_do(scenario: Scenario) -> None:
    """The same streams with every tenth request of the candidate bad are rejected, nearly all of them."""
    judge = ours(STRICT)
    spoilt = [
        [look._replace(candidate_bad=max(look.candidate_bad, look.candidate // 10)) for look in scenario.looks(run)]
        for run in range(5)
    ]
    assert sum(judge(looks) is not None for looks in spoilt) >= 4
