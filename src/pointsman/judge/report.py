"""The evidence behind a verdict, for tables and for machines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pointsman.judge.tolerance import Tolerance
from pointsman.model.evidence import Verdict

INTERVAL_LABEL = "95 % interval, as if requests were independent"
"""What must stand beside every interval shown: no verdict rests on it."""


@dataclass(frozen=True)
class Rate:
    """Bad requests among all at this weight, and the interval of shares they allow (see INTERVAL_LABEL)."""

    requests: int
    bad: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Bad requests over all; 0 without requests."""
        return self.bad / self.requests if self.requests else 0.0

    @property
    def words(self) -> str:
        """`1.2 % of 5000 requests`."""
        return f"{100 * self.share:.3g} % of {self.requests} requests" if self.requests else "no requests"


@dataclass(frozen=True)
class Proof:
    """Evidence and the bound at which it counts as proof, as natural logarithms."""

    log_e: float
    log_bound: float

    @property
    def e(self) -> float:
        """The evidence itself: 1 says nothing, 100 is a surprise of one in a hundred; at most 1e300."""
        return math.exp(min(self.log_e, 690.0))

    @property
    def bound(self) -> float:
        """What `e` must reach."""
        return math.exp(self.log_bound)

    @property
    def excess(self) -> float:
        """How far the evidence is above its bound, as a logarithm."""
        return self.log_e - self.log_bound

    @property
    def met(self) -> bool:
        """Reaching the bound is enough."""
        return self.log_e >= self.log_bound


@dataclass(frozen=True)
class Line:
    """One objective. `relative` and `gate` are evidence against the candidate over the whole release, `below` and
    `no_worse` evidence for it at this weight; `clumping` divides the latter. `needed` further candidate requests, or
    `seconds` at the present traffic, prove both claims (infinite: never at these rates)."""

    metric: str
    verdict: Verdict
    why: str
    candidate: Rate
    stable: Rate
    relative: Proof
    gate: Proof
    below: Proof
    no_worse: Proof
    clumping: float
    needed: float
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class Report:
    """The verdict, one sentence `why`, and the lines it rests on. `judged` seconds at this weight; `dropped` of
    `looks` were not to be believed; `log_e` is all evidence against the candidate, `log_bound` where it rejects."""

    verdict: Verdict
    why: str
    lines: tuple[Line, ...]
    tolerance: Tolerance
    judged: float
    looks: int
    dropped: int
    why_dropped: str
    log_e: float
    log_bound: float
