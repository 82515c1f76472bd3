"""How a step ended, as a number."""

from __future__ import annotations

import pytest

from pointsman.model import errors
from pointsman.model.result import Outcome, Result

_CODES = {
    Outcome.SWITCHED: 0,
    Outcome.ADVANCED: 0,
    Outcome.PROMOTED: 0,
    Outcome.UNCHANGED: 0,
    Outcome.HEALTHY: 0,
    Outcome.ROLLED_BACK: 0,
    Outcome.PLANNED: 0,
    Outcome.KNOWN: 0,
    Outcome.READY: 0,
    Outcome.NOT_READY: 10,
    Outcome.FAILED: 1,
    Outcome.REJECTED: 10,
    Outcome.UNHEALTHY: 10,
    Outcome.HELD: 11,
    Outcome.STUCK: 20,
    Outcome.CANCELLED: 130,
}


@pytest.mark.parametrize("outcome", Outcome, ids=lambda outcome: outcome.value)
def test_each_outcome_has_the_exit_code_of_the_table(outcome: Outcome) -> None:
    assert outcome.exit_code == _CODES[outcome]
    assert outcome.good == (_CODES[outcome] == 0)


def test_a_result_exits_with_its_outcome() -> None:
    assert Result("step", "shop", Outcome.HELD, "why").exit_code == 11


@pytest.mark.parametrize("code", [0, 2, 4])
def test_an_error_overrides_the_exit_code_of_its_result(code: int) -> None:
    assert Result("step", "shop", Outcome.FAILED, "why", exit_code_override=code).exit_code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.PointsmanError, 1),
        (errors.InputError, 2),
        (errors.RemoteError, 3),
        (errors.NotPermitted, 3),
        (errors.Unreachable, 3),
        (errors.ConflictError, 4),
        (errors.LockHeld, 4),
        (errors.LockLost, 4),
        (errors.Cancelled, 130),
    ],
)
def test_each_error_has_the_exit_code_of_the_table(error: type[errors.PointsmanError], code: int) -> None:
    raised = error("what is wrong", "what to do")
    assert (raised.exit_code, raised.message, raised.advice) == (code, "what is wrong", "what to do")
    assert str(raised) == "what is wrong"
