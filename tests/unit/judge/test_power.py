"""What is foretold, against what happens."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median

import pytest

from pointsman.judge.power import Expected, expected, refuse_too_slow
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import STRICT
from pointsman.judge.trial import fed, opened_trial
from pointsman.model.errors import InputError
from tests.unit.judge.streams import ERRORS, random_blocks

ONE_OF_TWO = Settings(objectives=ERRORS, alpha=0.005, warm_up=0.0)


def seconds_until_rejected(
    settings: Settings, seed: int, candidate: tuple[int, float], stable: tuple[int, float]
) -> float:
    trial = opened_trial(settings)
    for number, one in enumerate(random_blocks(seed, 30, candidate, stable)):
        trial = fed(settings, trial, one)
        if trial.rejected:
            return 5.0 * (number + 1)
    return math.inf


@pytest.mark.parametrize("settings", [ONE_OF_TWO, replace(ONE_OF_TWO, tolerance=STRICT)], ids=["tolerant", "strict"])
@pytest.mark.parametrize(("traffic", "baseline", "detect"), [(100, 0.01, 0.05), (100, 0.001, 0.5), (1000, 0.005, 0.02)])
def test_a_regression_is_found_when_it_was_said_to_be(
    settings: Settings, traffic: int, baseline: float, detect: float
) -> None:
    told = expected(settings, traffic, 10, baseline, detect)
    candidate, stable = (traffic // 10, detect), (traffic - traffic // 10, baseline)
    times = [seconds_until_rejected(settings, seed, candidate, stable) for seed in range(21)]
    assert told.detect_usually == pytest.approx(median(times), rel=0.35)
    assert sum(time <= told.detect_mostly + 15 for time in times) >= 17


def test_more_traffic_more_weight_and_a_larger_regression_are_found_sooner() -> None:
    base = expected(ONE_OF_TWO, 100, 5, 0.005, 0.02).detect_usually
    assert expected(ONE_OF_TWO, 1000, 5, 0.005, 0.02).detect_usually < base
    assert expected(ONE_OF_TWO, 100, 20, 0.005, 0.02).detect_usually < base
    assert expected(ONE_OF_TWO, 100, 5, 0.005, 0.05).detect_usually < base


def test_nine_of_ten_take_longer_than_half() -> None:
    told = expected(ONE_OF_TWO, 100, 5, 0.005, 0.02)
    assert told.detect_usually < told.detect_mostly
    assert told.promote_usually < told.promote_mostly
    assert told.requests == told.promote_mostly * told.per_second == told.promote_mostly * 5


def test_what_the_tolerance_allows_is_never_found() -> None:
    assert expected(ONE_OF_TWO, 1000, 10, 0.01, 0.0125).detect_usually == math.inf


def test_a_baseline_at_the_limit_can_never_be_promoted() -> None:
    told = expected(ONE_OF_TWO, 1000, 10, 0.01, 0.05)
    assert (told.promote_usually, told.requests) == (math.inf, math.inf)


def test_a_stable_without_errors_is_compared_with_all_the_same() -> None:
    assert expected(ONE_OF_TWO, 100, 10, 0.0, 0.05).detect_usually <= 120


def test_beyond_some_traffic_only_more_blocks_help() -> None:
    """A block says at most that all of its bad requests were the candidate's, however many there were."""
    assert expected(ONE_OF_TWO, 1e6, 5, 0.01, 0.02) == replace(
        expected(ONE_OF_TWO, 1e7, 5, 0.01, 0.02), per_second=50_000.0
    )


@pytest.mark.parametrize(
    ("traffic", "weight", "baseline", "detect", "words"),
    [
        (0, 5, 0.01, 0.02, "no traffic"),
        (math.nan, 5, 0.01, 0.02, "no traffic"),
        (100, 0, 0.01, 0.02, "leaves nothing to compare"),
        (100, 100, 0.01, 0.02, "leaves nothing to compare"),
        (100, 5, 0.02, 0.02, "is no regression"),
        (100, 5, 0.02, 0.01, "is no regression"),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    traffic: float, weight: float, baseline: float, detect: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        expected(ONE_OF_TWO, traffic, weight, baseline, detect)


TOLD = Expected(5.0, 5.0, 300.0, 600.0, 700.0, 1200.0, 6000.0)


def test_a_release_that_is_long_enough_is_not_refused() -> None:
    refuse_too_slow(TOLD, 1200)


@pytest.mark.parametrize(
    ("told", "seconds", "words"),
    [
        (TOLD, 1199, "19 min 59 s at weight 5 .5 requests/s. are too short to be promoted on proof: .* need 20 min"),
        (TOLD, 300, "too short to find the regression: nine of ten releases need 10 min"),
        (replace(TOLD, promote_mostly=math.inf), 3600, "need more than 30 days"),
    ],
)
def test_a_release_that_can_never_decide_is_refused_with_the_numbers(
    told: Expected, seconds: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        refuse_too_slow(told, seconds)
