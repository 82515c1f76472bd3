"""What the judge is asked, and how sure it must be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from pointsman.judge.tolerance import TOLERANT, Tolerance
from pointsman.model.objective import DEFAULTS, Objective

RELATIVE_PART = 0.8
"""Of the false-alarm bound, what goes to "worse than stable"; the rest goes to the hard gate."""

_LONG, _SHORT, _SHORT_CAP = 15.0, 5.0, 2.0


@dataclass(frozen=True)
class Pace:
    """Blocks of so many seconds. Evidence counts once a block, so what clumps inside one does no harm; `cap` keeps a
    single short block from deciding."""

    seconds: float
    cap: float | None = None


@dataclass(frozen=True)
class Settings:
    """Times are seconds.

    `alpha` bounds the probability that a candidate no worse than `tolerance` allows is ever rolled back, over all
    objectives, however often one looks; `promote_alpha` is the one of each claim for promotion. `horizon` is how long
    the release is foreseen to last, `interval` how often the counters change, `warm_up` what is ignored after the
    candidate's first request, `dwell` the least time judged at a weight before promotion, `silence` after how long
    without a request the candidate counts as silent. `spare_shared`: while stable breaks a hard gate too, the gate
    says nothing of the candidate. `without_stable`: promotion needs no comparison (at weight 100 nobody is left).
    `speedup`: hold when the share of slow requests is below stable's by this factor, for a version that gives up
    early is fast; None to welcome it.
    """

    objectives: tuple[Objective, ...] = DEFAULTS
    tolerance: Tolerance = TOLERANT
    alpha: float = 0.01
    promote_alpha: float = 0.05
    horizon: float = 1800.0
    interval: float = 5.0
    warm_up: float = 30.0
    dwell: float = 300.0
    silence: float = 60.0
    spare_shared: bool = True
    without_stable: bool = False
    speedup: float | None = 4.0

    @cached_property
    def paces(self) -> tuple[Pace, ...]:
        """The block lengths evidence is gathered at, each with an equal part of the stake; the long one first."""
        long = Pace(max(_LONG, self.interval))
        return (long, Pace(max(_SHORT, self.interval), _SHORT_CAP)) if self.interval < _LONG else (long,)

    @property
    def relative_bound(self) -> float:
        """The logarithm of the evidence at which one objective alone is "worse than stable"."""
        return -math.log(self.alpha * RELATIVE_PART / len(self.objectives))

    @property
    def gate_bound(self) -> float:
        """The logarithm of the evidence at which one objective alone breaks its hard gate."""
        return -math.log(self.alpha * (1 - RELATIVE_PART) / len(self.objectives))

    @property
    def whole_bound(self) -> float:
        """The logarithm of all evidence together at which the candidate is rejected."""
        return -math.log(self.alpha)

    @property
    def promote_bound(self) -> float:
        """The logarithm of the evidence at which a claim for promotion is proven."""
        return -math.log(self.promote_alpha)
