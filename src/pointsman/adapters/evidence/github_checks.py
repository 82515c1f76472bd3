"""Commit statuses and check runs of this commit on GitHub. Reads only (`statuses: read`, `checks: read`)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pointsman.adapters.forges.github import repository_of
from pointsman.adapters.forges.github_refusals import sentence_of
from pointsman.adapters.forges.github_target import Target, obstacle
from pointsman.adapters.forges.messenger import SECONDS_PER_CALL
from pointsman.model.readiness import TestRun

MOST = 500
"""Results that are read of one commit."""

_STATES = {"success": "success", "failure": "failure", "error": "failure"}
_CONCLUSIONS = {
    "success": "success", "failure": "failure", "timed_out": "failure", "cancelled": "failure",
    "action_required": "failure", "startup_failure": "failure", "skipped": "empty", "neutral": "empty",
    "stale": "empty",
}  # fmt: skip


class GitHubChecks:
    """The results on the commit that `target` names."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def runs(self) -> tuple[TestRun, ...] | str:
        """The results, or why GitHub does not give them."""
        hindrance = obstacle(self._target)
        if hindrance:
            return f"GitHub is not asked for results, because {hindrance}"
        try:
            return tuple(islice(self._runs(), MOST))
        except Exception as refusal:  # whatever the client raises: without evidence the answer is unknown
            return sentence_of("the question for results of this commit", refusal, SECONDS_PER_CALL)

    def _runs(self) -> Iterator[TestRun]:
        commit = repository_of(self._target).get_commit(self._target.sha)
        told = set()
        for status in commit.get_statuses():  # every one there ever was, the newest first
            if status.context not in told:
                told.add(status.context)
                yield status_run(status)
        for run in commit.get_check_runs(filter="latest"):
            yield check_run(run)


def status_run(status: Any) -> TestRun:
    """A commit status as a result."""
    state = _STATES.get(status.state, "pending")
    return TestRun(status.context, state, f"commit status {status.state}")


def check_run(run: Any) -> TestRun:
    """A check run as a result; what was skipped proves nothing."""
    if run.status != "completed":
        return TestRun(run.name, "pending", f"check run {run.status}")
    return TestRun(run.name, _CONCLUSIONS.get(run.conclusion, "empty"), f"check run {run.conclusion}")
