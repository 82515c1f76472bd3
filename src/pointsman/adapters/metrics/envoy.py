"""Counters of both versions as one Envoy has them, through its admin port: a version is a cluster of that name.

Requests are counted at once, times only with Envoy's next flush (5 s by default), so the histogram has its own count.
A request that Envoy answered itself (503 for want of an instance, 504 after a timeout) counts as answered badly, but
has no time. https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--stats
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any
from urllib.parse import urlencode

from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters, Reading
from pointsman.ports.clock import Clock

_COUNTED = "upstream_rq_(completed|5xx|time)"
_TIMEOUT = 5.0


@dataclass(frozen=True)
class EnvoyMetrics:
    """`stable` and `candidate` are clusters of the Envoy whose admin port on loopback is `admin_port`. Its counters
    are of this moment, so the time of a reading is the one on `clock`."""

    admin_port: int
    clock: Clock
    stable: str
    candidate: str

    def __post_init__(self) -> None:
        if self.stable == self.candidate:
            raise InputError(f"both versions are the cluster {self.stable!r}", "name the cluster of each version")

    def read(self) -> Reading:
        """The counters as they stand. Raises SourceDown when Envoy does not answer."""
        path = f"/stats?{urlencode(_question((self.stable, self.candidate)))}"
        found = self.clock.attended(lambda: _statistics(self.admin_port, path))
        return Reading(self.clock.seconds(), _counters(found, self.stable), _counters(found, self.candidate))

    def check(self) -> Reading:
        """Look for the first time. Raises InputError when Envoy has no such cluster."""
        first = self.read()
        for name, counters in ((self.stable, first.stable), (self.candidate, first.candidate)):
            if not counters:
                raise InputError(f"Envoy has no cluster {name!r}", "name the versions as the service has them")
        return first


def _question(clusters: Iterable[str]) -> dict[str, str]:
    names = "|".join(map(re.escape, clusters))
    return {"filter": rf"^cluster\.({names})\.{_COUNTED}$", "format": "json", "histogram_buckets": "cumulative"}


def _statistics(admin_port: int, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=_TIMEOUT)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise SourceDown(f"Envoy answers HTTP {answer.status} for its counters", "look at its log")
        return statistics_of(answer.read())
    except (OSError, http.client.HTTPException, ValueError, LookupError) as reason:
        advice = "see that it runs (a local release starts its own); nothing was said about any version"
        raise SourceDown(f"Envoy does not answer on its admin port {admin_port}: {reason}", advice) from reason
    finally:
        connection.close()


def statistics_of(body: bytes) -> dict[str, Any]:
    """Name to value, and for a histogram to its buckets: upper bound in milliseconds to cumulative count."""
    found: dict[str, Any] = {}
    for each in json.loads(body)["stats"]:
        for one in each.get("histograms", []):
            found[one["name"]] = {bucket["upper_bound"]: bucket["cumulative"] for bucket in one["buckets"]}
        if "name" in each:
            found[each["name"]] = each["value"]
    return found


def _counters(found: Mapping[str, Any], cluster: str) -> tuple[Counters, ...]:
    """Nothing for a cluster that Envoy does not have; one that it has counts from 0."""
    prefix = f"cluster.{cluster}.upstream_rq_"
    if f"{prefix}completed" not in found:
        return ()
    times = _seconds(found.get(f"{prefix}time", {}))
    return (Counters(cluster, float(found[f"{prefix}completed"]), float(found.get(f"{prefix}5xx", 0)), times),)


def _seconds(buckets: Mapping[float, int]) -> dict[float, float]:
    """With a bound `inf` for all of them: Envoy's last one is an hour."""
    times = {bound / 1000: float(count) for bound, count in sorted(buckets.items())}
    return {**times, inf: max(times.values())} if times else {}
