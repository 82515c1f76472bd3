"""Reports to GitHub: a commit status, and on request a deployment with its statuses.

Objects written: commit statuses of one context on one commit (`statuses: write`), and one deployment of that
commit with its statuses (`deployments: write`). Nothing is read. What GitHub refuses becomes one sentence.

The rendering of a status comes in as `lines` (`report/status_line.py` has it). Calls are made in the background, and
what takes too long is lost (`messenger.py`). So a cancelled run no longer says that it has begun, and closes its
deployment first of all: one left in progress would look like a release for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pointsman.adapters.forges.addresses import web_url
from pointsman.adapters.forges.github_refusals import insist, is_final, sentence_of
from pointsman.adapters.forges.github_target import Target, Wishes, complaints, obstacle
from pointsman.adapters.forges.messenger import SECONDS_PER_CALL, Messenger
from pointsman.model.result import Outcome, Result
from pointsman.ports.forge import Line, Lines

if TYPE_CHECKING:
    from github.Deployment import Deployment
    from github.GithubObject import _NotSetType
    from github.Repository import Repository

# A deployment says "this commit serves in this environment": after these it does not, though nothing failed.
_DOES_NOT_SERVE = {
    Outcome.ROLLED_BACK,
    Outcome.PLANNED,
    Outcome.KNOWN,
    Outcome.ADVANCED,
    Outcome.READY,
    Outcome.NOT_READY,
}
_NOT_PROVEN = {Outcome.CANCELLED}


class GitHubForge:
    """The forge of one step in a job on GitHub, or in a rehearsal of it with act."""

    def __init__(self, target: Target, wishes: Wishes, lines: Lines) -> None:
        self._target = target
        self._wishes = wishes
        self._lines = lines
        self._mute = bool(obstacle(target))
        self._messenger = Messenger("GitHub", sentence_of, is_final)
        self._cut_short = False
        self._repository: Repository | None = None
        self._deployment: Deployment | None = None

    def announce(self, step: str, subject: str) -> list[str]:
        """Set the status to pending and open the deployment, without waiting: trouble is said by `report`."""
        line = self._lines.pending(step, subject)
        self._send("commit status", self._wishes.status, lambda: self._begin(self._post_status, line))
        self._send("deployment", self._wishes.deploys, lambda: self._begin(self._open_deployment, line))
        return complaints(self._target, self._wishes)

    def report(self, result: Result) -> list[str]:
        """Set the final status and close the deployment; what could not be said since the beginning."""
        line = self._lines.final(result)
        state = deployment_state(line.state, result.outcome)
        self._cut_short = result.outcome is Outcome.CANCELLED
        self._send("deployment", self._wishes.deploys, lambda: self._mark_deployment(state, line))
        self._send("commit status", self._wishes.status, lambda: self._post_status(line))
        return self._messenger.close(self._cut_short)

    def _send(self, what: str, wished: bool, call: Callable[[], None]) -> None:
        if wished and not self._mute:
            self._messenger.send(what, call)

    def _begin(self, say: Callable[[Line], None], line: Line) -> None:
        if not self._cut_short:
            say(line)

    def _post_status(self, line: Line) -> None:
        self._repository = self._repository or repository_of(self._target)
        commit = self._repository.get_commit(self._target.sha)
        posted = commit.create_status(line.state, _link(self._target.run_url), line.description, line.context)
        insist(posted.state == line.state)

    def _open_deployment(self, line: Line) -> None:
        self._repository = self._repository or repository_of(self._target)
        opened = self._repository.create_deployment(
            self._target.sha,
            auto_merge=False,
            required_contexts=[],
            environment=self._wishes.environment,
            description=line.description,
        )
        insist(bool(opened.id))
        self._deployment = opened
        if not self._cut_short:
            self._mark_deployment("in_progress", line)

    def _mark_deployment(self, state: str, line: Line) -> None:
        if self._deployment is None:
            return
        posted = self._deployment.create_status(
            state,
            target_url=_link(self._target.run_url),
            description=line.description,
            environment_url=_link(self._wishes.environment_url),
        )
        insist(posted.state == state)


def deployment_state(status: str, outcome: Outcome) -> str:
    """The state of the deployment whose commit got `status`: success, failure, error or inactive."""
    if outcome in _DOES_NOT_SERVE:
        return "inactive"
    if outcome in _NOT_PROVEN:
        return "failure"
    return status if status in ("success", "failure") else "error"


def _link(url: str) -> str | _NotSetType:
    from github.GithubObject import NotSet

    return web_url(url) or NotSet


def repository_of(target: Target) -> Repository:
    """The repository by its name alone: `lazy` saves the request that would fetch it. The client's own
    retries and pauses are off, for they would outlast the patience of a runner."""
    from github import Auth, Github

    client = Github(
        base_url=target.api_url.rstrip("/"),
        auth=Auth.Token(target.token),
        user_agent="pointsman",
        timeout=SECONDS_PER_CALL,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )
    return client.get_repo(target.repository)
