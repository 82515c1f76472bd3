"""Jobs and commit statuses of this commit on GitLab. Reads only (a token of scope `read_api`, role Reporter).

One list has both: each job of each pipeline of the commit is a commit status of its name, beside those that others
have set. The job's own token cannot read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pointsman.adapters.forges.gitlab import PATIENT, client_of
from pointsman.adapters.forges.gitlab_refusals import TO_READ, sentence_of
from pointsman.adapters.forges.gitlab_target import GitLabTarget, obstacle
from pointsman.adapters.forges.messenger import SECONDS_PER_CALL
from pointsman.model.readiness import TestRun

MOST = 500
"""Results that are read of one commit."""
_A_PAGE = 100
_NOT_READ = (
    "CI_JOB_TOKEN cannot read the results of jobs; give a project access token of scope read_api as the masked "
    "variable POINTSMAN_GITLAB_TOKEN"
)
_STATES = {
    "success": "success", "failed": "failure", "canceled": "failure", "canceling": "failure",
    "skipped": "empty", "manual": "empty",
}  # fmt: skip


class GitLabChecks:
    """The results on the commit that `target` names."""

    def __init__(self, target: GitLabTarget) -> None:
        self._target = target

    def runs(self) -> tuple[TestRun, ...] | str:
        """The results, or why GitLab does not give them."""
        hindrance = obstacle(self._target) if self._target.token else _NOT_READ
        if hindrance:
            return f"GitLab is not asked for results, because {hindrance}"
        try:
            return tuple(_newest(islice(self._statuses(), MOST)))
        except Exception as refusal:  # whatever the client raises: without evidence the answer is unknown
            return sentence_of("the question for results of this commit", refusal, SECONDS_PER_CALL, TO_READ)

    def _statuses(self) -> Iterator[Any]:
        project = client_of(self._target).projects.get(int(self._target.project), lazy=True)
        commit = project.commits.get(self._target.sha, lazy=True)
        return iter(commit.statuses.list(iterator=True, per_page=_A_PAGE, **PATIENT))


def _newest(statuses: Iterator[Any]) -> Iterator[TestRun]:
    """Of each name the status that was made last: a commit may have several pipelines."""
    newest: dict[str, Any] = {}
    for status in sorted(statuses, key=lambda one: int(one.id)):
        newest[status.name] = status
    return (run_of(status) for status in newest.values())


def run_of(status: Any) -> TestRun:
    """A job or a commit status as a result; what was skipped, or waits for a person, proves nothing."""
    return TestRun(status.name, _STATES.get(status.status, "pending"), f"job or commit status {status.status}")
