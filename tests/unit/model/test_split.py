"""A split sums to 100, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.split import Match, Split

weights = st.integers(0, 100)


@given(weights)
def test_the_shares_sum_to_100(weight: int) -> None:
    split = Split("blue", "green", weight)
    assert split.share("blue") + split.share("green") == 100
    assert split.share("green") == weight


@given(weights)
def test_a_version_that_takes_no_part_gets_nothing(weight: int) -> None:
    assert Split("blue", "green", weight).share("red") == 0


@given(weights)
def test_the_serving_version_gets_at_least_half(weight: int) -> None:
    split = Split("blue", "green", weight)
    assert split.share(split.serving) >= 50


def test_half_and_half_counts_as_stable() -> None:
    assert Split("blue", "green", 50).serving == "blue"


@given(st.integers().filter(lambda weight: not 0 <= weight <= 100))
def test_no_other_weight_exists(weight: int) -> None:
    with pytest.raises(ValueError, match="0 to 100 percent"):
        Split("blue", "green", weight)


def test_a_version_is_not_split_with_itself() -> None:
    with pytest.raises(ValueError, match="both 'blue'"):
        Split("blue", "blue", 0)


@pytest.mark.parametrize(
    ("rule", "headers"),
    [
        pytest.param(Match("always", header="X-Canary"), {"X-Canary": "always"}, id="header"),
        pytest.param(Match("testers", cookie="ring"), {"Cookie": "ring=testers"}, id="cookie"),
    ],
)
def test_a_request_that_fits_a_rule_carries_what_it_looks_at(rule: Match, headers: dict[str, str]) -> None:
    assert rule.headers == headers


@pytest.mark.parametrize(
    "rule", [{"value": "x"}, {"value": "x", "header": "a", "cookie": "b"}, {"value": "", "header": "a"}], ids=str
)
def test_a_rule_looks_at_one_value_of_one_thing(rule: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="a match"):
        Match(**rule)
