"""Windowed thresholds, with every boundary where its name says it is."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.block import Arm
from pointsman.judge.point import (
    Check,
    PointRule,
    PointTrial,
    checked,
    point_at_new_weight,
    point_fed,
    point_looked,
    point_report,
)
from pointsman.model.evidence import Verdict
from pointsman.model.objective import DEFAULTS, objectives_of
from tests.unit.judge.streams import ERRORS, PROMPT, block, counters, reading, steady

RULE = PointRule(window=60.0, checks=10, max_failures=3)


def after(bad_per_window: list[int], requests: int = 100) -> PointTrial:
    trial = PointTrial()
    for bad in bad_per_window:
        trial = point_fed(PROMPT, RULE, trial, block((requests, bad), (900, 0), seconds=60.0))
    return trial


def verdict(trial: PointTrial, source_down: str = "") -> Verdict:
    return point_report(RULE, trial, source_down).verdict


@pytest.mark.parametrize(
    ("requests", "bad", "check"),
    [
        (100, 0, Check.GOOD),
        (1000, 9, Check.GOOD),
        (1000, 10, Check.BETWEEN),
        (1000, 50, Check.BETWEEN),
        (1000, 51, Check.FAILED),
        (0, 0, Check.EMPTY),
    ],
)
def test_a_threshold_is_crossed_beyond_it_not_on_it(requests: int, bad: int, check: Check) -> None:
    assert checked(ERRORS, Arm(requests, bad)) is check


def test_a_share_of_29_percent_is_not_above_29_percent() -> None:
    objectives = objectives_of(["error-rate ok<1% rollback>29%"])
    assert checked(objectives, Arm(100, 29)) is Check.BETWEEN
    assert checked(objectives, Arm(100, 30)) is Check.FAILED


def test_times_are_judged_as_shares_of_slow_requests() -> None:
    def slow(above_half: int, above_two: int) -> Check:
        return checked(DEFAULTS, Arm(1000, 0, {0.5: 1000 - above_half, 2.0: 1000 - above_two, math.inf: 1000}))

    assert [slow(9, 0), slow(10, 10), slow(20, 11)] == [Check.GOOD, Check.BETWEEN, Check.FAILED]
    assert checked(DEFAULTS, Arm(1000, 0)) is Check.EMPTY
    assert checked(DEFAULTS, Arm(1000, 60)) is Check.FAILED


def test_C11_max_failures_may_fail_and_one_more_rejects() -> None:
    assert verdict(after([9, 9, 9])) is Verdict.INCONCLUSIVE
    assert verdict(after([9, 9, 9, 9])) is Verdict.FAIL


def test_C11_no_failure_allowed_means_the_first_rejects() -> None:
    strict = PointRule(max_failures=0)
    trial = point_fed(PROMPT, strict, PointTrial(), block((100, 9), (900, 0), seconds=60.0))
    assert point_report(strict, trial).verdict is Verdict.FAIL


def test_C15_old_failures_are_forgotten() -> None:
    rare = [9, *[0] * 9] * 30
    assert not after(rare).rejected


def test_C15_a_candidate_that_fails_a_quarter_of_its_checks_is_not_promoted() -> None:
    trial = PointTrial()
    for minute in range(34):
        trial = point_fed(PROMPT, RULE, trial, block((100, 9 if minute % 4 == 0 else 0), (900, 0), seconds=60.0))
        assert verdict(trial) is not Verdict.PASS


def test_ten_good_checks_in_a_row_pass_and_nine_do_not() -> None:
    assert verdict(after([0] * 9)) is Verdict.INCONCLUSIVE
    assert verdict(after([0] * 10)) is Verdict.PASS
    assert verdict(after([2] + [0] * 9)) is Verdict.INCONCLUSIVE


def test_C8_no_check_at_all_is_no_data() -> None:
    assert verdict(PointTrial()) is Verdict.NO_DATA


def test_a_window_without_requests_is_no_data_whatever_came_before() -> None:
    trial = point_fed(PROMPT, RULE, after([0] * 10), block((0, 0), (900, 0), seconds=60.0))
    assert verdict(trial) is Verdict.NO_DATA


def test_a_source_that_is_down_is_no_failure() -> None:
    assert verdict(after([0] * 10), source_down="gone") is Verdict.SOURCE_DOWN
    assert verdict(after([9] * 9), source_down="gone") is Verdict.FAIL


def test_a_rejection_survives_a_new_weight_and_checks_do_not() -> None:
    assert verdict(point_at_new_weight(after([9] * 4))) is Verdict.FAIL
    assert point_at_new_weight(after([0] * 9)).checks == ()


def test_looks_at_counters_fill_windows() -> None:
    trial = PointTrial()
    for one in steady(25, errors=0):
        trial = point_looked(PROMPT, RULE, trial, one)
    assert trial.checks == (Check.GOOD, Check.GOOD)


def test_dropped_looks_hold() -> None:
    trial = after([0] * 10)
    for at in range(3):
        trial = point_looked(PROMPT, RULE, trial, reading(at, [counters("s", math.nan)]))
    assert verdict(trial) is Verdict.INCONCLUSIVE
    assert "3 of 3 looks were dropped" in point_report(RULE, trial).why


def test_a_point_trial_survives_the_process() -> None:
    trial = after([0, 9, 2])
    assert msgspec.json.decode(msgspec.json.encode(trial), type=PointTrial) == trial


@given(st.floats(), st.floats(), st.integers(2, 40))
def test_C10_no_number_that_is_none_ever_becomes_a_good_check(requests: float, errors: float, looks: int) -> None:
    trial = PointTrial()
    for look in range(looks):
        odd = counters("c", requests, errors)
        trial = point_looked(PROMPT, PointRule(window=5.0), trial, reading(5.0 * look, [counters("s", look)], [odd]))
    assert Check.GOOD not in trial.checks
