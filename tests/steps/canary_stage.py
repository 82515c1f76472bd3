"""A shop with a stable version and room for a canary, made of fakes, on which whole steps are run.

It is the shop of `stage.py` with two other names, a router that knows every weight, a metric source and a judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pointsman.model.drift import OnDrift
from pointsman.model.evidence import Verdict
from pointsman.model.image import image_change
from pointsman.model.result import Result
from pointsman.model.split import Match
from pointsman.model.version import Problem
from pointsman.steps import canary_step, rollback
from pointsman.steps.canary_step import CanaryInputs
from pointsman.steps.in_a_hurry import HurryInputs
from pointsman.steps.site import CanarySite, Site
from pointsman.strategy.canary_seen import Leftover, Plan, Policy, Weight
from pointsman.testing import (
    FakeJudge,
    FakeMetrics,
    FakeProber,
    FakeRouter,
    FakeWorkload,
)
from tests.steps.stage import MortalLock, Stage, back

STABLE, CANARY = "shop", "shop-canary"
OLD, NEW, NEWER = {"app": "shop:1"}, {"app": "shop:2"}, {"app": "shop:3"}
CRASH = Problem("CrashLoopBackOff", "shop-canary-1", "exit code 1")
Said = Verdict | list[Verdict]


@dataclass
class CanaryStage(Stage):
    """The shop: `shop` serves shop:1 with four instances, there is no canary yet. `verdicts` is what the judge says."""

    instances: int = 4
    verdicts: dict[int, Said] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        images = {"shop:1": None, "shop:2": None, "shop:3": None, "shop:bad": CRASH}
        self.workload = FakeWorkload(images, self.slow, self.clock, failure=self.failure)
        self.workload.place(STABLE, OLD, self.instances)
        self.router = FakeRouter(STABLE, CANARY, self.lag, failure=self.failure)
        self.prober = FakeProber({STABLE: 200, CANARY: 200})
        self.lock = MortalLock("run-1", self.clock)
        self.judge = FakeJudge(self.verdicts)
        self.metrics = FakeMetrics(self.clock, STABLE, CANARY, meanwhile=self.serve)
        self.traffic = True

    def serve(self, seconds: float) -> None:
        """What goes on all the time: a hundred requests a second, as far as there is traffic."""
        for _ in range(int(seconds * 100) if self.traffic else 0):
            self.metrics.serve(self.router.request(), 1)

    def canary(self) -> CanarySite:
        """This run's view, as canary-step has it."""
        shared = self.ports()
        return CanarySite(**shared, stable=STABLE, candidate=CANARY, metrics=self.metrics, judge=self.judge)

    def site(self) -> Site:
        """This run's view, as rollback has it."""
        return Site(**self.ports(), blue=STABLE, green=CANARY)

    def ports(self) -> dict[str, object]:
        """The ports that both views share."""
        view = super().site()
        names = ("service", "workload", "records", "lock", "clock", "progress", "run", "release_key", "stamps")
        return {name: getattr(view, name) for name in (*names, "router", "prober", "dead_man")}

    def again(self) -> Site:
        """The next run's view, by another process, whose judge has heard nothing yet."""
        self.judge = self.judge.beside()
        return super().again()

    def weight(self) -> int:
        """Percent that is written to go to the canary."""
        return self.router.beside().read().weight

    def once_at(self, weight: int, act: object) -> None:
        """Let `act` happen at the first moment that passes with this weight written."""
        self.clock.acts.append((lambda: self.weight() == weight, act))  # type: ignore[arg-type]

    def run(self, inputs: CanaryInputs | None = None) -> Result:
        """Run canary-step as the first run."""
        return canary_step.run(self.canary(), inputs or walk())

    def run_again(self, inputs: CanaryInputs | None = None) -> Result:
        """Run canary-step as the next run."""
        self.again()
        return canary_step.run(self.canary(), inputs or walk())

    def roll_back(self, timeout: float = 300.0, to_revision: int | None = None) -> Result:
        """Run rollback as the next run."""
        self.again()
        return rollback.run(self.canary(), back(to_revision, timeout=timeout))

    def weights(self) -> list[int]:
        """Each weight that was ever written."""
        return [split.weight for split in self.router.writes]


def plan(**wishes: object) -> Plan:
    """5, 30 and 100 percent, ten seconds each, unless wished otherwise."""
    usual = Plan((Weight(5, 10.0), Weight(30, 10.0), Weight(100, 10.0)), soak=2.0, timeout=60.0, drain=5.0)
    return replace(usual, **wishes)  # type: ignore[arg-type]


def walk(image: str | None = "shop:2", on_drift: str = "fail", dry_run: bool = False, **wishes: object) -> CanaryInputs:
    """What the user asks of canary-step: all weights, and promotion."""
    change = image_change(image) if image else None
    return CanaryInputs(change, plan(on_drift=OnDrift(on_drift), **wishes), 90.0, dry_run)


def hurry(reason: str = "", dry_run: bool = False, timeout: float = 60.0) -> HurryInputs:
    """What the user asks of promote and abort."""
    return HurryInputs(timeout, 90.0, soak=2.0, drain=5.0, by="ada", reason=reason, dry_run=dry_run)


def for_testers(rule: Match | None, **wishes: object) -> CanaryInputs:
    """What the user asks of canary-step: that testers reach the new version, and nobody else."""
    return walk(weights=(), promote=False, testers=rule, **wishes)


def step(percent: int, image: str | None = "shop:2", **wishes: object) -> CanaryInputs:
    """What the user asks of canary-step: one weight, and to leave it there."""
    return walk(image, weights=(Weight(percent, 10.0),), promote=False, **wishes)


__all__ = [
    "CANARY",
    "NEW",
    "NEWER",
    "OLD",
    "STABLE",
    "CanaryStage",
    "Leftover",
    "Policy",
    "hurry",
    "plan",
    "step",
    "walk",
]
