"""Which word of the judge a finished canary reports."""

from __future__ import annotations

from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome
from pointsman.strategy.canary_seen import Weight
from tests.steps.canary_stage import CanaryStage, walk

UNSURE = Verdict.INCONCLUSIVE


def test_what_was_proven_counts_not_what_is_heard_while_stable_is_replaced() -> None:
    """All requests go to the candidate then, and nobody waits for a verdict about that."""
    result = CanaryStage(verdicts={100: UNSURE}).run(walk(weights=(Weight(30, 5.0),)))
    assert result.outcome is Outcome.PROMOTED
    assert result.outputs["verdict"] == "pass"
    assert {check.verdict for check in result.checks} == {Verdict.PASS}
