"""Results of CI as GitLab gives them: jobs and statuses, the newest of each name, and a refusal is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pointsman.adapters.evidence.gitlab_checks import GitLabChecks
from pointsman.adapters.forges.gitlab_target import GitLabTarget
from pointsman.entry.context import ci_context
from pointsman.entry.wiring_readiness import results_of_forge
from pointsman.model.readiness import TestRun
from tests.fakes.github_server import Weather
from tests.fakes.gitlab_server import GitLabServer

SHA = "89abcdef" * 5


@pytest.fixture
def gitlab() -> Iterator[GitLabServer]:
    server = GitLabServer(sha=SHA)
    with server:
        yield server


def checks(gitlab: GitLabServer, **given: str | bool) -> GitLabChecks:
    target = GitLabTarget(gitlab.api_url, "42", SHA, gitlab.token)
    return GitLabChecks(replace(target, **given))  # type: ignore[arg-type]


def test_jobs_are_results_the_newest_of_each_name(gitlab: GitLabServer) -> None:
    for name, status in [
        ("unit", "failed"), ("integration", "success"), ("unit", "success"), ("load", "running"), ("lint", "canceled"),
        ("security", "skipped"), ("performance", "manual"), ("build", "waiting_for_resource"),
    ]:  # fmt: skip
        gitlab.gitlab.finished(name, status)
    assert checks(gitlab).runs() == (
        TestRun("unit", "success", "job or commit status success"),
        TestRun("integration", "success", "job or commit status success"),
        TestRun("load", "pending", "job or commit status running"),
        TestRun("lint", "failure", "job or commit status canceled"),
        TestRun("security", "empty", "job or commit status skipped"),
        TestRun("performance", "empty", "job or commit status manual"),
        TestRun("build", "pending", "job or commit status waiting_for_resource"),
    )


def test_all_pages_are_read_from_the_address_that_was_given(gitlab: GitLabServer) -> None:
    """The links to them name another, which the token must not reach."""
    for number in range(130):
        gitlab.gitlab.finished(f"job {number}", "success")
    assert len(checks(gitlab).runs()) == 130
    assert len(gitlab.requests) == 2


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("fork", "the token lacks the scope read_api"),
        ("missing", "its role in the project is lower than Reporter"),
        ("unauthorized", "the token is not valid"),
        ("throttled", "too many requests"),
        ("broken", "502"),
        ("moved", "has the project moved"),
    ],
)
def test_a_refusal_is_one_sentence(gitlab: GitLabServer, weather: str, words: str) -> None:
    gitlab.weather = Weather(weather)
    said = checks(gitlab).runs()
    assert isinstance(said, str)
    assert said.startswith("GitLab did not take the question for results of this commit: ")
    assert words in said


def test_the_jobs_own_token_is_said_not_to_be_enough_and_the_fake_knows_it(gitlab: GitLabServer) -> None:
    said = checks(gitlab, token="").runs()
    assert isinstance(said, str)
    assert said.startswith("GitLab is not asked for results, because CI_JOB_TOKEN cannot read the results of jobs; ")
    assert gitlab.requests == []
    headers = {"job-token": gitlab.gitlab.job_token}
    path = f"/api/v4/projects/42/repository/commits/{SHA}/statuses"
    assert gitlab.gitlab.answer("GET", path, headers, None).status == 403


def test_a_rehearsal_asks_only_a_server_on_this_machine(gitlab: GitLabServer) -> None:
    assert checks(gitlab, is_rehearsal=True).runs() == ()
    assert "rehearsal" in checks(gitlab, is_rehearsal=True, api_url="https://gitlab.com/api/v4").runs()


def test_a_job_asks_where_it_has_a_token_or_was_told_to(gitlab: GitLabServer) -> None:
    gitlab.gitlab.finished("unit", "success")
    job = {"GITLAB_CI": "true", "CI_API_V4_URL": gitlab.api_url, "CI_PROJECT_ID": "42", "CI_COMMIT_SHA": SHA}
    with_token = {**job, "POINTSMAN_GITLAB_TOKEN": gitlab.token}
    (source,) = results_of_forge("auto", ci_context(with_token))
    assert source.runs() == (TestRun("unit", "success", "job or commit status success"),)
    assert results_of_forge("auto", ci_context(job)) == []
    assert results_of_forge("false", ci_context(with_token)) == []
    (source,) = results_of_forge("true", ci_context(job))
    assert "CI_JOB_TOKEN cannot read" in source.runs()
