"""The Prometheus adapter over answers that a test wrote down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from pointsman.adapters.metrics.prometheus import PrometheusMetrics
from pointsman.adapters.metrics.prometheus_answers import Sample, WrongQuestion
from pointsman.adapters.metrics.questions import Questions, alike
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Reading

OWN = alike(Questions('r_total{v="{{version}}"}', 'e_total{v="{{version}}"}'))
NOW = Sample({"pointsman": "now"}, 1000.0)


@dataclass
class Written:
    """Answers in turn what stands here, the last one for good; `wrong` is what it refuses to be asked."""

    answers: list[list[Sample] | Exception] = field(default_factory=lambda: [[NOW]])
    metrics: frozenset[str] | None = frozenset({"r_total", "e_total"})
    wrong: str = "nothing is wrong"
    said: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def query(self, text: str) -> Sequence[Sample]:
        self.asked.append(text)
        if self.wrong in text:
            raise WrongQuestion("1:4: parse error", "correct it")
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def known(self, names: Collection[str]) -> frozenset[str] | None:
        return None if self.metrics is None else self.metrics & frozenset(names)

    def kinds(self, names: Collection[str]) -> Mapping[str, str]:
        return {name: kind for name, kind in self.said.items() if name in names}


def metrics(api: Written) -> PrometheusMetrics:
    return PrometheusMetrics(api, OWN, {"version": "a"}, {"version": "b"})


def test_a_look_costs_one_question() -> None:
    api = Written()
    metrics(api).read()
    assert len(api.asked) == 1


def test_T30_a_metric_that_nobody_has_is_refused_before_anything_is_touched() -> None:
    with pytest.raises(InputError, match="knows no metric e_total") as refused:
        metrics(Written(metrics=frozenset({"r_total"}))).check()
    assert "at 0, before the first" in refused.value.advice


@pytest.mark.parametrize("kind", ["gauge", "summary"])
def test_a_metric_that_does_not_count_is_refused_before_anything_is_touched(kind: str) -> None:
    with pytest.raises(InputError, match=f"e_total is a {kind}, not a counter"):
        metrics(Written(said={"e_total": kind, "other": "gauge"})).check()


def test_metrics_that_count_or_of_which_nothing_is_said_are_taken() -> None:
    assert metrics(Written(said={"r_total": "counter", "e_total": "unknown"})).check().at == 1000.0


def test_T30_a_source_that_was_down_at_the_check_is_still_asked_whether_it_has_the_metrics() -> None:
    asked = metrics(Written([SourceDown("starting"), [NOW]], metrics=frozenset({"r_total"})))
    with pytest.raises(SourceDown):
        asked.check()
    for _ in range(2):
        with pytest.raises(InputError, match="knows no metric e_total"):
            asked.read()


def test_where_it_cannot_be_known_which_metrics_there_are_nothing_is_refused() -> None:
    assert metrics(Written(metrics=None)).check() == Reading(1000.0, (), ())


def test_a_question_that_is_wrong_is_named_as_it_was_given() -> None:
    with pytest.raises(InputError, match=r'parse error; asked for errors: e_total\{v="a"\}'):
        metrics(Written(wrong="e_total")).check()


def test_an_address_that_is_wrong_is_not_blamed_on_a_question() -> None:
    api = Written([InputError("no Prometheus API here")])
    with pytest.raises(InputError, match=r"no Prometheus API here$"):
        metrics(api).check()
    assert len(api.asked) == 1


def test_what_was_answered_once_and_is_refused_now_is_a_source_that_is_down() -> None:
    asked = metrics(Written([[NOW], InputError("the token ran out", "get another")]))
    asked.read()
    with pytest.raises(SourceDown, match="the token ran out") as down:
        asked.read()
    assert down.value.advice == "get another"


def test_T15_a_source_that_fails_at_every_look_never_gives_a_reading() -> None:
    asked = metrics(Written([SourceDown("connection refused")]))
    for _ in range(5):
        with pytest.raises(SourceDown):
            asked.read()


def test_C20_no_data_for_both_is_a_reading_that_holds_nothing() -> None:
    assert metrics(Written()).read() == Reading(1000.0, (), ())


def test_T29_when_traffic_stops_the_counters_stand_still_while_time_goes_on() -> None:
    def at(time: float) -> list[Sample]:
        return [
            Sample({"pointsman": "now"}, time),
            Sample({"pointsman": "candidate at"}, time),
            Sample({"pointsman": "candidate requests", "pod": "b-1"}, 7.0),
        ]

    asked = metrics(Written([at(1000.0), at(1015.0)]))
    first, second = asked.read(), asked.read()
    assert second.at - first.at == 15.0
    assert second.candidate == first.candidate


def test_T16_both_versions_with_the_very_same_series_are_refused() -> None:
    def twins(number: float) -> list[Sample]:
        marks = [f"{arm} {kind}" for arm in ("stable", "candidate") for kind in ("requests", "errors")]
        return [NOW, *(Sample({"pointsman": mark, "pod": "web-1"}, number) for mark in marks)]

    asked = metrics(Written([twins(5), twins(9)]))
    asked.read()
    with pytest.raises(InputError, match="very same counters"):
        asked.read()
