"""Adding a failing instance's last words to the problem a strategy found."""

from __future__ import annotations

from dataclasses import replace

from pointsman.model.version import Problem
from pointsman.ports.workload import ExplainsTrouble, Workload


def explained(workload: Workload, name: str, problem: Problem | None) -> Problem | None:
    """`problem` with the last log lines and events of the pod it names, where the platform can tell them."""
    if problem is None or not isinstance(workload, ExplainsTrouble):
        return problem
    log, events = workload.last_words(name, problem.pod)
    return replace(problem, log=log, events=events)
