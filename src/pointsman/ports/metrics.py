"""Where measurements of the two versions come from: Prometheus, an Envoy's own counters, probes of our own."""

from __future__ import annotations

from typing import Protocol

from pointsman.model.measurement import Reading


class Metrics(Protocol):
    """Reads raw counters of stable and candidate, apart."""

    def read(self) -> Reading:
        """The counters as they stand. Raises SourceDown when the source cannot be asked or its answer is not
        whole, InputError when the question can never be answered: it does not tell the versions apart, names what
        does not exist, or yields something that is no counter. An empty answer is a Reading without series."""
        ...

    def check(self) -> Reading:
        """The first look, before anything is touched: as `read`, and InputError for whatever can be known now to be
        wrong, such as a metric that nobody has."""
        ...
