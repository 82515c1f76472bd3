"""Counters of both versions as a Prometheus has them, or whatever speaks its API: one request per look.

Needs the right to query; writes nothing. What it cannot do: native histograms, and histograms whose buckets are made
up by the query. `look` has the question, `presets` what is asked of common products, `prometheus_api` the way there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pointsman.adapters.metrics.look import Twins, look_at, reading_of
from pointsman.adapters.metrics.prometheus_answers import Sample, WrongQuestion
from pointsman.adapters.metrics.promql import names_in
from pointsman.adapters.metrics.questions import Comparison, Questions
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Reading

STALE_AFTER = 180.0


class AnswersPromQL(Protocol):
    """The part of a Prometheus that is needed; `PrometheusApi` has it."""

    def query(self, text: str) -> Sequence[Sample]:
        """What `text` yields now. Raises InputError for a wrong question, SourceDown for no whole answer."""
        ...

    def known(self, names: Collection[str]) -> frozenset[str] | None:
        """Those of `names` that are metrics with series; None when it does not tell."""
        ...

    def kinds(self, names: Collection[str]) -> Mapping[str, str]:
        """What each of `names` is said to be: `counter`, `gauge` …; without those of which it does not tell."""
        ...


class PrometheusMetrics:
    """`questions` with `stable` and `candidate` put in for the placeholders: `{"version": "shop-blue", …}`. Counters
    older than `stale_after` seconds are none. Raises InputError for questions that are the same for both."""

    def __init__(
        self,
        api: AnswersPromQL,
        questions: Comparison,
        stable: Mapping[str, str],
        candidate: Mapping[str, str],
        stale_after: float = STALE_AFTER,
    ) -> None:
        self._api, self._stale_after = api, stale_after
        self._pair = questions.about(stable, candidate)
        self._was_answered, self._is_sound, self._twins = False, False, Twins()

    def read(self) -> Reading:
        """The counters as they stand. The first time, sees that every metric asked about exists and counts: one that
        is misspelt looks exactly like one that nothing has gone wrong in."""
        reading = self._look()
        if not self._is_sound:
            self._refuse_unknown_metrics()
            self._refuse_what_does_not_count()
            self._is_sound = True
        return reading

    def check(self) -> Reading:
        """Look for the first time. Raises InputError for a wrong question, about the one that was given."""
        try:
            return self.read()
        except WrongQuestion:
            self._ask_one_by_one()
            raise

    def _look(self) -> Reading:
        """A question that was answered before is not wrong now: when it is refused then (a token ran out, a proxy lost
        its way), the source is down."""
        try:
            samples = self._api.query(look_at(self._pair))
        except InputError as refused:
            if self._was_answered:
                raise SourceDown(refused.message, refused.advice) from refused
            raise
        self._was_answered = True
        reading = reading_of(samples, self._pair, self._stale_after)
        self._twins.refuse(reading)
        return reading

    def _ask_one_by_one(self) -> None:
        for questions in (self._pair.stable, self._pair.candidate):
            for kind, text in questions.asked().items():
                try:
                    self._api.query(text)
                except WrongQuestion as refused:
                    raise WrongQuestion(f"{refused.message}; asked for {kind}: {text}", refused.advice) from refused

    def _refuse_unknown_metrics(self) -> None:
        asked = _metrics(self._pair.stable) | _metrics(self._pair.candidate)
        known = self._api.known(asked) if asked else asked
        unknown = sorted(asked - known) if known is not None else []
        if unknown:
            raise InputError(
                f"Prometheus knows no metric {', '.join(unknown)}",
                "correct the name, or send requests first; a counter of errors must exist, at 0, before the first one",
            )

    def _refuse_what_does_not_count(self) -> None:
        for name, kind in self._api.kinds(_metrics(self._pair.stable) | _metrics(self._pair.candidate)).items():
            if kind in ("gauge", "summary"):
                raise InputError(f"the metric {name} is a {kind}, not a counter", "ask for one that only ever rises")


def _metrics(questions: Questions) -> frozenset[str]:
    return frozenset().union(*map(names_in, questions.asked().values()))
