"""What went wrong in other people's judges, row by row."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import STRICT, TOLERANT
from pointsman.judge.trial import opened_trial
from pointsman.judge.verdict import report_of
from pointsman.model.evidence import Verdict
from pointsman.model.measurement import Counters
from tests.unit.judge.streams import PROMPT, block, counters, heard, random_blocks, read, reading, report, steady


def test_T15_a_run_whose_every_look_failed_is_no_pass() -> None:
    looks = [replace(one, candidate=(counters("c", math.nan),)) for one in steady(60)]
    assert report_of(PROMPT, read(PROMPT, looks)).verdict is Verdict.NO_DATA


def test_C9_a_run_that_ends_early_with_a_few_failed_looks_is_no_pass() -> None:
    looks = [replace(one, candidate=(counters("c", -1),)) for one in steady(3)]
    assert report_of(PROMPT, read(PROMPT, looks)).verdict is Verdict.NO_DATA
    assert report_of(PROMPT, read(PROMPT, steady(3))).verdict is Verdict.INCONCLUSIVE


def test_T17_an_empty_result_is_no_data_and_no_crash() -> None:
    empty = [reading(5.0 * look) for look in range(60)]
    assert report_of(PROMPT, read(PROMPT, empty)).verdict is Verdict.NO_DATA


def test_T29_a_candidate_whose_traffic_stops_does_not_advance() -> None:
    proven = [block((100, 0), (900, 2))] * 60
    assert report(PROMPT, proven).verdict is Verdict.PASS
    stopped = [*proven, *[block((0, 0), (900, 2))] * 12]
    assert report(PROMPT, stopped).verdict is Verdict.NO_DATA


def test_T29_a_trickle_of_requests_says_how_many_are_missing() -> None:
    seen = report(PROMPT, [block((1, 0), (900, 2))] * 60)
    assert seen.verdict is Verdict.INCONCLUSIVE
    assert "not enough requests yet: about" in seen.why


@pytest.mark.parametrize("tolerance", [TOLERANT, STRICT], ids=lambda one: one.name)
@pytest.mark.parametrize("blocks", [5, 20, 100])
def test_T40_no_error_beside_5_in_1000_is_never_a_pass(tolerance: object, blocks: int) -> None:
    """Five requests in a thousand are suspicious, and too few to reject a release at 1 % false alarms."""
    settings, each = replace(PROMPT, tolerance=tolerance), 1000 // blocks
    bad = [block((each, 1 if i % (blocks // 5) == 0 else 0), (each, 0)) for i in range(blocks)]
    assert report(settings, bad).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("tolerance", [TOLERANT, STRICT], ids=lambda one: one.name)
@pytest.mark.parametrize("blocks", [50, 100, 360])
def test_T40_no_error_beside_50_in_10_000_is_a_rejection(tolerance: object, blocks: int) -> None:
    settings, each = replace(PROMPT, tolerance=tolerance), 10_000 // blocks
    due = [50 * (i + 1) // blocks - 50 * i // blocks for i in range(blocks)]
    assert report(settings, [block((each, bad), (each, 0)) for bad in due]).verdict is Verdict.FAIL


def test_C8_a_run_that_ends_before_the_first_look_is_no_pass() -> None:
    assert report_of(Settings(), opened_trial(Settings())).verdict is Verdict.NO_DATA
    assert report_of(Settings(), read(Settings(), steady(1))).verdict is Verdict.NO_DATA


def test_C8_a_run_that_ends_within_the_warm_up_is_no_pass() -> None:
    assert report_of(Settings(), read(Settings(), steady(6))).verdict is Verdict.NO_DATA


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(NUMBERS, NUMBERS, st.integers(2, 40))
def test_C10_no_number_that_is_none_ever_becomes_a_pass(requests: float, errors: float, looks: int) -> None:
    odd = (Counters("c", requests, errors, {0.5: errors, 2.0: requests}),)
    seen = report_of(Settings(), read(Settings(), [replace(one, candidate=odd) for one in steady(looks)]))
    assert seen.verdict is not Verdict.PASS


def test_C15_a_candidate_that_fails_a_quarter_of_its_checks_is_not_promoted() -> None:
    """9 of 34 minutes have 6 % errors: never ten failed checks, but 1.6 % errors where stable has 0.1 %."""
    minutes = [6 if minute % 4 == 3 else 0 for minute in range(36)]
    blocks = [block((100, bad), (900, 1)) for bad in minutes for _ in range(12)]
    assert report(PROMPT, blocks).verdict is Verdict.FAIL


def test_C15_a_long_run_of_rare_blips_is_not_rolled_back() -> None:
    """Forty minutes, each with one bad moment that stable has as well: forty failed checks, and no worse."""
    minute = [block((100, 2), (900, 18)), *[block((100, 0), (900, 0))] * 11]
    assert report(PROMPT, minute * 40).verdict is Verdict.PASS


def test_C17_a_source_that_is_down_does_not_roll_back() -> None:
    seen = report_of(PROMPT, heard(PROMPT, [block((100, 0), (900, 2))] * 6), source_down="no answer from Prometheus")
    assert seen.verdict is Verdict.SOURCE_DOWN


def test_C18_an_empty_candidate_is_no_pass_whatever_stable_has() -> None:
    assert report(PROMPT, [block((0, 0), (900, 0))] * 360).verdict is Verdict.NO_DATA


def test_C18_equal_and_constant_series_are_judged_twice_alike() -> None:
    blocks = list(random_blocks(3, 5, (10, 0.01), (90, 0.01)))
    assert report(PROMPT, blocks) == report(PROMPT, blocks)
    assert report(PROMPT, [block((100, 0), (900, 0))] * 60).verdict is Verdict.PASS


def test_C18_an_objective_without_data_is_not_full_marks() -> None:
    settings = replace(Settings(), warm_up=0.0, dwell=0.0)
    assert report(settings, [block((100, 0), (900, 0))] * 360).verdict is Verdict.NO_DATA


def test_C19_evidence_exactly_at_its_bound_decides() -> None:
    blocks = [block((100, 4), (900, 2))] * 9
    weight = math.exp(heard(PROMPT, blocks).cases[0].log_relative) * 0.8
    weight += math.exp(heard(PROMPT, blocks).cases[0].log_gate) * 0.2
    assert not heard(replace(PROMPT, alpha=0.999999 / weight), blocks).rejected
    assert heard(replace(PROMPT, alpha=1.000001 / weight), blocks).rejected


def test_C20_nothing_on_either_side_is_no_pass() -> None:
    assert report(PROMPT, [block((0, 0), (0, 0))] * 360).verdict is Verdict.NO_DATA


def test_C20_a_first_deployment_has_nothing_to_be_compared_with_and_says_so() -> None:
    seen = report(PROMPT, [block((100, 0), (0, 0))] * 360)
    assert seen.verdict is Verdict.INCONCLUSIVE
    assert "nothing to compare with" in seen.why


def test_C20_a_single_impossible_look_is_neither_pass_nor_failure() -> None:
    looks = [replace(one, candidate=(counters("c", math.nan),)) if i == 20 else one for i, one in enumerate(steady(60))]
    assert report_of(PROMPT, read(PROMPT, looks)).verdict is Verdict.PASS
