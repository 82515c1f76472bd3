"""The table of what is tried: a world, what happened before, a command, and what it promises.

A new strategy joins the matrices with one entry here (docs/reliability.md shows how).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tests.crash.faults import Fault, Point, Request
from tests.crash.ways import GATEWAY_API, INGRESS_NGINX, ISTIO, Way

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


class Depth(Enum):
    """How much of a scenario the tests try: all; what happens around writes, looks before reads, and faults that pass,
    where another goes the same way in full; or nothing, where `make crash` has to do."""

    FULL = "full"
    WRITES = "writes"
    NONE = "none"


@dataclass(frozen=True)
class Beginning:
    """What a scenario has in common with the one called `scenario`: all requests before `until`. What happens at one of
    them is tried there, for up to it the two runs can't be told apart."""

    scenario: str
    until: Request


@dataclass(frozen=True)
class Scenario:
    """`colours` maps each version that is there to its image tag; `serving` is what the Service selects, or, where it
    has another `selector`, all its users are on, or what the `way` to it leads to. `before` has happened already.

    `again` is how the command ends when it is run after it had been done: (exit code, outcome). `shares` says which
    scenario asks for the same up to a request. Both and `depth` are for the tests; `make crash` tries everything."""

    name: str
    command: Command
    colours: Mapping[str, str] = field(default_factory=lambda: {"blue": "v1"})
    before: tuple[Command, ...] = ()
    again: tuple[int, str] = (0, "unchanged")
    serving: str = "blue"
    selector: Mapping[str, str] = field(default_factory=lambda: {"app": "shop", "version": "blue"})
    way: Way | None = None
    depth: Depth = Depth.FULL
    shares: Beginning | None = None


_POLICY = ("--on-inconclusive", "promote", "--on-no-data", "promote")
_NOT_BAD = ("--bake", "1s", "--interval", "5s", "--patience", "0s", *_POLICY)
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
    way: Way | None = None,
) -> Command:
    """canary-step with short waits, judged by the pods' own answers; by the numbers of pods, or another `way`."""
    options = ("--service", "shop", "--workload", "deployment/shop", "--image", IMAGE.format(tag), *walk)
    waits = ("--metrics", "probes", "--probes", "3", "--warm-up", "0s", "--soak", "1s", "--drain", "1s")
    return Command("canary-step", (*options, *waits, *judged, *(way.options if way else ())), ends)


ROLLBACK = Command("rollback", ("--service", "shop"))
VERIFY = Command("verify-health", ("--service", "shop", "--workload", "deployment/shop-blue"))
PROMOTE = Command("promote", ("--service", "shop", "--soak", "1s", "--drain", "1s"))
ABORT = Command("abort", ("--service", "shop"))
_BOTH = {"blue": "v1", "green": "v0"}
_UNTIL_USERS_MOVE = Beginning("switch, idle colour there", Request("PATCH services/shop"))
_UNTIL_PODS_START = Beginning("switch, idle colour missing", Request("PATCH deployments/shop-green"))
_UNTIL_A_CANARY_STARTS = Beginning("canary, promoted", Request("PATCH deployments/shop-canary"))
_UNTIL_USERS_MEET_IT = Beginning("canary, promoted", Request("PUT configmaps/pointsman-shop", 2))
_UNTIL_A_ROUTED_ONE_STARTS = Beginning("routed canary, promoted", Request("PATCH deployments/shop-canary"))
_IN_FLIGHT = canary(walk=("--weight", "50"))
_ROUTED_IN_FLIGHT = canary(walk=("--weight", "50"), way=GATEWAY_API)
_USERS_MOVED = Point(Request("PATCH services/shop"), Fault.KILL_AFTER)
_PODS_STARTED = Point(Request("POST deployments"), Fault.KILL_AFTER)


def beside(
    name: str,
    command: Command,
    *before: Command,
    ends: str = "unchanged",
    way: Way | None = None,
    depth: Depth = Depth.WRITES,
    shares: Beginning | None = None,
) -> Scenario:
    """A scenario of a canary: the Service selects the pods of both versions, or has a `way` to it."""
    selector = {"app": "shop", "track": "stable"} if way else {"app": "shop"}
    return Scenario(name, command, {"shop": "v1"}, before, (command.ends, ends), "shop", selector, way, depth, shares)


def by_hand(way: Way) -> list[Scenario]:
    """What a canary by one more way is tried with."""
    promoted, in_flight = canary(way=way), canary(walk=("--weight", "50"), way=way)
    return [
        beside(f"{way.router} canary, promoted", promoted, way=way, depth=Depth.NONE),
        beside(f"{way.router} canary in flight, promote", PROMOTE, in_flight, way=way, depth=Depth.NONE),
        beside(f"{way.router} canary in flight, abort", ABORT, in_flight, way=way, depth=Depth.NONE),
    ]


SCENARIOS = [
    Scenario("switch, idle colour missing", switch()),
    Scenario("switch, idle colour there", switch(), _BOTH),
    Scenario("switch, cleanup scale-down", switch(cleanup="scale-down"), _BOTH, shares=_UNTIL_USERS_MOVE),
    Scenario("switch, cleanup update", switch(cleanup="update"), _BOTH, shares=_UNTIL_USERS_MOVE),
    Scenario("switch, candidate crashes", switch("crash", ends=10), again=(10, "rejected"), shares=_UNTIL_PODS_START),
    Scenario(
        "switch, candidate goes bad with users",
        switch("late", ends=10, bake="10s"),
        _BOTH,
        again=(10, "rejected"),
        shares=_UNTIL_USERS_MOVE,
    ),
    Scenario("rollback while idle", ROLLBACK),
    Scenario("rollback after a switch", ROLLBACK, before=(switch(),)),
    Scenario("rollback before users moved", ROLLBACK, before=(switch(struck=_PODS_STARTED),)),
    Scenario("rollback after users moved", ROLLBACK, _BOTH, before=(switch(struck=_USERS_MOVED),)),
    Scenario("verify-health", VERIFY, again=(0, "healthy")),
    beside("canary, promoted", canary(), depth=Depth.FULL),
    beside("canary, candidate crashes", canary("crash", ends=10), ends="rejected", shares=_UNTIL_A_CANARY_STARTS),
    beside(
        "canary, candidate goes bad with users",
        canary("late", judged=_GOOD, ends=10),
        ends="rejected",
        shares=_UNTIL_USERS_MEET_IT,
    ),
    beside("canary in flight, promote", PROMOTE, _IN_FLIGHT),
    beside("canary in flight, abort", ABORT, _IN_FLIGHT),
    beside("canary in flight, rollback", ROLLBACK, _IN_FLIGHT),
    beside("canary promoted, rollback", ROLLBACK, canary()),
    beside("routed canary, promoted", canary(way=GATEWAY_API), way=GATEWAY_API),
    beside(
        "routed canary, candidate crashes",
        canary("crash", ends=10, way=GATEWAY_API),
        ends="rejected",
        way=GATEWAY_API,
        shares=_UNTIL_A_ROUTED_ONE_STARTS,
    ),
    beside("routed canary in flight, promote", PROMOTE, _ROUTED_IN_FLIGHT, way=GATEWAY_API),
    beside("routed canary in flight, abort", ABORT, _ROUTED_IN_FLIGHT, way=GATEWAY_API),
    *by_hand(ISTIO),
    *by_hand(INGRESS_NGINX),
]


def scenario_named(name: str) -> Scenario:
    """The scenario called `name`. Raises LookupError listing all names."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise LookupError(f"no scenario {name!r}; there are: {', '.join(one.name for one in SCENARIOS)}")
