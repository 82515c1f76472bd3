"""The case of one objective: all evidence for and against the candidate on it, as one plain value.

`trial.py` cuts time into blocks and hears them in every case; `verdict.py` reads what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pointsman.judge.bets import Stake, gate_payoff, played, relative_payoff, renewed
from pointsman.judge.block import Arm, Block
from pointsman.judge.claims import UNPROVEN, below_gains, log_proof, no_worse_gains, with_gains
from pointsman.judge.dispersion import Dispersion, with_block
from pointsman.judge.latency import Bounds
from pointsman.judge.logs import log_mean
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import PROMOTION, Tolerance
from pointsman.model.objective import Objective


@dataclass(frozen=True)
class Tally:
    """Requests and bad ones of both versions."""

    candidate: int = 0
    candidate_bad: int = 0
    stable: int = 0
    stable_bad: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.candidate + other.candidate,
            self.candidate_bad + other.candidate_bad,
            self.stable + other.stable,
            self.stable_bad + other.stable_bad,
        )


@dataclass(frozen=True)
class Case:
    """`relative` holds the stakes on "worse than stable", one per compared bound and pace, `gate` those on "breaks the
    hard limit", one per pace: both run through the whole release. `below`, `no_worse` and `faster` are the claims at
    this weight, `ok` and `rollback` the counts at this weight by either meaning of bad; `shared` says that
    stable broke the hard limit too in the last block. `bounds` None: not known yet what bad means."""

    bounds: Bounds | None = None
    relative: tuple[tuple[Stake, ...], ...] = ()
    gate: tuple[Stake, ...] = ()
    below: tuple[float, ...] = UNPROVEN
    no_worse: tuple[float, ...] = UNPROVEN
    faster: tuple[float, ...] = UNPROVEN
    dispersion: Dispersion = field(default_factory=Dispersion)
    ok: Tally = field(default_factory=Tally)
    rollback: Tally = field(default_factory=Tally)
    shared: bool = False

    @property
    def log_relative(self) -> float:
        """The logarithm of the evidence that the candidate is worse: an average of e-processes is one."""
        return log_mean([stake.log_e for stakes in self.relative for stake in stakes]) if self.relative else 0.0

    @property
    def log_below(self) -> float:
        """The logarithm of the evidence that fewer requests are bad than the objective allows."""
        return log_proof(self.below, self.dispersion.clumping)

    @property
    def log_no_worse(self) -> float:
        """The logarithm of the evidence that the candidate is not worse than stable by more than the margin."""
        return log_proof(self.no_worse, self.dispersion.clumping)

    @property
    def log_faster(self) -> float:
        """The logarithm of the evidence that the candidate is faster than a working version would be."""
        return log_proof(self.faster, self.dispersion.clumping)

    @property
    def log_gate(self) -> float:
        """The logarithm of the evidence that the hard limit is broken."""
        return log_mean([stake.log_e for stake in self.gate]) if self.gate else 0.0


def opened(bounds: Bounds | None, paces: int) -> Case:
    """A case before anything was heard."""
    if bounds is None:
        return Case()
    stakes = (Stake(),) * paces
    return Case(bounds, (stakes,) * len(bounds.compared), stakes)


def counted(case: Case, block: Block) -> Case:
    """`case` with the requests of a block in its counts, which decide nothing."""
    if case.bounds is None:
        return case
    ok, rollback = tally_of(block, case.bounds.ok), tally_of(block, case.bounds.rollback)
    return replace(case, ok=case.ok + ok, rollback=case.rollback + rollback) if ok and rollback else case


def heard(case: Case, objective: Objective, settings: Settings, block: Block, pace: int) -> Case:
    """`case` after a block of the given pace; at the first pace, the claims for promotion are heard as well."""
    if case.bounds is None:
        return case
    gate, shared = _gate_after(case, case.bounds, objective, settings, block, pace)
    claims = {} if pace else _claims_after(case, case.bounds, objective, settings, block)
    return replace(
        case, relative=_relative_after(case, case.bounds, settings, block, pace), gate=gate, shared=shared, **claims
    )


def learned(case: Case, stable: Arm) -> Case:
    """`case` knowing how stable behaved in a block that is not judged."""
    counts = stable.counts(case.bounds.ok) if case.bounds else None
    return replace(case, dispersion=with_block(case.dispersion, *counts)) if counts else case


def at_new_weight(case: Case) -> Case:
    """`case` at a ramp step: proof must come from this load, and new faults may begin."""
    return replace(
        case,
        relative=tuple(tuple(renewed(stake) for stake in stakes) for stakes in case.relative),
        gate=tuple(renewed(stake) for stake in case.gate),
        below=UNPROVEN,
        no_worse=UNPROVEN,
        faster=UNPROVEN,
        ok=Tally(),
        rollback=Tally(),
        shared=False,
    )


def tally_of(block: Block, slower_than: float | None) -> Tally | None:
    """The counts of a block; None when the candidate's bad requests were not counted."""
    candidate, stable = block.candidate.counts(slower_than), block.stable.counts(slower_than)
    if candidate is None:
        return None
    return Tally(*candidate, *(stable or (0, 0)))


def _relative_after(
    case: Case, bounds: Bounds, settings: Settings, block: Block, pace: int
) -> tuple[tuple[Stake, ...], ...]:
    relative = []
    for slower_than, stakes in zip(bounds.compared, case.relative, strict=True):
        candidate, stable = block.candidate.counts(slower_than), block.stable.counts(slower_than)
        payoff = relative_payoff(candidate, stable, settings.tolerance) if candidate and stable else None
        relative.append(_played(stakes, payoff, settings, pace))
    return tuple(relative)


def _gate_after(
    case: Case, bounds: Bounds, objective: Objective, settings: Settings, block: Block, pace: int
) -> tuple[tuple[Stake, ...], bool]:
    """The stakes on the hard limit, and whether stable broke it too."""
    seen, limit = tally_of(block, bounds.rollback), objective.rollback.share
    if seen is None:
        return case.gate, case.shared
    shared = seen.stable > 0 and seen.stable_bad >= limit * seen.stable
    skipped = shared and settings.spare_shared
    payoff = None if skipped else gate_payoff((seen.candidate, seen.candidate_bad), limit)
    return _played(case.gate, payoff, settings, pace), case.shared if pace else shared


def _played(stakes: tuple[Stake, ...], payoff: float | None, settings: Settings, pace: int) -> tuple[Stake, ...]:
    if payoff is None:
        return stakes
    one = settings.paces[pace]
    after = played(stakes[pace], payoff, settings.horizon / one.seconds, one.cap)
    return (*stakes[:pace], after, *stakes[pace + 1 :])


def _claims_after(case: Case, bounds: Bounds, objective: Objective, settings: Settings, block: Block) -> dict[str, Any]:
    """The fields of `case` that speak for the candidate."""
    seen = tally_of(block, bounds.ok)
    if seen is None:
        return {}
    candidate, stable = (seen.candidate, seen.candidate_bad), (seen.stable, seen.stable_bad)
    return {
        "below": with_gains(case.below, below_gains(candidate, objective.ok.share)),
        "no_worse": with_gains(case.no_worse, no_worse_gains(candidate, stable, PROMOTION)),
        "faster": _speed_after(case, bounds.usual, settings, block),
        "dispersion": with_block(case.dispersion, *stable),
    }


def _speed_after(case: Case, usual: float | None, settings: Settings, block: Block) -> tuple[float, ...]:
    seen = tally_of(block, usual) if usual is not None else None
    if seen is None or settings.speedup is None:
        return case.faster
    margin = Tolerance("faster", 1 / settings.speedup, 0.0)
    candidate, stable = (seen.candidate, seen.candidate_bad), (seen.stable, seen.stable_bad)
    return with_gains(case.faster, no_worse_gains(candidate, stable, margin))
