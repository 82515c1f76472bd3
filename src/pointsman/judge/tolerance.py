"""How much worse than stable a candidate may be before it counts as worse."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """A candidate is held to be no worse while its odds of a bad request are at most `ratio` times those of stable
    plus `slack / ratio` (for small shares: at most `ratio` x stable's share + `slack`)."""

    name: str
    ratio: float
    slack: float


TOLERANT = Tolerance("tolerant", 1.25, 0.0005)
"""For most releases: two versions on different pods are never quite alike."""

STRICT = Tolerance("strict", 1.0, 0.0)
"""Only beside a baseline of the same size and age as the candidate."""

SINGLE_POD = Tolerance("single-pod", 1.5, 0.001)
"""For a candidate of one pod, which differs from its siblings for reasons that are not its version."""

TOLERANCES = {one.name: one for one in (TOLERANT, STRICT, SINGLE_POD)}

PROMOTION = Tolerance("promotion", 1.5, 0.003)
"""A candidate is promoted only when it is proven not to be worse than this."""
