"""Reports to GitLab: a note of the merge request, and on request a commit status.

Objects written: one note per step, subject and environment (found again by a hidden marker and by its author, then
edited), and statuses of one name on one commit and pipeline. Read: the notes, and who we are. That takes a token of
scope `api` with the role Reporter for notes and Developer for statuses; the token of the job may do neither.

The rendering comes in (`report/status_line.py`, `report/note.py`). Calls are made in the background, and what takes too
long is lost (`messenger.py`). The record of the deployment is not made here, for the job's `environment:` makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast

from pointsman.adapters.forges.addresses import web_url
from pointsman.adapters.forges.gitlab_refusals import is_final, is_repetition, sentence_of
from pointsman.adapters.forges.gitlab_target import GitLabTarget, GitLabWishes, complaints, has_merge_request, obstacle
from pointsman.adapters.forges.messenger import SECONDS_PER_CALL, Messenger
from pointsman.model.result import Outcome, Result
from pointsman.ports.forge import Line, Lines

if TYPE_CHECKING:
    from gitlab import Gitlab
    from gitlab.v4.objects import Project, ProjectMergeRequest, ProjectMergeRequestNote

LONGEST_LINK = 255
"""Characters of a status' link; GitLab refuses longer ones."""
_STATES = {"pending": "running", "success": "success", "failure": "failed", "error": "failed"}
_NOTES_A_PAGE = 100
_PAGES = 5
# The client would sleep for as long as a throttling server asks, which is longer than a runner's patience.
PATIENT: dict[str, Any] = {"obey_rate_limit": False}
"""What each call of the client is made with."""


class Note(Protocol):
    """A rendered note; `text` begins with `marker`, which nobody sees."""

    @property
    def marker(self) -> str: ...
    @property
    def text(self) -> str: ...


class GitLabForge:
    """The forge of one step in a job on GitLab, or in a rehearsal of it with gitlab-ci-local."""

    def __init__(
        self, target: GitLabTarget, wishes: GitLabWishes, lines: Lines, note_of: Callable[[Result], Note]
    ) -> None:
        self._target, self._wishes = target, wishes
        self._lines, self._note_of = lines, note_of
        told = not obstacle(target)
        self._sets_status = told and wishes.commit_status == "true"
        self._writes_note = told and wishes.note != "false" and has_merge_request(target)
        self._messenger = Messenger("GitLab", sentence_of, is_final)
        self._cut_short = False

    def announce(self, step: str, subject: str) -> list[str]:
        """Set the status to running, without waiting: trouble is said by `report`."""
        line = self._lines.pending(step, subject)
        if self._sets_status:
            self._messenger.send("commit status", lambda: self._begin(line))
        return complaints(self._target, self._wishes)

    def report(self, result: Result) -> list[str]:
        """Set the final status and write the note; what could not be said since the beginning."""
        line = self._lines.final(result)
        self._cut_short = result.outcome is Outcome.CANCELLED
        state = "canceled" if self._cut_short else _STATES[line.state]
        if self._sets_status:
            self._messenger.send("commit status", lambda: self._post_status(state, line))
        if self._writes_note:
            self._messenger.send("note", lambda: self._write_note(self._note_of(result)))
        return self._messenger.close(self._cut_short)

    def _begin(self, line: Line) -> None:
        if not self._cut_short:
            self._post_status(_STATES[line.state], line)

    def _post_status(self, state: str, line: Line) -> None:
        """The number of the pipeline keeps it from another pipeline of the same commit."""
        link = web_url(self._target.run_url)
        status = {
            "state": state,
            "name": line.context,
            "description": line.description,
            **({"pipeline_id": int(self._target.pipeline)} if self._target.pipeline.isdigit() else {}),
            **({"target_url": link} if 0 < len(link) <= LONGEST_LINK else {}),
        }
        try:
            self._project().commits.get(self._target.sha, lazy=True).statuses.create(status, **PATIENT)
        except Exception as refusal:
            if not is_repetition(refusal):
                raise

    def _write_note(self, note: Note) -> None:
        merge_request = self._project().mergerequests.get(int(self._target.merge_request), lazy=True)
        written = self._written(merge_request, note.marker)
        if written is None:
            merge_request.notes.create({"body": note.text}, **PATIENT)
        elif written.body != note.text:
            written.body = note.text
            written.save(**PATIENT)

    def _written(self, merge_request: ProjectMergeRequest, marker: str) -> ProjectMergeRequestNote | None:
        """The note of an earlier run. Anybody can write our marker, so it must be ours as well."""
        author = _number_of_us(merge_request.manager.gitlab)
        for page in range(1, _PAGES + 1):
            notes = merge_request.notes.list(
                get_all=False, sort="asc", order_by="created_at", page=page, per_page=_NOTES_A_PAGE, **PATIENT
            )
            ours = [one for one in notes if one.body.startswith(marker) and one.author["id"] == author]
            if ours or len(notes) < _NOTES_A_PAGE:
                return cast("ProjectMergeRequestNote", ours[0]) if ours else None
        return None

    def _project(self) -> Project:
        return client_of(self._target).projects.get(int(self._target.project), lazy=True)


def _number_of_us(client: Gitlab) -> int:
    answer = client.http_get("/user", **PATIENT)
    return int(answer["id"])  # type: ignore[index] # a response only when it was asked for


def client_of(target: GitLabTarget) -> Gitlab:
    """A client that neither tries again nor follows a redirection, which would carry the token elsewhere."""
    from gitlab import Gitlab

    client = Gitlab(
        target.api_url.rstrip("/").removesuffix("/api/v4"),
        private_token=target.token,
        timeout=SECONDS_PER_CALL,
        user_agent="pointsman",
        retry_transient_errors=False,
        keep_base_url=True,
    )
    client.session.max_redirects = 0
    return client
