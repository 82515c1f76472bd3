"""A shop with two colours, made of fakes, on which whole steps are run; time can have things happen in it.

`Stage.site()` is one run's view. `again()` is the view of the next run, by another process, of the same shop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pointsman.model.drift import OnDrift
from pointsman.model.evidence import Probe
from pointsman.model.image import image_change
from pointsman.model.record import Record, broken_link
from pointsman.model.version import Problem, VersionState
from pointsman.steps.blue_green_switch import SwitchInputs
from pointsman.steps.rollback import RollbackInputs
from pointsman.steps.site import Site
from pointsman.strategy.blue_green import Cleanup, Plan
from pointsman.testing import (
    FakeClock,
    FakeDeadMan,
    FakeLock,
    FakeProber,
    FakeProgress,
    FakeRecords,
    FakeRouter,
    FakeWorkload,
    NextFailure,
)

BLUE, GREEN = "shop-blue", "shop-green"
CRASH = Problem("CrashLoopBackOff", "shop-green-1", "exit code 1")
IMAGES: dict[str, Problem | None] = {"shop:1": None, "shop:2": None, "shop:3": None, "shop:bad": CRASH}


class Killed(BaseException):
    """SIGKILL: nothing that the run would still have done happens."""


@dataclass
class StagedClock(FakeClock):
    """Calls each of `acts` once, when its condition holds, and `passing` whenever time passes."""

    acts: list[tuple[Callable[[], bool], Callable[[], object]]] = field(default_factory=list)
    passing: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.passing()
        due = [act for act in self.acts if act[0]()]
        self.acts = [act for act in self.acts if act not in due]
        for _, act in due:
            act()


@dataclass
class NthFailure(NextFailure):
    """Shared by several fakes: the `nth` mutation of them all raises `error`, before or after its effect."""

    nth: int = 0
    count: int = 0

    def around(self, effect: Callable[[], None]) -> None:
        self.count += 1
        if self.count == self.nth:
            super().around(effect)
        else:
            effect()


@dataclass(eq=False)
class MortalLock(FakeLock):
    """A lock that a killed run does not give back."""

    dead: bool = False

    def beside(self, name: str) -> MortalLock:
        return MortalLock(name, self.clock, self._lease)

    def release(self) -> None:
        if not self.dead:
            super().release()


@dataclass
class SelectorRouter(FakeRouter):
    """Reads as a Service selector does: whoever has all requests is stable."""

    def beside(self) -> SelectorRouter:
        self._there()
        return SelectorRouter(self.stable, self.candidate, self.lag, True, writes=self.writes, _route=self._route)


@dataclass
class ClosedWay(FakeProber):
    """The way to every version, and to the service, is broken: nothing is said about any of them."""

    def probe_version(self, name: str, times: int) -> list[Probe]:
        return [Probe(name, False, 503, "no answer: no route to host", 0.1, reached=False)] * times

    def probe_service(self) -> Probe:
        return Probe("the service", False, 0, "no route to host", 0.1, reached=False)


@dataclass
class Stage:
    """The shop: blue serves shop:1 with three instances, there is no green yet."""

    slow: int = 2
    lag: int = 2
    instances: int = 3
    failure: NthFailure = field(default_factory=NthFailure)
    release_key: str = ""

    def __post_init__(self) -> None:
        self.clock = StagedClock()
        self.workload = FakeWorkload(dict(IMAGES), self.slow, self.clock, failure=self.failure)
        self.workload.place(BLUE, {"app": "shop:1"}, self.instances)
        self.router: FakeRouter = SelectorRouter(BLUE, GREEN, self.lag, only_whole=True, failure=self.failure)
        self.prober = FakeProber({BLUE: 200, GREEN: 200})
        self.records = FakeRecords(failure=self.failure)
        self.lock = MortalLock("run-1", self.clock)
        self.progress = FakeProgress()
        self.dead_man: FakeDeadMan | None = None
        self.runs = 1

    def site(self) -> Site:
        """This run's view."""
        self.clock.passing, self.workload.lock = self.lock.renew, self.lock
        return Site(
            service="shop",
            workload=self.workload,
            records=self.records,
            lock=self.lock,
            clock=self.clock,
            progress=self.progress,
            run=f"run-{self.runs}",
            release_key=self.release_key,
            stamps=(self.workload, self.router),
            blue=BLUE,
            green=GREEN,
            router=self.router,
            prober=self.prober,
            dead_man=self.dead_man,
        )

    def again(self) -> Site:
        """The next run's view; whatever was to stop the one before is over."""
        self.clock.cancel_at, self.failure.nth, self.runs = None, 0, self.runs + 1
        self.workload, self.router = self.workload.beside(), self.router.beside()
        self.records, self.lock = self.records.beside(), self.lock.beside(f"run-{self.runs}")
        self.workload.failure = self.router.failure = self.records.failure = self.failure
        return self.site()

    def at(self, second: float, act: Callable[[], object]) -> None:
        """Let `act` happen once that second has come."""
        self.clock.acts.append((lambda: self.clock.seconds() >= second, act))

    def once_served_by(self, name: str, act: Callable[[], object]) -> None:
        """Let `act` happen at the first moment that passes with all users on version `name`."""
        self.clock.acts.append((lambda: self.serving() == name, act))

    def once_ready(self, name: str, act: Callable[[], object]) -> None:
        """Let `act` happen at the first moment that passes with `name` rolled out."""
        self.clock.acts.append((lambda: self._rolled_out(name), act))

    def _rolled_out(self, name: str) -> bool:
        version = self.workload._versions.get(name)
        return version is not None and version.looks_left == 0 and version.ready >= version.desired

    def record(self) -> Record:
        """The record as it is kept now; its audit trail must hold."""
        found = self.records.beside().load()
        assert found is not None
        assert broken_link(found) is None
        return found

    def serving(self) -> str:
        """Where all requests are written to go."""
        return self.router.beside().read().serving

    def version(self, name: str) -> VersionState | None:
        """Version `name`, looked at by nobody in particular, once it has come to rest."""
        view = self.workload.beside()
        for _ in range(self.slow + 3):
            state = view.observe(name)
        return state

    def images(self) -> dict[str, str]:
        """The images users get."""
        state = self.version(self.serving())
        assert state is not None
        assert state.ready > 0
        return dict(state.images)


def switch(
    image: str | None = "shop:2",
    bake: float = 10.0,
    soak: float = 5.0,
    cleanup: Cleanup = Cleanup.KEEP,
    timeout: float = 300.0,
    adopt: str = "",
    dry_run: bool = False,
    keep_warm: float = 0.0,
    supersede: bool = False,
    on_drift: str = "fail",
) -> SwitchInputs:
    """What the user asks of blue-green-switch."""
    change = image_change(image) if image else None
    plan = Plan(bake, soak, keep_warm, cleanup, on_drift=OnDrift(on_drift))
    return SwitchInputs(change, plan, timeout, 90.0, adopt, dry_run, supersede)


def back(to_revision: int | None = None, dry_run: bool = False, timeout: float = 300.0) -> RollbackInputs:
    """What the user asks of rollback."""
    return RollbackInputs(timeout, 90.0, to_revision, "shop is slow", dry_run)
