"""Which share of the requests a number of instances makes, and which number comes nearest to a weight."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.adapters.routers.replica_share import WITHIN, instances_for, misses, share_of, weight_of
from pointsman.model.errors import InputError

weights, counts = st.integers(1, 99), st.integers(1, 60)
PLENTY = 10_000


def nearest(weight: int, stable: int) -> int:
    """The nearest number of instances, however far off its share is."""
    return instances_for(weight, stable, PLENTY, within=100)


@pytest.mark.parametrize(
    ("weight", "stable", "instances", "share"),
    [
        pytest.param(0, 9, 0, 0, id="none"),
        pytest.param(10, 9, 1, 10, id="exactly"),
        pytest.param(10, 10, 1, 9, id="nearly"),
        pytest.param(25, 3, 1, 25, id="one-of-four"),
        pytest.param(30, 10, 4, 29, id="the-nearer-of-two"),
        pytest.param(50, 1, 1, 50, id="half-and-half"),
        pytest.param(90, 2, 18, 90, id="most-of-it-takes-many"),
    ],
)
def test_the_nearest_number_of_instances_is_taken(weight: int, stable: int, instances: int, share: int) -> None:
    assert instances_for(weight, stable, PLENTY) == instances
    assert weight_of(share_of(instances, stable)) == share


def test_C24_ten_percent_of_one_instance_is_refused_with_numbers_and_advice() -> None:
    with pytest.raises(InputError) as refused:
        instances_for(10, 1, PLENTY)
    assert refused.value.message == "beside 1 stable instance the nearest to 10 % is 50 % (1 more), 40 points off"
    assert refused.value.advice == "ask for 50 %, run 6 stable instances, or use a router that has weights"


@pytest.mark.parametrize(
    ("weight", "stable", "most", "words"),
    [
        pytest.param(100, 3, PLENTY, "cannot get 100 %", id="all"),
        pytest.param(10, 0, PLENTY, "stable has no instance", id="nothing-beside-it"),
        pytest.param(90, 10, 50, "takes 90 of the candidate, more than 50", id="too-many"),
        pytest.param(1, 10, PLENTY, r"nearest to 1 % is 9\.09 % \(1 more\), 8\.09 points off", id="too-coarse"),
    ],
)
def test_what_instances_cannot_express_is_refused(weight: int, stable: int, most: int, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        instances_for(weight, stable, most)
    assert "router that has weights" in refused.value.advice


def test_more_may_be_missed_by_who_says_so() -> None:
    assert instances_for(10, 1, PLENTY, within=40) == 1


@given(weights, counts)
def test_no_number_of_instances_comes_nearer(weight: int, stable: int) -> None:
    instances = nearest(weight, stable)
    missed = abs(100 * share_of(instances, stable) - weight)
    for other in (instances - 1, instances + 1):
        assert other == 0 or abs(100 * share_of(other, stable) - weight) >= missed


@given(weights, counts)
def test_a_weight_is_refused_exactly_when_it_is_missed_by_more_than_the_stated_points(weight: int, stable: int) -> None:
    missed = misses(share_of(nearest(weight, stable), stable), weight, WITHIN)
    try:
        assert instances_for(weight, stable, PLENTY) == nearest(weight, stable)
        assert not missed
    except InputError:
        assert missed


def refused() -> list[tuple[int, int, str]]:
    """(weight, stable instances, advice) of every weight that some few instances cannot express."""
    found = []
    for weight, stable in itertools.product(range(1, 100), range(1, 13)):
        try:
            instances_for(weight, stable, PLENTY)
        except InputError as error:
            found.append((weight, stable, error.advice))
    return found


@pytest.mark.parametrize(("weight", "stable", "advice"), refused(), ids=str)
def test_what_is_advised_works(weight: int, stable: int, advice: str) -> None:
    asked, enough = (int(word) for word in re.findall(r"\d+", advice))
    assert instances_for(asked, stable, PLENTY) >= 1
    assert instances_for(weight, enough, PLENTY) >= 1


@given(st.integers(0, 99), counts)
def test_T23_no_instance_ever_carries_more_than_one_of_stable_does_alone(weight: int, stable: int) -> None:
    instances = nearest(weight, stable)
    share = share_of(instances, stable)
    alone = Fraction(1, stable)
    assert (1 - share) / stable <= alone
    assert instances == 0 or share / instances <= alone


@given(counts, st.lists(weights, min_size=2))
def test_a_higher_weight_never_takes_fewer_instances(stable: int, walk: list[int]) -> None:
    found = [nearest(weight, stable) for weight in sorted(walk)]
    assert found == sorted(found)


@given(st.integers(0, 500), st.integers(0, 500))
def test_only_none_and_all_are_called_so(candidate: int, stable: int) -> None:
    weight = weight_of(share_of(candidate, stable))
    assert (weight == 0) == (candidate == 0)
    assert (weight == 100) == (candidate > 0 and stable == 0)
