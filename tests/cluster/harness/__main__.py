"""The test cluster by hand: build [program ...] | up | status | kubectl ... | run ... | down."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys

from tests.cluster.harness import binaries, images, load, modules, node_programs, packages, state
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.local_cluster import LocalCluster
from tests.cluster.harness.provider import RunningCluster
from tests.images import registry


def _build(names: list[str]) -> None:
    """Build what tests need; of the programs in Go only the cluster and the families of these names, if there are any.
    Raises LookupError for a name that no family has."""
    packages.install(packages.CLUSTER, packages.CONTAINERS)
    binaries.build(*(binaries.chosen(names) if names else binaries.EVERYTHING))
    modules.fetch(*modules.EVERYTHING)
    node_programs.install()
    images.archive()
    load.generator()
    registry.program()


def _up() -> None:
    if state.interactive() is None:
        packages.install(packages.CLUSTER)
        binaries.build(*binaries.CLUSTER)
        cluster = LocalCluster()
        cluster.start()
        state.write(dataclasses.replace(cluster.record, owner=None))
        for milestone, seconds in cluster.timings.items():
            print(f"{seconds:6.1f} s  {milestone}")
    _status()


def _status() -> None:
    cluster = RunningCluster()
    print(f"export KUBECONFIG={cluster.kubeconfig}   # reaches the API from anywhere on this machine")
    print(f"nsenter --net={cluster.netns}   # a shell that reaches pods and cluster IPs, too")


def _down() -> None:
    for record in state.records():
        if record.owner is None or record.abandoned:
            state.end(record)
            print(f"{record.name} is gone")


def _execute(cluster: Cluster, argv: list[str]) -> None:
    """Become the command, so signals, terminal and exit code are its own."""
    sys.stdout.flush()
    command = cluster.argv(argv)
    os.execvpe(command[0], command, cluster.environment())  # noqa: S606 - no shell is wanted


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.harness", description=__doc__)
    parser.add_argument("verb", choices=["build", "up", "status", "kubectl", "run", "down"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for kubectl, the command to run, or what to build")
    return parser.parse_args()


def main() -> None:
    chosen = _parsed()
    match chosen.verb:
        case "kubectl":
            _execute(RunningCluster(), [str(binaries.program("kubectl")), *chosen.arguments])
        case "run":
            _execute(RunningCluster(), chosen.arguments)
        case "build":
            _build(chosen.arguments)
        case verb:
            {"up": _up, "status": _status, "down": _down}[verb]()


if __name__ == "__main__":
    try:
        main()
    except (binaries.MissingToolError, LookupError) as error:
        sys.exit(str(error))
