"""A long walk is kept in few strides, and no change of the weight is lost."""

from __future__ import annotations

from pointsman.model.walk import Stride, thinned


def test_a_short_walk_is_kept_as_it_is() -> None:
    strides = tuple(Stride(float(second), 5) for second in range(4))
    assert thinned(strides, 4) == strides


def test_a_long_one_is_halved_between_the_changes_of_the_weight() -> None:
    strides = tuple(Stride(float(second), 5 if second < 7 else 30) for second in range(16))
    kept = [stride.seconds for stride in thinned(strides, 10)]
    assert kept == [0, 2, 4, 6, 7, 8, 10, 12, 14, 15]
