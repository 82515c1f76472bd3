"""What a version's supervisor does next: pure, from what is wanted and what runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pointsman.adapters.local.state import READY, Desired, Instance

QUICK_EXIT_SECONDS = 10.0
QUICK_EXITS_TOLERATED = 2
LONGEST_BACK_OFF_SECONDS = 30.0


@dataclass(frozen=True)
class Moves:
    """`start` so many new instances, and let those named in `leave` go: no new requests first, then the
    end."""

    start: int
    leave: frozenset[str]


def moves(desired: Desired, instances: Sequence[Instance]) -> Moves:
    """New instances come before old ones go: an older one leaves when the new ones can replace it, or when it
    is of no use itself."""
    staying = [instance for instance in instances if not instance.going]
    current = [instance for instance in staying if instance.template == desired.template]
    older = [instance for instance in staying if instance.template != desired.template]
    able = sum(instance.phase == READY for instance in current)
    replaced = able >= desired.instances
    leave = [instance.name for instance in older if replaced or instance.phase != READY]
    leave += [instance.name for instance in _least_useful_first(current)[: _excess(desired, current)]]
    return Moves(max(desired.instances - len(current), 0), frozenset(leave))


def _least_useful_first(instances: Sequence[Instance]) -> list[Instance]:
    newest_first = list(reversed(instances))
    return sorted(newest_first, key=lambda instance: instance.phase == READY)


def _excess(desired: Desired, current: Sequence[Instance]) -> int:
    return max(len(current) - desired.instances, 0)


@dataclass(frozen=True)
class Patience:
    """How a version that keeps ending is restarted: later each time. `not_before`: on the caller's clock."""

    quick_exits: int = 0
    not_before: float = 0.0

    @property
    def looping(self) -> bool:
        """True when it has ended soon after its start too often for waiting to help."""
        return self.quick_exits > QUICK_EXITS_TOLERATED

    def after_exit(self, lived: float, now: float) -> Patience:
        """The patience after an instance ended that had `lived` so many seconds."""
        quick = self.quick_exits + 1 if lived < QUICK_EXIT_SECONDS else 0
        return Patience(quick, now + min(0.25 * 2**quick, LONGEST_BACK_OFF_SECONDS))
