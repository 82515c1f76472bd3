"""A verified switch against the script people write: set image, rollout status, patch the Service.

Both colours are ready beforehand. `effective` is counted from the moment the Service's selector was seen to change:
for the script until the load generator met the old version for the last time (the script itself looks no further),
for Pointsman until it reported the effect as observed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.figures import Figure
from tests.cluster.harness.binaries import program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.load import Load
from tests.cluster.harness.shop import blue, green, open_shop
from tests.cluster.harness.watch import Watch
from tests.cluster.harness.world import World

_RATE = 100.0
_BAKE = "60s"


@dataclass(frozen=True)
class Taken:
    """One switch: seconds from the selector's change to effective, of the whole command, failed requests."""

    effective: float
    whole: float
    failed: int
    requests: int = 0


def switch_figures(cluster: Cluster, rounds: int) -> list[Figure]:
    """The figures of `rounds` switches by each side, in turn."""
    pairs = list(_rounds(cluster, rounds))
    ours, script = [one for one, _ in pairs], [one for _, one in pairs]
    default = [_ours(cluster, _BAKE)]
    return [
        Figure(
            "selector changed to effective (ours: verified with 60 requests)",
            [one.effective for one in ours],
            [one.effective for one in script],
            bar="ratio at most 1.5",
        ),
        Figure("whole switch, image already on green", [one.whole for one in ours], [one.whole for one in script]),
        Figure(
            "failed requests under 100/s, all switches",
            [sum(one.failed for one in [*ours, *default])],
            [max(sum(one.failed for one in script), 0)] if any(one.failed for one in script) else (),
            "count",
            "0",
        ),
        Figure(
            f"API requests of one switch, bake {_BAKE}",
            [one.requests for one in default],
            unit="count",
            bar="at most 30",
        ),
    ]


def _rounds(cluster: Cluster, rounds: int) -> Iterator[tuple[Taken, Taken]]:
    for _ in range(rounds):
        yield _ours(cluster, "0s"), _script(cluster)


def _shop(cluster: Cluster) -> World:
    world = World(cluster)
    open_shop(world, blue("v1"), green("v2"))
    world.wait_serving("shop", "v1")
    return world


def _ours(cluster: Cluster, bake: str) -> Taken:
    world = _shop(cluster)
    options = {"namespace": world.namespace, "service": "shop", "image": "localhost/app:v2", "soak": "0s", "bake": bake}
    options |= {"url": world.url("shop"), "version-header": "X-Version", "output": "json", "config": ""}
    argv = [
        sys.executable,
        "-m",
        "pointsman",
        "blue-green-switch",
        *(f"--{key}={value}" for key, value in options.items()),
    ]
    with Load(cluster, world.url("shop"), rate=_RATE) as load, Watch(world, "services") as services:
        started = time.time()
        process = cluster.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        seen = _time_of(process, "fresh requests were answered by")
        output = process.stdout.read() if process.stdout else ""
        assert process.wait() == 0, output
        whole, counts = time.time() - started, load.stop()
    patched = _patched(services, started)
    requests = int(json.loads(output)["details"]["api_requests"])
    world.remove()
    return Taken(seen - patched, whole, counts.failed, requests)


def _script(cluster: Cluster) -> Taken:
    world = _shop(cluster)
    kubectl = f"{program('kubectl')} -n {world.namespace}"
    patch = '{"spec":{"selector":{"app":"shop","version":"green"}}}'
    script = (
        f"{kubectl} set image deployment/shop-green app=localhost/app:v2 && "
        f"{kubectl} rollout status deployment/shop-green && {kubectl} patch service shop -p '{patch}'"
    )
    with Load(cluster, world.url("shop"), rate=_RATE) as load, Watch(world, "services") as services:
        started = time.time()
        done = cluster.command(["sh", "-c", script])
        assert done.returncode == 0, done.stderr
        whole = time.time() - started
        time.sleep(5)
        counts = load.stop()
    patched = _patched(services, started)
    world.remove()
    return Taken(counts.last_answer["v1"] - patched, whole, counts.failed)


def _patched(services: Watch, since: float) -> float:
    """When the selector was seen to name green."""
    return next(
        one.at for one in services.seen if one.at > since and one.object["spec"]["selector"]["version"] == "green"
    )


def _time_of(process: subprocess.Popen[str], words: str) -> float:
    """When a line with these words came from the process."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return time.time()
    raise AssertionError(f"no line with {words!r}: {''.join(lines)}")
