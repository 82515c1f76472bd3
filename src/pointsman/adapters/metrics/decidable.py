"""Any source, whose histograms were seen to have the bounds that the objectives ask for, before anything is touched.

A threshold that no bound answers would end every release without data, and blame the candidate for it.
"""

from __future__ import annotations

from math import isfinite

from pointsman.judge.latency import refuse_undecidable
from pointsman.judge.settings import Settings
from pointsman.model.measurement import Reading
from pointsman.ports.metrics import Metrics


class DecidableMetrics:
    """`metrics`, asked what `settings` say."""

    def __init__(self, metrics: Metrics, settings: Settings) -> None:
        self._metrics, self._settings = metrics, settings

    def read(self) -> Reading:
        """See `ports.metrics.Metrics`."""
        return self._metrics.read()

    def check(self) -> Reading:
        """Raises InputError also for an objective that the histograms can never answer. A source without a histogram
        yet has shown nothing."""
        reading = self._metrics.check()
        offered = {bound for one in (*reading.stable, *reading.candidate) for bound in one.buckets if isfinite(bound)}
        if offered:
            refuse_undecidable(self._settings, offered)
        return reading
