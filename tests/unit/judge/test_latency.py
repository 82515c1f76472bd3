"""Which bounds of a histogram are judged at."""

from __future__ import annotations

import math

import pytest

from pointsman.judge.block import Arm
from pointsman.judge.latency import BOUNDS_COMPARED, WRONG_ANSWERS, Bounds, bounds_of, refuse_undecidable
from pointsman.judge.settings import Settings
from pointsman.model.errors import InputError
from tests.unit.judge.streams import ERRORS, SLOW

CLIENT_DEFAULTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
NOBODY = Arm()


def history(**slower: float) -> Arm:
    """A million requests; slower_100=0.2 says that a fifth took longer than 100 ms."""
    within = {int(name.removeprefix("slower_")) / 1000: int(1e6 * (1 - share)) for name, share in slower.items()}
    return Arm(1_000_000, 0, within)


def test_wrong_answers_need_no_histogram() -> None:
    assert bounds_of(ERRORS[0], (), NOBODY) == WRONG_ANSWERS


def test_rollback_is_judged_at_the_next_higher_bound_and_ok_at_the_next_lower_one() -> None:
    bounds = bounds_of(SLOW[0], (0.1, 0.4, 0.6, 1.0, 2.5, 10.0), NOBODY)
    assert bounds is not None
    assert (bounds.ok, bounds.rollback) == (0.4, 2.5)


def test_bounds_that_equal_the_thresholds_are_taken() -> None:
    bounds = bounds_of(SLOW[0], (0.5, 2.0), NOBODY)
    assert bounds == Bounds(0.5, 2.0, (0.5, 2.0))


def test_only_bounds_that_stable_exceeds_now_and_then_are_compared() -> None:
    known = history(slower_100=0.9, slower_200=0.6, slower_500=0.01, slower_1000=0.0005, slower_2000=0.0001)
    bounds = bounds_of(SLOW[0], (0.1, 0.2, 0.5, 1.0, 2.0), known)
    assert bounds == Bounds(0.5, 2.0, (0.2, 0.5, 1.0), usual=0.2)


def test_a_stable_faster_than_every_bound_is_compared_at_the_lowest() -> None:
    bounds = bounds_of(SLOW[0], (0.5, 2.0), history(slower_500=0.0, slower_2000=0.0))
    assert bounds == Bounds(0.5, 2.0, (0.5,), usual=0.5)


def test_a_short_history_does_not_rule_out_what_it_could_not_show() -> None:
    bounds = bounds_of(SLOW[0], (0.1, 0.5, 2.0), Arm(30, 0, {0.1: 20, 0.5: 30, 2.0: 30}))
    assert bounds is not None
    assert bounds.compared == (0.1, 0.5, 2.0)


def test_without_a_history_every_finite_bound_may_be_compared_but_none_counts_as_usual() -> None:
    bounds = bounds_of(SLOW[0], CLIENT_DEFAULTS, NOBODY)
    assert bounds is not None
    assert bounds.usual is None
    assert len(bounds.compared) == BOUNDS_COMPARED
    assert (bounds.compared[0], bounds.compared[-1]) == (0.005, 10.0)


@pytest.mark.parametrize(
    ("offered", "words"),
    [
        ((), "no histogram"),
        ((math.inf,), "no histogram"),
        ((0.1, 0.5, 1.0, math.inf), "highest finite bound is 1 s, and rollback asks for 2 s"),
        ((1.0, 2.0), "lowest bound is 1 s, and ok asks for 0.5 s"),
    ],
)
def test_a_histogram_that_can_never_answer_is_refused(offered: tuple[float, ...], words: str) -> None:
    assert bounds_of(SLOW[0], offered, NOBODY) is None
    with pytest.raises(InputError, match=words):
        refuse_undecidable(Settings(), offered)


def test_a_histogram_that_can_answer_is_not_refused() -> None:
    refuse_undecidable(Settings(), CLIENT_DEFAULTS)
    refuse_undecidable(Settings(objectives=ERRORS), ())
