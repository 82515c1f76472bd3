"""Fakes of every port, for tests of steps and of what others build on Pointsman.

They pass the same contract suites as the real adapters, remember what happened, and refuse what they were
not told about. Two fakes made with `beside()` look at the same world, as two runs of a pipeline do.
"""

from pointsman.testing.clock import FakeClock
from pointsman.testing.evidence import FakeObjects, FakeOwn, FakePages, FakeRuns, FakeScans
from pointsman.testing.failure import NextFailure
from pointsman.testing.guard import FakeDeadMan, FakeLockWatch
from pointsman.testing.judge import FakeJudge
from pointsman.testing.metrics import FakeMetrics
from pointsman.testing.prober import FakeProber
from pointsman.testing.record import FakeLock, FakeRecords
from pointsman.testing.router import FakeRouter
from pointsman.testing.witness import FakeForge, FakeProgress
from pointsman.testing.workload import FakeWorkload

__all__ = [
    "FakeClock",
    "FakeDeadMan",
    "FakeForge",
    "FakeJudge",
    "FakeLock",
    "FakeLockWatch",
    "FakeMetrics",
    "FakeObjects",
    "FakeOwn",
    "FakePages",
    "FakeProber",
    "FakeProgress",
    "FakeRecords",
    "FakeRouter",
    "FakeRuns",
    "FakeScans",
    "FakeWorkload",
    "NextFailure",
]
