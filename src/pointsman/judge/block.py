"""What happened to both versions in one stretch of time: whole numbers of requests, and how many were bad."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Arm:
    """Requests answered by one version, how many of them badly (None: not counted), and how many took at most so
    many seconds (`within`: upper bound in seconds to cumulative count; the bound inf has all that were timed)."""

    requests: int = 0
    errors: int | None = None
    within: Mapping[float, int] = field(default_factory=dict)

    def counts(self, slower_than: float | None) -> tuple[int, int] | None:
        """(requests, bad requests): answered wrongly, or slower than the bound; None when that was not counted."""
        if self.is_nobody:
            return 0, 0
        if slower_than is None:
            return None if self.errors is None else (self.requests, self.errors)
        timed = self.within.get(math.inf, self.requests)
        fast = self.within.get(slower_than)
        return None if fast is None else (timed, timed - fast)

    @property
    def is_nobody(self) -> bool:
        """True when nothing was counted."""
        return not self.requests and not any(self.within.values())

    def __add__(self, other: Arm) -> Arm:
        """Both together. What only one of them counts is not counted in the sum; an arm of nobody changes nothing."""
        if other.is_nobody:
            return self
        if self.is_nobody:
            return other
        errors = None if self.errors is None or other.errors is None else self.errors + other.errors
        within = {bound: count + other.within[bound] for bound, count in self.within.items() if bound in other.within}
        return Arm(self.requests + other.requests, errors, within)


NOBODY = Arm()


@dataclass(frozen=True)
class Block:
    """`seconds` of both versions side by side, with the same split of the traffic all along."""

    seconds: float
    stable: Arm
    candidate: Arm

    def __add__(self, other: Block) -> Block:
        return Block(self.seconds + other.seconds, self.stable + other.stable, self.candidate + other.candidate)


@dataclass(frozen=True)
class Dropped:
    """A look that is not to be believed, and why."""

    why: str
