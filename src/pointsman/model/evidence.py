"""What was seen of a version, and what it amounts to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """Five different answers; only PASS is a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NO_DATA = "no-data"
    SOURCE_DOWN = "source-down"


_GRAVEST_FIRST = [
    Verdict.FAIL,
    Verdict.SOURCE_DOWN,
    Verdict.NO_DATA,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
]


@dataclass(frozen=True)
class Check:
    """One line of the evidence table: what was asked, the answer, and what the answer rests on."""

    name: str
    verdict: Verdict
    detail: str


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """The gravest verdict among `checks`; NO_DATA when there is none, for zero evidence is not a pass."""
    found = {check.verdict for check in checks}
    return next((verdict for verdict in _GRAVEST_FIRST if verdict in found), Verdict.NO_DATA)


@dataclass(frozen=True)
class Probe:
    """One request that we sent ourselves.

    `status` is the HTTP status, 0 when no answer came; `reached` says whether the version itself answered
    (False: the way to it is broken, which says nothing about the version); `marker` is the version text found
    in the answer, when one was asked for.
    """

    target: str
    ok: bool
    status: int
    detail: str
    seconds: float
    reached: bool = True
    marker: str = ""


@dataclass(frozen=True)
class Effect:
    """How far a written split has come: `level` 0 written, 1 accepted by its controller, 3 met by real requests.

    `reached` is True when the traffic is where it should be as far as this level can tell.
    """

    reached: bool
    level: int
    detail: str
