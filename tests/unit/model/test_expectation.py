"""What a healthy answer looks like."""

from __future__ import annotations

import pytest

from pointsman.model.expectation import Expectation


@pytest.mark.parametrize(
    ("expected", "status", "body", "wrong"),
    [
        pytest.param(Expectation(), 200, "", "", id="200 is healthy unless told"),
        pytest.param(Expectation(), 204, "", "answered 204 instead of 200", id="another status is not"),
        pytest.param(Expectation(status="200-299"), 204, "", "", id="inside the range"),
        pytest.param(Expectation(status="200-299"), 300, "", "answered 300 instead of 200-299", id="beyond the range"),
        pytest.param(Expectation(body="v[0-9]"), 200, "this is v2", "", id="the pattern is found"),
        pytest.param(
            Expectation(body="v9"), 200, "this is v2", "answered 200 but the body does not match 'v9'", id="not found"
        ),
    ],
)
def test_an_answer_is_healthy_by_status_and_body(expected: Expectation, status: int, body: str, wrong: str) -> None:
    assert expected.mismatch(status, body) == wrong
