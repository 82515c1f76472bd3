"""The table of what is tried: a world, what happened before, a command, and what it promises.

A new strategy joins the matrices with one entry here (docs/reliability.md shows how).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.crash.faults import Fault, Point, Request

IMAGE = "localhost/app:{}"


@dataclass(frozen=True)
class Command:
    """A command line without its namespace, and how it must end when nothing happens to it."""

    step: str
    options: tuple[str, ...] = ()
    ends: int = 0
    struck: Point | None = None
    """For what happened before: where that run died."""

    @property
    def arguments(self) -> list[str]:
        """The command line."""
        return [self.step, *self.options]


@dataclass(frozen=True)
class Scenario:
    """`colours` maps each version that is there to its image tag; `serving` is what the Service selects, or, where it
    has another `selector`, all its users are on. `before` has happened already.

    `again` is how the command ends when it is run after it had been done: (exit code, outcome). A `brief` one goes
    through what another goes through in full, so the tests only kill it, around each write; `make crash` tries all."""

    name: str
    command: Command
    colours: Mapping[str, str] = field(default_factory=lambda: {"blue": "v1"})
    before: tuple[Command, ...] = ()
    again: tuple[int, str] = (0, "unchanged")
    serving: str = "blue"
    selector: Mapping[str, str] = field(default_factory=lambda: {"app": "shop", "version": "blue"})
    brief: bool = False


_POLICY = ("--on-inconclusive", "promote", "--on-no-data", "promote")
_NOT_BAD = ("--bake", "4s", "--interval", "3s", "--patience", "0s", *_POLICY)
"""A candidate goes on that nothing is known against: enough where all is well, and quick."""
_GOOD = ("--bake", "5s", "--interval", "1s", "--mode", "point", "--objective", "error-rate ok<5% rollback>20%")
"""A candidate goes on that was good five times, and is undone when it was bad twice."""


def switch(
    tag: str = "v2", cleanup: str = "keep", ends: int = 0, struck: Point | None = None, bake: str = "2s"
) -> Command:
    """blue-green-switch to an image tag, with short waits."""
    options = ("--service", "shop", "--image", IMAGE.format(tag), "--cleanup", cleanup)
    return Command("blue-green-switch", (*options, "--soak", "1s", "--bake", bake), ends, struck)


def canary(
    tag: str = "v2",
    walk: tuple[str, str] = ("--weights", "50"),
    judged: tuple[str, ...] = _NOT_BAD,
    ends: int = 0,
    struck: Point | None = None,
) -> Command:
    """canary-step by the numbers of pods, with short waits, judged by the pods' own answers."""
    options = ("--service", "shop", "--workload", "deployment/shop", "--image", IMAGE.format(tag), *walk)
    waits = ("--metrics", "probes", "--warm-up", "0s", "--soak", "1s", "--drain", "1s")
    return Command("canary-step", (*options, *waits, *judged), ends, struck)


ROLLBACK = Command("rollback", ("--service", "shop"))
VERIFY = Command("verify-health", ("--service", "shop", "--workload", "deployment/shop-blue"))
PROMOTE = Command("promote", ("--service", "shop", "--soak", "1s", "--drain", "1s"))
ABORT = Command("abort", ("--service", "shop"))
_BOTH = {"blue": "v1", "green": "v0"}
_IN_FLIGHT = canary(walk=("--weight", "50"))
_USERS_MOVED = Point(Request("PATCH services/shop"), Fault.KILL_AFTER)
_PODS_STARTED = Point(Request("POST deployments"), Fault.KILL_AFTER)


def beside(
    name: str,
    command: Command,
    *before: Command,
    again: tuple[int, str] = (0, "unchanged"),
    brief: bool = True,
) -> Scenario:
    """A scenario of a canary: the Service selects the pods of both versions."""
    return Scenario(name, command, {"shop": "v1"}, before, again, "shop", {"app": "shop"}, brief)


SCENARIOS = [
    Scenario("switch, idle colour missing", switch()),
    Scenario("switch, idle colour there", switch(), _BOTH),
    Scenario("switch, cleanup scale-down", switch(cleanup="scale-down"), _BOTH),
    Scenario("switch, cleanup update", switch(cleanup="update"), _BOTH),
    Scenario("switch, candidate crashes", switch("crash", ends=10), again=(10, "rejected")),
    Scenario(
        "switch, candidate goes bad with users", switch("late", ends=10, bake="10s"), _BOTH, again=(10, "rejected")
    ),
    Scenario("rollback while idle", ROLLBACK),
    Scenario("rollback after a switch", ROLLBACK, before=(switch(),)),
    Scenario("rollback before users moved", ROLLBACK, before=(switch(struck=_PODS_STARTED),)),
    Scenario("rollback after users moved", ROLLBACK, _BOTH, before=(switch(struck=_USERS_MOVED),)),
    Scenario("verify-health", VERIFY, again=(0, "healthy")),
    beside("canary, promoted", canary(), brief=False),
    beside("canary, candidate crashes", canary("crash", ends=10), again=(10, "rejected")),
    beside("canary, candidate goes bad with users", canary("late", judged=_GOOD, ends=10), again=(10, "rejected")),
    beside("canary in flight, promote", PROMOTE, _IN_FLIGHT),
    beside("canary in flight, abort", ABORT, _IN_FLIGHT),
    beside("canary in flight, rollback", ROLLBACK, _IN_FLIGHT),
    beside("canary promoted, rollback", ROLLBACK, canary()),
]


def scenario_named(name: str) -> Scenario:
    """The scenario called `name`. Raises LookupError listing all names."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise LookupError(f"no scenario {name!r}; there are: {', '.join(one.name for one in SCENARIOS)}")
