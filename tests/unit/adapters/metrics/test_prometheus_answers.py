"""What each answer of a Prometheus means."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pointsman.adapters.metrics.prometheus_answers import WrongQuestion, data_of, message_of, refusal, samples_of
from pointsman.model.errors import InputError, SourceDown

JSON, HTML = "application/json", "text/html; charset=utf-8"


def body(**fields: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}, **fields}).encode()


def test_T17_an_empty_vector_is_an_answer_without_series() -> None:
    assert samples_of(data_of(200, JSON, body())) == []


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "12", "1.5e3"])
def test_C10_no_value_is_taken_for_another_one(text: str) -> None:
    (sample,) = samples_of({"resultType": "vector", "result": [{"metric": {"pod": "a"}, "value": [1, text]}]})
    assert sample.value == float(text) or math.isnan(sample.value)


def test_C13_every_series_of_an_answer_is_kept() -> None:
    series = [{"metric": {"pod": name}, "value": [1, str(number)]} for number, name in enumerate("abc")]
    found = samples_of({"resultType": "vector", "result": series})
    assert [(each.labels["pod"], each.value) for each in found] == [("a", 0.0), ("b", 1.0), ("c", 2.0)]


@pytest.mark.parametrize("kind", ["scalar", "string", "matrix", None])
def test_what_is_no_vector_is_a_wrong_question(kind: str | None) -> None:
    with pytest.raises(WrongQuestion, match=kind or "no kind"):
        samples_of({"resultType": kind, "result": []})


def test_native_histograms_are_a_wrong_question_and_the_advice_says_what_to_ask_for() -> None:
    with pytest.raises(WrongQuestion, match="native") as refused:
        samples_of({"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]})
    assert "_bucket" in refused.value.advice


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"warnings": ["no StoreAPI matched: store-2 is down"]}, id="thanos"),
        pytest.param({"isPartial": True}, id="victoria-metrics"),
    ],
)
def test_a_partial_answer_is_no_answer(fields: dict[str, Any]) -> None:
    with pytest.raises(SourceDown, match="not whole"):
        data_of(200, JSON, body(**fields))


def test_remarks_do_not_make_an_answer_partial() -> None:
    assert data_of(200, JSON, body(infos=["PromQL info: metric might not be a counter"], warnings=[]))


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>Sign in</title>", b"  <html>", b"<html>"])
def test_a_login_page_is_an_error_of_the_address_and_none_of_it_is_shown(page: bytes) -> None:
    with pytest.raises(InputError, match="web page") as refused:
        data_of(200, HTML, page)
    assert "login" in refused.value.advice
    assert "Sign in" not in refused.value.message


@pytest.mark.parametrize("other", [b"ok", b"[]", b'{"hello": "world"}', b""])
def test_what_is_no_prometheus_is_an_error_of_the_address(other: bytes) -> None:
    with pytest.raises(InputError, match="does not answer as Prometheus does"):
        data_of(200, JSON, other)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (302, InputError, "sends us elsewhere"),
        (400, WrongQuestion, "refuses the question"),
        (401, InputError, "does not let us ask"),
        (403, InputError, "does not let us ask"),
        (404, InputError, "no Prometheus API at this address"),
        (422, WrongQuestion, "refuses the question"),
        (429, SourceDown, "cannot answer"),
        (500, SourceDown, "cannot answer"),
        (502, SourceDown, "cannot answer"),
        (503, SourceDown, "cannot answer"),
    ],
)
def test_each_status_means_one_thing(status: int, error: type[Exception], words: str) -> None:
    refused = refusal(status, "its own words")
    assert type(refused) is error
    assert words in refused.message
    assert refused.advice


def test_prometheus_own_words_are_passed_on() -> None:
    said = b'{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"}'
    with pytest.raises(WrongQuestion, match="unclosed left parenthesis"):
        data_of(400, JSON, said)


@pytest.mark.parametrize(
    ("kind", "error"), [("bad_data", WrongQuestion), ("execution", WrongQuestion), ("timeout", SourceDown)]
)
def test_an_error_sent_with_status_200_is_one_all_the_same(kind: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="in short"):
        data_of(200, JSON, body(status="error", errorType=kind, error="in short"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b'{"message": "no such tenant"}', "no such tenant"),
        (b"upstream connect error\nsecond line", "upstream connect error"),
        (b"<html>503</html>", ""),
        (b"", ""),
    ],
)
def test_the_words_of_an_error_are_one_short_line(said: bytes, words: str) -> None:
    assert message_of(said) == words
