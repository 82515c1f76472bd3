"""What others measured of two versions: raw counters, series by series, as a metric source keeps them.

`ports/metrics.py` says how they are read; `judge/` turns the increases between two readings into evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Counters:
    """One series (a pod, a proxy) of one version, counted since it began: requests answered, those answered badly,
    and how many took at most so many seconds (`buckets` maps the upper bound, in seconds, to the cumulative count).
    The bound `inf` holds the histogram's own count: a share of slow requests is a share of these, since sources count
    requests and time them at different moments.

    `errors` None or `buckets` empty: this source does not count them. A counter that fell has begun anew.
    """

    series: str
    requests: float
    errors: float | None = None
    buckets: Mapping[float, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One look at both versions. `at` is the time it speaks of, in seconds on the source's own clock; no series at
    all means that the source knows nothing of that version."""

    at: float
    stable: tuple[Counters, ...]
    candidate: tuple[Counters, ...]
