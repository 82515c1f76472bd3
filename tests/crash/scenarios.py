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
    """`colours` maps each colour that is there to its image tag; blue serves. `before` has happened already.

    `again` is how the command ends when it is run after it had been done: (exit code, outcome)."""

    name: str
    command: Command
    colours: Mapping[str, str] = field(default_factory=lambda: {"blue": "v1"})
    before: tuple[Command, ...] = ()
    again: tuple[int, str] = (0, "unchanged")


def switch(
    tag: str = "v2", cleanup: str = "keep", ends: int = 0, struck: Point | None = None, bake: str = "2s"
) -> Command:
    """blue-green-switch to an image tag, with short waits."""
    options = ("--service", "shop", "--image", IMAGE.format(tag), "--cleanup", cleanup)
    return Command("blue-green-switch", (*options, "--soak", "1s", "--bake", bake), ends, struck)


ROLLBACK = Command("rollback", ("--service", "shop"))
VERIFY = Command("verify-health", ("--service", "shop", "--workload", "deployment/shop-blue"))
_BOTH = {"blue": "v1", "green": "v0"}
_USERS_MOVED = Point(Request("PATCH services/shop"), Fault.KILL_AFTER)
_PODS_STARTED = Point(Request("POST deployments"), Fault.KILL_AFTER)

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
]


def scenario_named(name: str) -> Scenario:
    """The scenario called `name`. Raises LookupError listing all names."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise LookupError(f"no scenario {name!r}; there are: {', '.join(one.name for one in SCENARIOS)}")
