"""From one look at the counters to the next: what is known, what was dropped, and the block in between.

Both versions must be seen over the same time. When one is missing from a look, the next look covers this one's time
too; when it stays away, the other is judged alone. A look that cannot be true is set aside in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.judge.block import Block, Dropped
from pointsman.judge.increase import block_between, fault_of, known_after
from pointsman.model.measurement import Reading

DROPPED_AT_MOST = 0.2
"""Of the looks at a weight; above it nothing is promoted."""


@dataclass(frozen=True)
class Looks:
    """`known` are the last counters of every series (None: no look yet); `fresh` says that the next look only begins a
    comparison, `alone` that a version has been missing for so long that the other one is judged without it; `unread`
    are seconds since the last look that could be used; `dropped` of `count` looks at this weight were not to be
    believed, the last of them because of `why`."""

    known: Reading | None = None
    fresh: bool = True
    unread: float = 0.0
    alone: bool = False
    count: int = 0
    dropped: int = 0
    why: str = ""

    @property
    def too_many_dropped(self) -> bool:
        """True when what is left says too little of the whole."""
        return self.dropped > DROPPED_AT_MOST * self.count

    @property
    def complaint(self) -> str:
        """`3 of 10 looks were dropped: …`; empty when none was."""
        return f"{self.dropped} of {self.count} looks were dropped: {self.why}" if self.dropped else ""


def after_look(looks: Looks, reading: Reading, patience: float) -> tuple[Looks, Block | None]:
    """The looks with one more, and the block since the last one that could be used; None when there is none yet.

    A version may be missing for `patience` seconds before it is no longer waited for.
    """
    if looks.known is None or looks.fresh:
        return _begun(looks, reading), None
    unread = reading.at - looks.known.at
    if not unread > 0:
        return looks, None
    block = block_between(looks.known, reading)
    if isinstance(block, Dropped):
        return _dropped(looks, block.why, unread), None
    missing = _one_is_missing(looks.known, reading)
    if missing and not looks.alone and unread < patience:
        return replace(looks, count=looks.count + 1, unread=unread), None
    return _taken(looks, known_after(looks.known, reading), missing), block


def begun_anew(looks: Looks) -> Looks:
    """The looks at a new weight. All series are remembered, so that one which is missing just now is not taken for a
    new one when it comes back."""
    return Looks(known=looks.known)


def _begun(looks: Looks, reading: Reading) -> Looks:
    why = fault_of(reading)
    if why:
        return _dropped(looks, why, 0.0)
    return _taken(looks, known_after(looks.known, reading) if looks.known else reading, False)


def _taken(looks: Looks, known: Reading, missing: bool) -> Looks:
    return replace(looks, known=known, fresh=False, count=looks.count + 1, unread=0.0, alone=missing)


def _dropped(looks: Looks, why: str, unread: float) -> Looks:
    # The counters known so far stay: the next usable look covers the time of this one as well.
    return replace(looks, count=looks.count + 1, dropped=looks.dropped + 1, why=why, unread=unread)


def _one_is_missing(known: Reading, reading: Reading) -> bool:
    return (bool(known.candidate) and not reading.candidate) or (bool(known.stable) and not reading.stable)
