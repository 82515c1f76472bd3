"""A Lease as our lock writes it: whose it is, since when, under which number, and who asked its holder to give way.

Pure functions over plain JSON for `lease.py` and `lease_watch.py`.
"""

from __future__ import annotations

from pointsman.adapters.clock import epoch_of
from pointsman.adapters.kube.api import Json
from pointsman.strategy.dead_man import Pulse

DURATION = 60.0
LONG_DEAD = 300.0
MANAGED = "app.kubernetes.io/managed-by=pointsman"
SERVICE_LABEL = "pointsman.dev/service"
TOKEN = "pointsman.dev/lock-token"  # noqa: S105 - tells two runs of one name apart, no secret
ARRIVED = "pointsman.dev/arrived"
SUPERSEDED_BY = "pointsman.dev/superseded-by"


class Watched:
    """A foreign lease as we have watched it: it has expired when it did not change for its whole duration.
    `holder` and `lease` are what the last look showed."""

    def __init__(self) -> None:
        self.holder = ""
        self.lease: Json | None = None
        self._version = ""
        self._since = 0.0

    def expired(self, lease: Json, now: float) -> bool:
        """Take in one more look, at `now` seconds of our own clock."""
        self.holder, self.lease = str(lease["spec"].get("holderIdentity", "")), lease
        version = str(lease["metadata"]["resourceVersion"])
        if version != self._version:
            self._version, self._since = version, now
            return False
        return now - self._since >= float(lease["spec"].get("leaseDurationSeconds") or DURATION)


def lease_name(service: str) -> str:
    """The Lease of a service."""
    return f"pointsman-{service}"


def pulse_of(lease: Json | None, watched: Watched, seconds: float, now: str) -> Pulse:
    """What a lease says of its holder, by our clock (`seconds`) and, for those long dead, by the time of day."""
    if lease is None or is_free(lease):
        return Pulse.FREE
    gone = watched.expired(lease, seconds) or long_dead(lease, now)
    return Pulse.SILENT if gone else Pulse.LIVE


def annotations_of(lease: Json) -> dict[str, str]:
    """The annotations of a lease; empty when it has none."""
    return dict(lease["metadata"].get("annotations") or {})


def number_of(lease: Json) -> int:
    """The fencing number of a lease."""
    return int(lease["spec"].get("leaseTransitions") or 0)


def came_before(lease: Json, arrived: str) -> bool:
    """True when the holder of a lease began to ask for it before `arrived` (RFC 3339): only an older run gives way."""
    since = annotations_of(lease).get(ARRIVED) or lease["spec"].get("acquireTime")
    return bool(since) and epoch_of(since) < epoch_of(arrived)


def without_wishes(annotations: dict[str, str]) -> dict[str, str]:
    """A wish to supersede was addressed to one holder: it ends with it."""
    return {key: value for key, value in annotations.items() if key != SUPERSEDED_BY}


def is_free(lease: Json) -> bool:
    """True when nobody holds it: it was given back."""
    return not lease["spec"].get("holderIdentity")


def long_dead(lease: Json, now: str) -> bool:
    """True when its last renewal is 5 minutes old at `now` (RFC 3339)."""
    renewed = lease["spec"].get("renewTime")
    return bool(renewed) and epoch_of(now) - epoch_of(renewed) >= LONG_DEAD


def micro(rfc3339: str) -> str:
    """Lease times carry microseconds."""
    return rfc3339.replace("Z", ".000000Z")
