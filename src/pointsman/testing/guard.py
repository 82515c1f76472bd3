"""A dead-man switch that only remembers whom it guards, and a watch on the fake lock."""

from __future__ import annotations

from dataclasses import dataclass, field

from pointsman.ports.clock import Clock
from pointsman.strategy.dead_man import Pulse
from pointsman.testing.failure import NextFailure
from pointsman.testing.record import FakeLock


@dataclass
class _Place:
    release: str = ""
    owner: FakeDeadMan | None = None


@dataclass(eq=False)
class FakeDeadMan:
    """`happened` remembers each posting and dismissal that changed something, as (verb, release)."""

    happened: list[tuple[str, str]] = field(default_factory=list)
    failure: NextFailure = field(default_factory=NextFailure)
    name: str = "a guard in memory"
    _place: _Place = field(default_factory=_Place)

    def beside(self) -> FakeDeadMan:
        """Another run's view of the same place."""
        return FakeDeadMan(self.happened, name=self.name, _place=self._place)

    def post(self, release: str) -> None:
        """Guard `release` in place of whatever was guarded."""
        self.failure.around(lambda: self._become(release, self, "post"))

    def dismiss(self) -> None:
        """Take away our own."""
        if self._place.owner is self:
            self.failure.around(lambda: self._become("", None, "dismiss"))

    def guarded(self) -> str:
        """The release that is guarded now; empty when none is."""
        return self._place.release

    def _become(self, release: str, owner: FakeDeadMan | None, verb: str) -> None:
        self.happened.append((verb, release or self._place.release))
        self._place.release, self._place.owner = release, owner


@dataclass
class FakeLockWatch:
    """Looks at `lock` as a guard does; waiting lets the time pass and counts as a change."""

    lock: FakeLock
    clock: Clock

    def pulse(self) -> Pulse:
        """Whether it is free, held by a live run, or held by one that went silent."""
        if not self.lock.held():
            return Pulse.FREE
        return Pulse.LIVE if self.lock.holder() else Pulse.SILENT

    def wait(self, seconds: float) -> bool:
        """Let the time pass."""
        self.clock.sleep(seconds)
        return True
