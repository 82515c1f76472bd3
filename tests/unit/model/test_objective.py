"""Objectives as users write them, and what is said to those who write something else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.errors import InputError
from pointsman.model.objective import DEFAULT_TEXTS, DEFAULTS, Limit, Objective, objective_of, objectives_of


@pytest.mark.parametrize(
    ("text", "ok", "rollback"),
    [
        ("error-rate ok<1% rollback>5%", Limit(0.01), Limit(0.05)),
        ("error-rate rollback>5% ok<1%", Limit(0.01), Limit(0.05)),
        ("  error-rate   ok < 0.05%  rollback > 0.5% ", Limit(0.0005), Limit(0.005)),
        ("error-rate ok<1% rollback>1%", Limit(0.01), Limit(0.01)),
        ("success-rate ok>99% rollback<95%", Limit(0.01), Limit(0.05)),
        ("success-rate ok>99.9% rollback<99%", Limit(0.001), Limit(0.01)),
        ("p99 ok<500ms rollback>2s", Limit(0.01, 0.5), Limit(0.01, 2.0)),
        ("p95 ok<1s500ms rollback>1m", Limit(0.05, 1.5), Limit(0.05, 60.0)),
        ("p50 ok<20ms rollback>20ms", Limit(0.5, 0.02), Limit(0.5, 0.02)),
        ("p99.9 ok<1s rollback>3s", Limit(0.001, 1.0), Limit(0.001, 3.0)),
    ],
)
def test_an_objective_is_two_shares_of_bad_requests(text: str, ok: Limit, rollback: Limit) -> None:
    one = objective_of(text)
    assert (one.ok, one.rollback) == (ok, rollback)
    assert one.metric == text.split()[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no metric ''"),
        ("latency ok<1s rollback>2s", "there is no metric 'latency'"),
        ("p0 ok<1s rollback>2s", "there is no metric 'p0'"),
        ("p100 ok<1s rollback>2s", "there is no metric 'p100'"),
        ("error-rate", "has no threshold 'ok'"),
        ("error-rate ok<1%", "has no threshold 'rollback'"),
        ("p99 rollback>2s", "has no threshold 'ok'"),
        ("error-rate ok<1% ok<2% rollback>5%", "gives ok twice"),
        ("error-rate ok<1% warn>2% rollback>5%", "'warn>2%' is no threshold"),
        ("error-rate ok<1% rollback", "'rollback' is no threshold"),
        ("error-rate ok<5% rollback>1%", "ok is worse than rollback"),
        ("success-rate ok>95% rollback<99%", "ok is worse than rollback"),
        ("p99 ok<2s rollback>500ms", "ok is worse than rollback"),
        ("error-rate ok>1% rollback>5%", "ok looks the wrong way"),
        ("error-rate ok<1% rollback<5%", "rollback looks the wrong way"),
        ("success-rate ok<99% rollback<95%", "ok looks the wrong way"),
        ("p99 ok<500ms rollback<2s", "rollback looks the wrong way"),
        ("error-rate ok<1 rollback>5%", "'1' is no share of the requests"),
        ("error-rate ok<0% rollback>5%", "'0%' is no share of the requests"),
        ("error-rate ok<1% rollback>100%", "'100%' is no share of the requests"),
        ("error-rate ok<NaN% rollback>5%", "'NaN%' is no share of the requests"),
        ("p99 ok<500 rollback>2s", "'500' is no time a request may take"),
        ("p99 ok<0ms rollback>2s", "'0ms' is no time a request may take"),
        ("p99 ok<soon rollback>2s", "'soon' is not a duration"),
    ],
)
def test_what_is_wrong_with_an_objective_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        objective_of(text)
    assert words in refused.value.message
    assert refused.value.advice


def test_T30_an_unknown_metric_is_refused_with_the_metrics_there_are() -> None:
    with pytest.raises(InputError) as refused:
        objective_of("request-sucess-rate ok>99% rollback<95%")
    assert "error-rate, success-rate, or a percentile" in refused.value.advice


def test_C7_a_metric_without_any_threshold_is_refused() -> None:
    for text in ("error-rate", "success-rate", "p99"):
        with pytest.raises(InputError, match="has no threshold"):
            objective_of(text)


def test_C14_a_success_rate_with_one_threshold_is_refused() -> None:
    for text in ("success-rate ok>99%", "success-rate rollback<95%"):
        with pytest.raises(InputError, match="has no threshold"):
            objective_of(text)


def test_the_defaults_ask_two_questions_for_a_success_rate_is_an_error_rate_read_backwards() -> None:
    errors, slowness = DEFAULTS
    assert errors == Objective("error-rate", Limit(0.01), Limit(0.05))
    assert slowness == Objective("p99", Limit(0.01, 0.5), Limit(0.01, 2.0))
    assert len(DEFAULT_TEXTS) == 3
    assert [one.is_latency for one in DEFAULTS] == [False, True]


def test_several_percentiles_stand_beside_each_other() -> None:
    assert [one.metric for one in objectives_of(["p99 ok<1s rollback>2s", "p50 ok<1s rollback>2s"])] == ["p99", "p50"]


def test_objectives_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match="contradicts the objective of error-rate"):
        objectives_of(["error-rate ok<1% rollback>5%", "success-rate ok>99.9% rollback<95%"])


def test_no_objective_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="nothing could ever be promoted"):
        objectives_of([])


@given(st.text(max_size=40))
def test_any_text_is_an_objective_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        one = objective_of(text)
        assert 0 < one.ok.share <= one.rollback.share < 1
