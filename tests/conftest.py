"""A cluster for the whole session, for every tier that needs one.

Under CI a machine that can't run these tests is a failure; elsewhere it is a skip that says what to do.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.cluster.harness import binaries, packages
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.local_cluster import LocalCluster
from tests.cluster.harness.provider import provide, provider

# A shell that starts us in the background leaves SIGINT ignored, and what we start would inherit that: no launcher
# could be cancelled. With a handler here, every child begins with the default.
signal.signal(signal.SIGINT, signal.default_int_handler)

_MATRICES = ("tests/crash/test_matrices.py", "tests/crash/test_mutants.py", "tests/crash/test_rows.py")
_SECOND_HALF = ("[canary,", "[routed-canary", "-users-moved", "[rollback-after-a-switch")
_TOGETHER = {"tests/actions/": "rehearsals", "tests/images/": "rehearsals", "tests/contract/": "contracts"}
_LONG = (
    "matrices, second half",
    "matrices",
    "rehearsals",
    "contracts",
    "tests/demo/",
    "tests/cluster/",
    "tests/crash/",
    "tests/stateful/",
    "tests/",
)


def part_of(nodeid: str) -> str:
    """What one worker does in one go: the crash matrices, which share what they have learned, in halves of about the
    same length, for together they take an hour and wait half of it; the rehearsals, which share a Docker server; the
    contracts, which share four routers; of all else one file."""
    if nodeid.startswith(_MATRICES):
        return "matrices, second half" if any(one in nodeid for one in _SECOND_HALF) else "matrices"
    shared = (part for folder, part in _TOGETHER.items() if nodeid.startswith(folder))
    return next(shared, nodeid.split("::")[0])


class Parts(LoadScopeScheduling):
    """Gives out the parts in the order of the collection: the longest begin, small ones fill the gaps at the end.

    (`--dist loadgroup` would be the usual way; its groups are lost on pytest 9.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Parts:
    """See `Parts`; called where there are several workers."""
    config.option.loadscopereorder = False
    return Parts(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest parts first."""
    items.sort(key=lambda item: next(rank for rank, name in enumerate(_LONG) if part_of(item.nodeid).startswith(name)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many points the crash matrices tried, and how many were survived."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    lines = [str(text) for report in reports for name, text in report.user_properties if name == "crash"]
    if lines:
        terminalreporter.section("crash and fault matrices: points survived")
        terminalreporter.write("\n".join([*lines, ""]))


def obstacle() -> str | None:
    """Why no local cluster can run here, or None."""
    if os.geteuid() != 0:
        return "a cluster needs root (network namespaces, mounts); or set POINTSMAN_TEST_KUBECONFIG"
    absent = packages.missing(packages.CLUSTER)
    absent += [name for family in binaries.CLUSTER for name in binaries.missing(family)]
    return f"run `python -m tests.cluster.harness build` first: no {', '.join(absent)}" if absent else None


@pytest.fixture(scope="session")
def machine() -> None:
    """Says that this machine can run a local cluster."""
    reason = obstacle()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster that is Ready; ended after the last test if it was started here."""
    with _provided(request) as provided:
        yield provided


@pytest.fixture(scope="session")
def bare_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """For tests that play the nodes themselves: one without any, unless we were given a cluster."""
    with _provided(request, bare=True) as provided:
        yield provided


@contextmanager
def _provided(request: pytest.FixtureRequest, bare: bool = False) -> Iterator[Cluster]:
    if provider() is LocalCluster:
        request.getfixturevalue("machine")
    provided = provide(bare)
    provided.start()
    try:
        yield provided
    finally:
        provided.stop()
