"""Who says whether the candidate is good enough, from what was measured; `judge/` has the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pointsman.model.evidence import Check, Verdict
from pointsman.model.measurement import Reading


@dataclass(frozen=True)
class Opinion:
    """A verdict at this moment, one sentence `why`, the lines of the evidence table it rests on, and the evidence
    for machines (`details`)."""

    verdict: Verdict
    why: str
    checks: tuple[Check, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


class Judge(Protocol):
    """Hears of both versions look by look, over all weights of one release. FAIL is for ever; every other verdict
    speaks of the weight it was given at."""

    def resume(self, state: str) -> None:
        """Go on where `state` ends (empty: before the first look). Nothing is compared across it, so the next reading
        only begins a comparison. Raises InputError when it was begun with other questions."""
        ...

    def look(self, reading: Reading, weight: int) -> Opinion:
        """What is to be said after `reading`, taken while `weight` percent were on the candidate. Another weight than
        the last one's begins that weight: proof must come from its own load."""
        ...

    def blind(self, why: str, weight: int) -> Opinion:
        """What is to be said when the source could not be asked: SOURCE_DOWN, or what is for ever."""
        ...

    def state(self) -> str:
        """All that another process needs to go on, as text; small enough for a record."""
        ...
