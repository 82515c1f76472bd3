"""What the histograms of a source can never answer is refused before anything is touched."""

from __future__ import annotations

from math import inf

import pytest

from pointsman.adapters.metrics.decidable import DecidableMetrics
from pointsman.judge.settings import Settings
from pointsman.model.errors import InputError
from pointsman.model.measurement import Counters, Reading
from pointsman.model.objective import DEFAULTS


class Source:
    """Has counted ten requests of stable, in these buckets."""

    def __init__(self, *bounds: float) -> None:
        self._reading = Reading(1.0, (Counters("pod-1", 10.0, 0.0, dict.fromkeys(bounds, 10.0)),), ())

    def read(self) -> Reading:
        return self._reading

    def check(self) -> Reading:
        return self._reading


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((0.1, 0.5, 1.0, inf), "rollback asks for 2 s"),
        ((1.0, 5.0, inf), "ok asks for 0.5 s"),
    ],
)
def test_T30_an_objective_that_no_bucket_answers_is_refused_at_the_check(bounds: tuple[float, ...], words: str) -> None:
    metrics = DecidableMetrics(Source(*bounds), Settings(DEFAULTS))
    with pytest.raises(InputError, match=words):
        metrics.check()
    assert metrics.read().stable


@pytest.mark.parametrize("bounds", [(0.5, 2.0, inf), (inf,), ()], ids=["answered", "no bucket yet", "no histogram yet"])
def test_what_may_yet_be_answered_is_taken(bounds: tuple[float, ...]) -> None:
    assert DecidableMetrics(Source(*bounds), Settings(DEFAULTS)).check().stable
