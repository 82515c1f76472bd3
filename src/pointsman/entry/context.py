"""The pipeline this process runs in, read once: GitHub Actions, GitLab CI, Jenkins, or none.

Nothing here fails: whatever is missing or malformed becomes empty, and what matters of it a notice, because
act, enterprise servers and laptops all leave something out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["github", "gitlab", "jenkins", "none"]

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_RUN_OF_ACT = "1"


@dataclass(frozen=True)
class CiContext:
    """Where we run. Every text is empty where the platform does not say.

    `sha` is the commit people look at: a pull request's head, not the merge that GitHub tests. `run_name` is
    how a person would call this run; matrix jobs can share it, so a lock adds something of its own. `is_rehearsal`
    says that act or gitlab-ci-local plays the pipeline on somebody's machine.
    """

    kind: Kind = "none"
    is_rehearsal: bool = False
    repository: str = ""
    project_id: str = ""
    merge_request: str = ""
    sha: str = ""
    run_id: str = ""
    job: str = ""
    attempt: int = 1
    run_url: str = ""
    api_url: str = ""
    server_url: str = ""
    output_path: str = ""
    summary_path: str = ""
    event_path: str = ""
    workspace: str = ""
    actor: str = ""
    run_name: str = ""
    token: str = field(default="", repr=False)
    notices: tuple[str, ...] = ()

    @property
    def release_key(self) -> str:
        """The same for all attempts of one job of one run; empty where there is no such thing: on a laptop, with act,
        which numbers every run 1, and with gitlab-ci-local, which counts anew in each checkout."""
        counts_anew = self.kind == "gitlab" or self.run_id == _RUN_OF_ACT
        if not self.run_id or (self.is_rehearsal and counts_anew):
            return ""
        return f"{self.run_id}/{self.job}" if self.job else self.run_id


def ci_context(environment: Mapping[str, str]) -> CiContext:
    """The context that `environment` tells of; never raises."""
    if environment.get("GITHUB_ACTIONS") == "true" or environment.get("ACT") == "true":
        return _github(environment)
    if environment.get("GITLAB_CI"):
        return _gitlab(environment)
    if environment.get("JENKINS_URL") or environment.get("BUILD_TAG"):
        return _jenkins(environment)
    return _laptop(environment)


def _github(given: Mapping[str, str]) -> CiContext:
    server = _url(given, "GITHUB_SERVER_URL", "https://github.com")
    repository, run = given.get("GITHUB_REPOSITORY", ""), given.get("GITHUB_RUN_ID", "")
    job, attempt = given.get("GITHUB_JOB", ""), _counted(given.get("GITHUB_RUN_ATTEMPT", ""))
    (sha, notices), is_rehearsal = _commit(given), given.get("ACT") == "true"
    paged = "" if is_rehearsal and run == _RUN_OF_ACT else run  # a run of act has no page anywhere
    return CiContext(
        kind="github",
        is_rehearsal=is_rehearsal,
        repository=repository,
        sha=sha,
        run_id=run,
        job=job,
        attempt=attempt,
        run_url=_run_url(f"{server}/{repository}", paged, attempt, given.get("POINTSMAN_JOB_URL_ID", "")),
        api_url=_url(given, "GITHUB_API_URL", "https://api.github.com"),
        server_url=server,
        output_path=given.get("GITHUB_OUTPUT", ""),
        summary_path=given.get("GITHUB_STEP_SUMMARY", ""),
        event_path=given.get("GITHUB_EVENT_PATH", ""),
        workspace=given.get("GITHUB_WORKSPACE", ""),
        actor=given.get("GITHUB_ACTOR", ""),
        run_name=_words(repository, "run", run, "attempt", str(attempt), "job", job),
        token=given.get("POINTSMAN_GITHUB_TOKEN", "").strip(),
        notices=notices,
    )


def _gitlab(given: Mapping[str, str]) -> CiContext:
    """gitlab-ci-local sets GITLAB_CI to `false`, and is GitLab all the same. A retried job has a new number,
    so the pipeline's number and the job's name stand for it."""
    repository, run = given.get("CI_PROJECT_PATH", ""), given.get("CI_PIPELINE_ID", "")
    return CiContext(
        kind="gitlab",
        is_rehearsal=given["GITLAB_CI"] != "true",
        repository=repository,
        project_id=given.get("CI_PROJECT_ID", ""),
        merge_request=given.get("CI_MERGE_REQUEST_IID", ""),
        sha=given.get("CI_COMMIT_SHA", ""),
        run_id=run,
        job=given.get("CI_JOB_NAME", ""),
        run_url=given.get("CI_JOB_URL", "") or given.get("CI_PIPELINE_URL", ""),
        api_url=_url(given, "CI_API_V4_URL", ""),
        server_url=_url(given, "CI_SERVER_URL", ""),
        workspace=given.get("CI_PROJECT_DIR", ""),
        actor=given.get("GITLAB_USER_LOGIN", ""),
        run_name=_words(repository, "pipeline", run, "job", given.get("CI_JOB_NAME", "")),
        token=given.get("POINTSMAN_GITLAB_TOKEN", "").strip(),
    )


def _jenkins(given: Mapping[str, str]) -> CiContext:
    job, run = given.get("JOB_NAME", ""), given.get("BUILD_NUMBER", "")
    return CiContext(
        kind="jenkins",
        sha=given.get("GIT_COMMIT", ""),
        run_id=run,
        job=job,
        run_url=given.get("BUILD_URL", ""),
        server_url=_url(given, "JENKINS_URL", ""),
        workspace=given.get("WORKSPACE", ""),
        actor=given.get("BUILD_USER_ID", ""),
        run_name=_words(job, "build", run),
    )


def _laptop(given: Mapping[str, str]) -> CiContext:
    user = given.get("USER", "") or given.get("LOGNAME", "")
    host = given.get("HOSTNAME", "")
    name = "@".join(part for part in (user, host) if part)
    return CiContext(actor=user, run_name=name or "somebody at a terminal")


def _commit(given: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """(the commit people look at, notices). GITHUB_SHA of a pull request is a merge nobody ever sees."""
    tested = given.get("GITHUB_SHA", "")
    if not given.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return tested, ()
    head = _head_of(given.get("GITHUB_EVENT_PATH", ""))
    if head:
        return head, ()
    return tested, ("the event file names no head of the pull request: the status goes to the tested merge",)


def _head_of(event_path: str) -> str:
    try:
        event: object = json.loads(Path(event_path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    for key in ("pull_request", "head", "sha"):
        event = event.get(key) if isinstance(event, dict) else None
    return event if isinstance(event, str) and _SHA.fullmatch(event) else ""


def _run_url(repository_url: str, run: str, attempt: int, job_number: str) -> str:
    """The page of this very job where its number is known, else of this attempt."""
    if not run:
        return ""
    page = f"{repository_url}/actions/runs/{run}"
    return f"{page}/job/{job_number}" if job_number else f"{page}/attempts/{attempt}"


def _url(given: Mapping[str, str], name: str, usual: str) -> str:
    return (given.get(name, "") or usual).rstrip("/")


def _counted(text: str) -> int:
    try:
        return max(1, int(text))
    except ValueError:
        return 1


def _words(*parts: str) -> str:
    """Pairs of a word and its value after a first value; a word without value is left out."""
    first, rest = parts[0], parts[1:]
    pairs = [f"{word} {value}" for word, value in zip(rest[::2], rest[1::2], strict=True) if value]
    return " ".join([part for part in [first, *pairs] if part])
