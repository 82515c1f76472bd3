"""The played cluster that all points share: API server, proxy, the player; and how one run goes in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.harness.api import Api
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.gateway import install_gateway_api
from tests.cluster.harness.world import REPOSITORY
from tests.crash import proxy
from tests.crash.command import PACE, Ended, Running
from tests.crash.faults import Point, Request
from tests.crash.pulse import Pulse, beating
from tests.crash.scenarios import Command, Scenario
from tests.crash.world import World

PATIENCE = 120.0
"""Seconds for a run. Its own limits, ten minutes and five more for the way back, are over in 113 at its pace: what is
slow on a busy machine ends by itself before."""
PLAYED = "POINTSMAN_TEST_PLAYED"
"""Set where another process plays the node already."""


@dataclass(frozen=True)
class Done:
    """A run that is over: how it ended, what it asked for, and what it asked for after it had been sent a signal:
    at once, when it may not have heard it yet, and later."""

    ended: Ended
    requests: list[Request]
    met: set[Request]
    on_their_way: list[Request]
    since: list[Request]

    @property
    def locked(self) -> bool:
        """It has written, at least the lock."""
        return any(one.writes for one in self.requests)

    @property
    def wrote(self) -> bool:
        """It has written more than the lock."""
        return any(one.writes and not one.locks for one in self.requests)


class Stage:
    """Runs commands in worlds. `api` has every permission, runs go through `between`, `pace` times as fast as usual."""

    def __init__(self, api: Api, between: proxy.Proxy, pulse: Pulse, pace: float = PACE) -> None:
        self.api, self._between, self.pulse, self._pace = api, between, pulse, pace
        self._as_new: dict[str, deque[World]] = defaultdict(deque)

    def at_the_usual_pace(self) -> Stage:
        """For real pods, whose kube-proxy takes the time it takes."""
        return Stage(self.api, self._between, self.pulse, pace=1.0)

    def world(self, scenario: Scenario) -> World:
        """A world in which everything has happened that comes before the scenario's command, and nothing since."""
        with suppress(IndexError):
            return self._as_new[scenario.name].popleft()
        world = World(self.api)
        world.open(scenario.colours, scenario.selector, scenario.way)
        for command in scenario.before:
            self._prepare(world, command)
        return world

    def left(self, scenario: Scenario, world: World, done: Done) -> None:
        """What the scenario's command has left. Where it came to write nothing but the lock, the next trial begins
        there: opening a world is half of what a trial costs."""
        if done.wrote:
            return
        if done.locked and scenario.before:
            world.age_the_lock()
        elif done.locked:
            world.drop_the_lock()
        self._as_new[scenario.name].append(world)

    def _prepare(self, world: World, command: Command) -> None:
        done = self.run(world, command, *([command.struck] if command.struck else []))
        expected = -9 if command.struck else command.ends
        assert done.ended.exit_code == expected, f"before the scenario: {done.ended.told()}"
        world.age_the_lock()

    def run(self, world: World, command: Command, *points: Point, look: Callable[[], None] | None = None) -> Done:
        """One run to its end, with these things happening to it; `look` is called where it is only looked at."""
        with self.started(world, command, *points, look=look) as (running, tap):
            ended = running.finish(PATIENCE)
        return Done(ended, tap.requests, tap.met, tap.on_their_way, tap.since)

    @contextmanager
    def started(
        self, world: World, command: Command, *points: Point, look: Callable[[], None] | None = None
    ) -> Iterator[tuple[Running, proxy.Tap]]:
        """A run under way."""
        folder = Path(tempfile.mkdtemp(prefix="pointsman-crash-"))
        try:
            with self._between.tap(folder, points, look) as (tap, kubeconfig):
                running = Running([*command.arguments, "--namespace", world.name], kubeconfig, folder, self._pace)
                tap.runs_as(running.pid)
                yield running, tap
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def staged(cluster: Cluster) -> Iterator[Stage]:
    """The stage in a cluster that lives in a network namespace of this machine."""
    with ExitStack() as stack:
        api = Api(cluster.kubeconfig)
        if not os.environ.get(PLAYED):
            install_gateway_api(cluster)
            stack.enter_context(playing(cluster))
        pulse = stack.enter_context(beating(api))
        yield Stage(api, stack.enter_context(proxy.serving(api)), pulse)


@contextmanager
def playing(cluster: Cluster) -> Iterator[None]:
    """The played node, in a process of its own."""
    argv = [sys.executable, "-m", "tests.crash.played", "--kubeconfig", str(cluster.kubeconfig)]
    player = cluster.spawn(argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert player.stdout is not None
        assert player.stdout.readline() == "playing\n", "the played node did not come up"
        yield
    finally:
        player.kill()
        player.wait()
