"""Evidence that a candidate is worse: a stake that grows, block by block, only when it is.

Within a block nothing is assumed about how requests depend on each other: all that counts is which share of the
bad requests fell on the candidate. When it is no worse, the expected payoff of a block is at most 0 whatever
stable's rate, the traffic, the weight or the hour are, so the stake grows beyond 1/alpha with probability alpha at
most, however often one looks (Ville's inequality). Betting on bounded payoffs is from Waudby-Smith and Ramdas
("Estimating means of bounded random variables by betting", 2024), the mixture over starting times from the
e-detectors of Shin, Ramdas and Rinaldo (2023): a fault that begins late is not drowned by the good time before it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pointsman.judge.logs import NOTHING, log_add, log_mean, log_of
from pointsman.judge.tolerance import Tolerance

LAMBDAS = (0.03, 0.1, 0.25, 0.5, 0.9)
"""Which part of the stake is put on each block: small parts find small differences, large ones gross faults soon."""

_BOOST = 0.25


def relative_payoff(candidate: tuple[float, float], stable: tuple[float, float], tolerance: Tolerance) -> float | None:
    """What a unit staked on "worse than stable" wins in a block; None when a version had no request.

    `candidate` and `stable` are (requests, bad requests). The slack enters as a fixed number of imagined bad
    requests of stable.
    """
    (requests, bad), (base, base_bad) = candidate, stable
    if not requests or not base:
        return None
    imagined = tolerance.slack * base / tolerance.ratio
    total = bad + base_bad
    if not total:
        return math.expm1(-imagined)
    odds = tolerance.ratio * requests / base
    return bad / ((total + imagined) * odds / (1 + odds)) - 1


def gate_payoff(candidate: tuple[float, float], share: float) -> float | None:
    """What a unit staked on "more than `share` of its requests are bad" wins in a block."""
    requests, bad = candidate
    return bad / (share * requests) - 1 if requests else None


@dataclass(frozen=True)
class Stake:
    """The stakes on each of LAMBDAS as logarithms, what is not staked yet, and how many blocks were played."""

    logs: tuple[float, ...] = (NOTHING,) * len(LAMBDAS)
    left: float = 1.0
    blocks: int = 0

    @property
    def log_e(self) -> float:
        """The logarithm of the evidence; its expected value is at most 1 while the candidate is no worse."""
        return log_add(log_mean(self.logs), log_of(self.left))


def played(stake: Stake, payoff: float, horizon: float, cap: float | None = None) -> Stake:
    """`stake` after a block. `horizon` is how many blocks are foreseen; `cap` limits what one block can win."""
    fresh = _fresh(stake, horizon)
    log_fresh = log_of(fresh)
    logs = tuple(
        [
            log_add(log, log_fresh) + math.log(_factor(part * payoff, cap))
            for part, log in zip(LAMBDAS, stake.logs, strict=True)
        ]
    )
    return Stake(logs, stake.left - fresh, stake.blocks + 1)


def renewed(stake: Stake) -> Stake:
    """`stake` with more put on what begins now: a new weight is when faults of load show."""
    fresh = stake.left * _BOOST
    log_fresh = log_of(fresh)
    return Stake(tuple([log_add(log, log_fresh) for log in stake.logs]), stake.left - fresh, stake.blocks)


def _factor(win: float, cap: float | None) -> float:
    return 1 + win if cap is None else min(1 + win, cap)


def _fresh(stake: Stake, horizon: float) -> float:
    """What is put on a fault that begins with this block: half on the first one, the rest evenly over the horizon.

    Of a release that lasts longer than foreseen, later blocks still get a constant part of what is left.
    """
    if not stake.blocks:
        return stake.left / 2
    return stake.left / max(horizon - stake.blocks, horizon / 8, 1.0)
