"""How clumped the bad requests of stable are: 1 for independent ones, about the size of the clumps else."""

from __future__ import annotations

from dataclasses import dataclass

PSEUDO_PAIRS = 20
"""Independence weighs as much as so many pairs of blocks, until stable has shown what it is like."""


@dataclass(frozen=True)
class Dispersion:
    """Sums over pairs of neighbouring blocks of stable: differences are taken, so a slow drift is no clumping."""

    requests: int = 0
    bad: int = 0
    pairs: int = 0
    squares: float = 0.0
    last_requests: int = 0
    last_bad: int = 0

    @property
    def clumping(self) -> float:
        """The variance of neighbouring rates over that of independent requests, at least 1."""
        if not self.bad:
            return 1.0
        rate = self.bad / self.requests
        return max(1.0, (PSEUDO_PAIRS + self.squares / rate) / (PSEUDO_PAIRS + self.pairs))


def with_block(seen: Dispersion, requests: int, bad: int) -> Dispersion:
    """`seen` after one more block of stable."""
    if not requests:
        return seen
    total, all_bad = seen.requests + requests, seen.bad + bad
    if not seen.last_requests:
        return Dispersion(total, all_bad, 0, 0.0, requests, bad)
    difference = bad / requests - seen.last_bad / seen.last_requests
    square = difference**2 / (1 / requests + 1 / seen.last_requests)
    return Dispersion(total, all_bad, seen.pairs + 1, seen.squares + square, requests, bad)
