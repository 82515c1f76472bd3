"""How long commands take to start, and a verify-health step on a healthy service, whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.bench.figures import Figure
from tests.cluster.harness.binaries import program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.shop import open_shop
from tests.cluster.harness.world import World

# An installed package has its bytecode; a checkout gets it in the round that is not counted.
_AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}


def startup_figures(cluster: Cluster, rounds: int) -> list[Figure]:
    """Start-up of `--version` and of each command's `--help`, and a whole verify-health."""
    python = [sys.executable, "-m", "pointsman"]
    figures = [
        Figure("pointsman --version", _timed([*python, "--version"], rounds), unit="s", bar="at most 0.15 s"),
        Figure("python -c pass (for comparison)", _timed([sys.executable, "-c", "pass"], rounds)),
    ]
    steps = ("blue-green-switch", "verify-health", "rollback", "status")
    figures += [Figure(f"pointsman {step} --help", _timed([*python, step, "--help"], rounds)) for step in steps]
    return [*figures, _health(cluster, rounds)]


def _health(cluster: Cluster, rounds: int) -> Figure:
    world = World(cluster)
    open_shop(world)
    verify = [sys.executable, "-m", "pointsman", "verify-health", "--namespace", world.namespace, "--service", "shop"]
    kubectl = [str(program("kubectl")), "-n", world.namespace, "rollout", "status", "deployment/shop-blue"]
    ours = [_once(cluster, verify) for _ in range(rounds + 1)][1:]
    rival = [_once(cluster, kubectl) for _ in range(rounds)]
    world.remove()
    name = "verify-health, healthy service (rival: kubectl rollout status, which asks nothing)"
    return Figure(name, ours, rival, bar="at most 1.2 s")


def _once(cluster: Cluster, argv: list[str]) -> float:
    started = time.monotonic()
    done = cluster.command(argv, env=_AS_INSTALLED)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - started


def _timed(argv: list[str], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds + 1):
        started = time.monotonic()
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **_AS_INSTALLED})
        times.append(time.monotonic() - started)
    return times[1:]
