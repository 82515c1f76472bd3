"""What it means that somebody else changed what a release had written, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class OnDrift(Enum):
    """What a release does about drift: stop with exit code 4, write its value again, or undo itself."""

    FAIL = "fail"
    REASSERT = "reassert"
    ABORT = "abort"


class Field(Enum):
    """What of a service or a version a release writes, and somebody else may change."""

    ROUTE = "route"
    EXISTENCE = "existence"
    IMAGE = "image"
    INSTANCES = "instances"


@dataclass(frozen=True)
class Drift:
    """`field` of `what` (a version's name, empty for the service) is `found`, and the release had it at `wanted`."""

    field: Field
    what: str
    wanted: str
    found: str


@dataclass(frozen=True)
class Writer:
    """Who wrote a field last (empty: not known), the field in the platform's own words, and whether an autoscaler
    did it."""

    manager: str
    field: str
    autoscaler: bool = False
