"""What of GitLab is spoken to, what is wished for, and whether anything may be sent at all.

The job's own token cannot do any of it: GitLab lets CI_JOB_TOKEN read notes, and neither write one nor set the status
of a commit. Whoever wants that gives a token of scope `api` as the masked variable POINTSMAN_GITLAB_TOKEN.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pointsman.adapters.forges.addresses import is_on_this_machine

Wish = Literal["auto", "true", "false"]

NOT_LET_IN = (
    "CI_JOB_TOKEN can neither write notes nor set commit statuses; give a project access token of scope api as the "
    "masked variable POINTSMAN_GITLAB_TOKEN"
)
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NUMBER = re.compile(r"[1-9]\d{0,18}")


@dataclass(frozen=True)
class GitLabTarget:
    """Which commit, pipeline and merge request of which project is spoken of, and how GitLab is reached.

    `is_rehearsal` says that gitlab-ci-local plays the pipeline: then only a server on this machine is told.
    """

    api_url: str
    project: str
    sha: str
    token: str = field(repr=False, default="")
    pipeline: str = ""
    merge_request: str = ""
    run_url: str = ""
    is_rehearsal: bool = False


@dataclass(frozen=True)
class GitLabWishes:
    """What to report. A status stands beside that of the job and fails its pipeline too, so only `true` sets one; a
    note is written in a merge request unless `false`."""

    commit_status: Wish = "auto"
    note: Wish = "auto"

    def asked(self, target: GitLabTarget) -> list[str]:
        """What was asked for by name, and a note wherever there could be one."""
        asked = ["commit-status: true"] if self.commit_status == "true" else []
        asked += ["merge-request-note: true"] if self.note == "true" else []
        in_passing = self.note == "auto" and target.merge_request and not target.is_rehearsal
        return [*asked, *(["a note of the merge request"] if in_passing else [])]


def obstacle(target: GitLabTarget) -> str:
    """Why nothing may be sent to `target`; empty when it may."""
    if not target.token:
        return NOT_LET_IN
    if target.is_rehearsal and not is_on_this_machine(target.api_url):
        return "this is a rehearsal with gitlab-ci-local, and the API is not on this machine"
    if not target.api_url.startswith(("https://", "http://")):
        return f"{target.api_url!r} is not the address of its API"
    if not _NUMBER.fullmatch(target.project):
        return f"{target.project!r} is not the number of a project"
    if not _SHA.fullmatch(target.sha):
        return f"{target.sha!r} is not a commit"
    return ""


def complaints(target: GitLabTarget, wishes: GitLabWishes) -> list[str]:
    """What was asked for and can't be had."""
    hindrance = obstacle(target)
    if hindrance:
        return [f"GitLab is not told ({wish}), because {hindrance}" for wish in wishes.asked(target)]
    if wishes.note == "true" and not has_merge_request(target):
        return ["GitLab is not told (merge-request-note: true), because this is no pipeline of a merge request"]
    return []


def has_merge_request(target: GitLabTarget) -> bool:
    """True in the pipeline of a merge request; others do not say which ones there are."""
    return _NUMBER.fullmatch(target.merge_request) is not None
