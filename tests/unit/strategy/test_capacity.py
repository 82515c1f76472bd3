"""How many instances a share of the traffic needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.strategy.capacity import instances_for, whole_of
from tests.unit.strategy.canary_sights import stable

percents, many = st.integers(0, 100), st.integers(1, 1000)


@pytest.mark.parametrize(
    ("weight", "whole", "floor", "expected"),
    [
        pytest.param(5, 3, 1, 1, id="never none"),
        pytest.param(34, 3, 1, 2, id="rounded up"),
        pytest.param(50, 10, 1, 5, id="exact"),
        pytest.param(100, 7, 1, 7, id="everybody"),
        pytest.param(5, 10, 3, 3, id="an autoscaler's floor"),
        pytest.param(0, 10, 3, 0, id="no traffic"),
    ],
)
def test_instances_follow_the_share(weight: int, whole: int, floor: int, expected: int) -> None:
    assert instances_for(weight, whole, floor) == expected


@given(percents, many, st.integers(0, 9))
def test_T23_each_instance_gets_no_more_than_one_of_stable_gets(weight: int, whole: int, floor: int) -> None:
    assert instances_for(weight, whole, floor) * 100 >= weight * whole


@given(percents, percents, many)
def test_more_traffic_never_needs_fewer_instances(one: int, other: int, whole: int) -> None:
    low, high = sorted((one, other))
    assert instances_for(low, whole) <= instances_for(high, whole)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(None, 8, id="gone"),
        pytest.param(stable(10, 10), 10, id="what is there"),
        pytest.param(stable(6, 12), 12, id="an autoscaler is raising it"),
        pytest.param(stable(4, 4), 8, id="an autoscaler took some away since the release began"),
    ],
)
def test_the_whole_of_the_traffic_is_what_stable_began_with_or_has(state: object, expected: int) -> None:
    assert whole_of(state, 8) == expected  # type: ignore[arg-type]


def test_there_is_always_somebody_to_carry_the_traffic() -> None:
    assert whole_of(None, 0) == whole_of(replace(stable(), ready=0, desired=0), 0) == 1
