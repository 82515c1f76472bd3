"""The pipeline we run in is read from whatever its environment says, and nothing it says breaks a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.entry.context import CiContext, ci_context

SHA, HEAD = "a" * 40, "b" * 40
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SHA": SHA,
    "GITHUB_RUN_ID": "777",
    "GITHUB_RUN_ATTEMPT": "3",
    "GITHUB_JOB": "deploy",
    "GITHUB_API_URL": "https://ghe.example/api/v3/",
    "GITHUB_SERVER_URL": "https://ghe.example",
    "GITHUB_OUTPUT": "/runner/output",
    "GITHUB_STEP_SUMMARY": "/runner/summary",
    "GITHUB_WORKSPACE": "/runner/work",
    "GITHUB_ACTOR": "mona",
    "POINTSMAN_GITHUB_TOKEN": " made-up \n",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "acme/shop",
    "CI_COMMIT_SHA": SHA,
    "CI_PIPELINE_ID": "55",
    "CI_JOB_ID": "901",
    "CI_JOB_NAME": "deploy: [eu]",
    "CI_JOB_URL": "https://gitlab.example/acme/shop/-/jobs/901",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_SERVER_URL": "https://gitlab.example",
    "GITLAB_USER_LOGIN": "mona",
    "POINTSMAN_GITLAB_TOKEN": "made-up",
}
JENKINS = {
    "JENKINS_URL": "https://jenkins.example/",
    "JOB_NAME": "shop",
    "BUILD_NUMBER": "12",
    "BUILD_URL": "https://jenkins.example/job/shop/12/",
    "GIT_COMMIT": SHA,
    "WORKSPACE": "/work",
}


def pull_request(folder: Path, event: object, name: str = "pull_request") -> CiContext:
    path = folder / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event))
    return ci_context({**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)})


def test_a_job_on_github_is_known_completely() -> None:
    assert ci_context(GITHUB) == CiContext(
        kind="github",
        repository="acme/shop",
        sha=SHA,
        run_id="777",
        job="deploy",
        attempt=3,
        run_url="https://ghe.example/acme/shop/actions/runs/777/attempts/3",
        api_url="https://ghe.example/api/v3",
        server_url="https://ghe.example",
        output_path="/runner/output",
        summary_path="/runner/summary",
        workspace="/runner/work",
        actor="mona",
        run_name="acme/shop run 777 attempt 3 job deploy",
        token="made-up",
    )


def test_the_link_leads_to_the_very_job_where_its_number_is_known() -> None:
    context = ci_context({**GITHUB, "POINTSMAN_JOB_URL_ID": "4711"})
    assert context.run_url == "https://ghe.example/acme/shop/actions/runs/777/job/4711"


def test_a_second_attempt_resumes_what_the_first_began() -> None:
    first, second = (ci_context({**GITHUB, "GITHUB_RUN_ATTEMPT": attempt}) for attempt in "12")
    assert first.release_key == second.release_key == "777/deploy"
    assert first.run_name != second.run_name


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_pull_request_is_spoken_of_by_its_head(name: str, tmp_path: Path) -> None:
    context = pull_request(tmp_path, {"pull_request": {"head": {"sha": HEAD}}}, name)
    assert (context.sha, context.notices) == (HEAD, ())


def test_a_push_is_spoken_of_by_what_was_pushed(tmp_path: Path) -> None:
    assert pull_request(tmp_path, {"pull_request": {"head": {"sha": HEAD}}}, "push").sha == SHA


@pytest.mark.parametrize(
    "event",
    ["", "{", "[1]", "null", '"text"', "[" * 100_000, {}, {"pull_request": None}]
    + [{"pull_request": {"head": {"sha": sha}}} for sha in (7, "", "main", HEAD + "\n")],
)
def test_a_broken_event_file_falls_back_to_the_tested_merge(event: object, tmp_path: Path) -> None:
    context = pull_request(tmp_path, event)
    assert context.sha == SHA
    assert "event file" in context.notices[0]


def test_a_missing_event_file_falls_back_to_the_tested_merge() -> None:
    context = ci_context({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": "/no\0where"})
    assert (context.sha, len(context.notices)) == (SHA, 1)


def test_act_is_recognised_and_its_run_number_means_nothing() -> None:
    act = {**GITHUB, "ACT": "true", "GITHUB_REPOSITORY": "nektos/act", "GITHUB_RUN_ID": "1"}
    assert ci_context(act).is_rehearsal
    assert (ci_context(act).release_key, ci_context(act).run_url) == ("", "")
    assert ci_context({**act, "GITHUB_RUN_ID": "777"}).release_key == "777/deploy"


def test_a_retried_job_on_gitlab_resumes_though_its_number_is_new() -> None:
    context = ci_context(GITLAB)
    retried = ci_context({**GITLAB, "CI_JOB_ID": "902"})
    assert (context.kind, context.repository, context.token) == ("gitlab", "acme/shop", "made-up")
    assert context.release_key == retried.release_key == "55/deploy: [eu]"
    assert context.run_name == "acme/shop pipeline 55 job deploy: [eu]"
    assert context.run_url.endswith("/jobs/901")


def test_gitlab_ci_local_is_gitlab_too_and_its_number_means_nothing() -> None:
    context = ci_context({**GITLAB, "GITLAB_CI": "false"})
    assert (context.kind, context.is_rehearsal, context.release_key) == ("gitlab", True, "")


def test_a_merge_request_is_known_by_its_number() -> None:
    context = ci_context({**GITLAB, "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7"})
    assert (context.project_id, context.merge_request, context.is_rehearsal) == ("42", "7", False)


def test_a_build_on_jenkins_is_known_by_job_and_number() -> None:
    context = ci_context(JENKINS)
    assert (context.kind, context.sha, context.release_key) == ("jenkins", SHA, "12/shop")
    assert context.run_name == "shop build 12"
    assert context.server_url == "https://jenkins.example"


def test_a_laptop_has_a_name_and_nothing_to_resume_by() -> None:
    context = ci_context({"USER": "mona", "HOSTNAME": "desk"})
    assert (context.kind, context.run_name, context.release_key) == ("none", "mona@desk", "")
    assert ci_context({}).run_name == "somebody at a terminal"


def test_a_token_is_not_shown() -> None:
    assert "made-up" not in repr(ci_context(GITHUB))


@given(
    st.dictionaries(
        st.sampled_from(
            [*GITHUB, *GITLAB, *JENKINS, "ACT", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "USER", "HOSTNAME"]
        ),
        st.text(max_size=20) | st.sampled_from(["true", "pull_request", "9" * 5000, "²"]),
    )
)
def test_nothing_in_the_environment_breaks_it(environment: dict[str, str]) -> None:
    context = ci_context(environment)
    assert context.attempt >= 1
    assert context.kind in ("github", "gitlab", "jenkins", "none")
