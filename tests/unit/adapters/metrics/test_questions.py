"""What can be refused of a question before anybody is asked."""

from __future__ import annotations

import pytest

from pointsman.adapters.metrics.presets import PRESETS, preset_named
from pointsman.adapters.metrics.questions import Comparison, Questions, alike
from pointsman.model.errors import InputError

STABLE = {"version": "web", "namespace": "prod", "ingress": "web"}
CANDIDATE = {**STABLE, "version": "web-canary"}
COUNTED = 'http_requests_total{version="{{version}}"}'


def test_T16_a_question_that_does_not_name_the_version_is_refused() -> None:
    questions = alike(Questions("http_requests_total"))
    with pytest.raises(InputError, match="the same for both versions: http_requests_total") as refused:
        questions.about(STABLE, CANDIDATE)
    assert "{{version}}" in refused.value.advice


def test_T16_one_of_three_questions_that_does_not_name_the_version_is_refused() -> None:
    questions = alike(Questions(COUNTED, 'http_requests_total{code=~"5.."}'))
    with pytest.raises(InputError, match="the question for errors is the same"):
        questions.about(STABLE, CANDIDATE)


def test_T16_two_versions_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="the same for both"):
        alike(Questions(COUNTED)).about(STABLE, STABLE)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_tells_versions_apart_and_asks_for_requests_errors_and_times(name: str) -> None:
    pair = preset_named(name).about(STABLE, CANDIDATE)
    assert list(pair.stable.asked()) == ["requests", "errors", "buckets"]
    assert list(pair.candidate.asked()) == ["requests", "errors", "buckets"]


def test_an_unknown_preset_is_refused_by_naming_those_there_are() -> None:
    with pytest.raises(InputError, match="nginx-plus") as refused:
        preset_named("nginx-plus")
    assert "istio, istio-source, linkerd" in refused.value.advice


def test_both_versions_must_be_asked_the_same() -> None:
    pair = Comparison(Questions(COUNTED), Questions(COUNTED, COUNTED))
    with pytest.raises(InputError, match="not asked the same"):
        pair.about(STABLE, CANDIDATE)


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        pytest.param({"requests": " "}, "no question for the requests", id="nothing-to-count"),
        pytest.param({"requests": "sum(rate(a[1m]))"}, r"rate\(\), which yields no counter", id="a-rate"),
        pytest.param({"requests": "a", "errors": "increase(a[1m])"}, "errors uses increase", id="increase"),
        pytest.param({"requests": "a", "unit": "min"}, "'min' is not a unit", id="an-unknown-unit"),
        pytest.param({"requests": "a", "buckets": "d_milliseconds_bucket"}, "look like ms, not s", id="milliseconds"),
        pytest.param({"requests": "a", "buckets": "d_ms_bucket"}, "look like ms, not s", id="short-milliseconds"),
        pytest.param({"requests": "a", "buckets": "d_seconds_bucket", "unit": "ms"}, "look like s", id="seconds"),
        pytest.param({"requests": "a", "per": ()}, "no label tells", id="processes-told-apart-by-nothing"),
    ],
)
def test_what_can_never_work_is_refused(questions: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        Questions(**questions)  # type: ignore[arg-type]
    assert refused.value.advice
