"""What a GitLab is told: a note that is edited and never repeated, and a status only where one was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsman.adapters.forges.gitlab import GitLabForge
from pointsman.adapters.forges.gitlab_target import NOT_LET_IN, GitLabTarget, GitLabWishes
from pointsman.entry.context import CiContext
from pointsman.entry.reporting import forge_for
from pointsman.model.result import Outcome, Result
from pointsman.report.note import merge_request_note
from pointsman.report.status_line import StatusLines
from tests.fakes.github_server import Weather
from tests.fakes.gitlab_server import GitLabServer
from tests.fakes.gitlab_state import SOMEBODY, US, GitLabState
from tests.unit.report.results import FULL, results

SHA = "89abcdef" * 5
STEP = "canary-step"
JOB = "https://gitlab.example/acme/shop/-/jobs/901"
ADVANCED = Result(STEP, "shop", Outcome.ADVANCED, "25 % is live and proven")

ForgeOf = Callable[..., GitLabForge]


@pytest.fixture
def gitlab() -> Iterator[GitLabServer]:
    server = GitLabServer(sha=SHA)
    with server:
        yield server


@pytest.fixture
def forge_of(gitlab: GitLabServer) -> ForgeOf:
    """Makes a forge for the fake; keywords replace what its target and its wishes are made of."""

    def make(**given: str | bool) -> GitLabForge:
        environment = str(given.pop("environment", ""))
        wishes = {key: given.pop(key) for key in list(given) if key in GitLabWishes.__dataclass_fields__}
        target = GitLabTarget(gitlab.api_url, "42", SHA, gitlab.token, "55", "7", JOB)
        return GitLabForge(
            replace(target, **given),  # type: ignore[arg-type]
            GitLabWishes(**wishes),  # type: ignore[arg-type]
            StatusLines(environment),
            lambda result: merge_request_note(result, environment),
        )

    return make


def release(forge: GitLabForge, ended: Result = ADVANCED) -> list[str]:
    return [*forge.announce(ended.step, ended.subject), *forge.report(ended)]


def test_a_merge_request_gets_one_note_which_is_edited(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    assert release(forge_of()) == []
    assert release(forge_of(), replace(ADVANCED, outcome=Outcome.REJECTED, why="too many errors")) == []
    (note,) = gitlab.gitlab.notes
    assert note["body"].startswith("<!-- pointsman:canary-step:shop: -->\n## ❌ Rejected: shop")
    assert [(one.method, one.path.rpartition("/")[2].partition("?")[0]) for one in gitlab.requests] == [
        *(("GET", "user"), ("GET", "notes"), ("POST", "notes")),
        *(("GET", "user"), ("GET", "notes"), ("PUT", "1")),
    ]


def test_the_same_note_is_not_written_again(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    release(forge_of())
    release(forge_of())
    assert [one.method for one in gitlab.requests].count("PUT") == 0
    assert len(gitlab.gitlab.notes) == 1


def test_each_environment_and_each_subject_has_a_note_of_its_own(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    release(forge_of(environment="staging"))
    release(forge_of(environment="production"))
    release(forge_of(environment="production"), replace(ADVANCED, subject="cart"))
    assert len(gitlab.gitlab.notes) == 3


def test_the_note_is_found_behind_many_others(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    for number in range(130):
        gitlab.gitlab.written(f"remark {number}", SOMEBODY)
    release(forge_of())
    for number in range(130):
        gitlab.gitlab.written(f"remark {number}", SOMEBODY)
    assert release(forge_of(), replace(ADVANCED, why="more")) == []
    assert len(gitlab.gitlab.notes) == 261


def test_a_note_of_somebody_else_with_our_mark_stays_as_it_is(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    forged = "<!-- pointsman:canary-step:shop: -->\nall is well"
    gitlab.gitlab.written(forged, SOMEBODY)
    assert release(forge_of()) == []
    assert [note["author"]["id"] for note in gitlab.gitlab.notes] == [SOMEBODY, US]
    assert gitlab.gitlab.notes[0]["body"] == forged


def test_no_line_of_a_note_is_a_command(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    nasty = "fine\n/merge\n /approve\n!12"
    problem = replace(FULL.problem, log=("```", "/close", "</details>")) if FULL.problem else None
    release(forge_of(), replace(FULL, why=nasty, subject=nasty, following=(nasty,), problem=problem))
    assert len(gitlab.gitlab.notes) == 1
    assert gitlab.gitlab.commands == []
    assert "!12" not in gitlab.gitlab.notes[0]["body"]


@given(results)
def test_whatever_a_result_holds_its_note_commands_nothing(result: Result) -> None:
    state, note = GitLabState(SHA), merge_request_note(result, "production", "/close me")
    state.written(note.text, US)
    assert state.commands == []
    assert note.text.startswith(f"{note.marker}\n")
    assert note.marker.count("--") == 2


def test_a_status_is_set_only_where_it_was_asked_for(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    release(forge_of(merge_request=""))
    assert gitlab.requests == []
    assert release(forge_of(merge_request="", commit_status="true", environment="production")) == []
    assert gitlab.gitlab.states("pointsman/canary-step (production)") == ["running", "success"]
    assert json.loads(gitlab.requests[-1].body) == {
        "state": "success",
        "name": "pointsman/canary-step (production)",
        "description": "Advanced: 25 % is live and proven",
        "target_url": JOB,
        "pipeline_id": 55,
    }


def test_a_status_that_stands_there_already_is_no_refusal(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    """A run that was killed left it running."""
    forge_of(commit_status="true", note="false").announce(STEP, "shop")
    gitlab.gitlab.statuses.append({"name": f"pointsman/{STEP}", "state": "running"})
    assert release(forge_of(commit_status="true", note="false")) == []
    assert gitlab.gitlab.states(f"pointsman/{STEP}")[-1] == "success"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.HELD, "failed"), (Outcome.FAILED, "failed"), (Outcome.CANCELLED, "canceled")],
)
def test_what_is_no_success_is_none(outcome: Outcome, state: str, forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    release(forge_of(commit_status="true", note="false"), replace(ADVANCED, outcome=outcome))
    assert gitlab.gitlab.states(f"pointsman/{STEP}")[-1] == state


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(why=st.text(max_size=400))
def test_whatever_the_reason_says_the_request_fits(why: str, forge_of: ForgeOf) -> None:
    assert forge_of(commit_status="true", note="false").report(replace(ADVANCED, why=why)) == []


def test_a_link_that_gitlab_would_refuse_is_left_out(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    for link in ("javascript:alert(1)", f"https://gitlab.example/{'x' * 255}"):
        assert release(forge_of(commit_status="true", note="false", run_url=link)) == []
    assert all("target_url" not in json.loads(one.body) for one in gitlab.requests)


def test_the_jobs_own_token_is_said_not_to_be_enough(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    (sentence,) = release(forge_of(token=""))
    assert sentence == f"GitLab is not told (a note of the merge request), because {NOT_LET_IN}"
    assert len(release(forge_of(token="", note="true", commit_status="true"))) == 2
    assert release(forge_of(token="", note="false")) == []
    assert release(forge_of(token="", merge_request="")) == []
    assert gitlab.requests == []


def test_the_fake_refuses_the_jobs_own_token_as_gitlab_does(gitlab: GitLabServer) -> None:
    headers, notes = {"job-token": gitlab.gitlab.job_token}, "/api/v4/projects/42/merge_requests/7/notes"
    assert gitlab.gitlab.answer("GET", notes, headers, None).status == 200
    assert gitlab.gitlab.answer("POST", notes, headers, {"body": "x"}).status == 403
    assert gitlab.gitlab.answer("GET", notes, {}, None).status == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x"}, {"state": "passed"}, {"state": "success", "colour": "green"}, {"state": "success"}],
)
def test_a_bad_status_would_be_refused(body: dict[str, str], gitlab: GitLabServer) -> None:
    headers = {"private-token": gitlab.token}
    assert gitlab.gitlab.answer("POST", f"/api/v4/projects/42/statuses/{SHA}", headers, body).status in (400, 404)


def test_a_rehearsal_tells_only_a_server_on_this_machine(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    assert release(forge_of(is_rehearsal=True)) == []
    assert len(gitlab.gitlab.notes) == 1
    (sentence,) = release(forge_of(is_rehearsal=True, api_url="https://gitlab.com/api/v4", note="true"))
    assert "rehearsal" in sentence


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"project": "acme/shop"}, "not the number of a project"),
        ({"sha": "main"}, "not a commit"),
        ({"api_url": ""}, "not the address"),
        ({"merge_request": ""}, "no pipeline of a merge request"),
    ],
)
def test_what_is_asked_for_by_name_and_impossible_is_said(given: dict[str, str], words: str, forge_of: ForgeOf) -> None:
    (sentence,) = release(forge_of(**given, note="true"))
    assert words in sentence


def test_a_note_that_is_refused_leaves_the_status_alone(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    (sentence,) = release(forge_of(commit_status="true", merge_request="8"))
    assert sentence.startswith("GitLab did not take the note: the token lacks")
    assert gitlab.gitlab.states(f"pointsman/{STEP}") == ["running", "success"]


def test_a_redirection_does_not_carry_the_token_elsewhere(forge_of: ForgeOf, gitlab: GitLabServer) -> None:
    gitlab.weather = Weather("moved")
    (sentence,) = release(forge_of())
    assert "moved?" in sentence
    assert len(gitlab.requests) == 1


def test_a_job_on_gitlab_reports_to_its_merge_request(gitlab: GitLabServer) -> None:
    context = CiContext(
        kind="gitlab", api_url=gitlab.api_url, project_id="42", sha=SHA, run_id="55", merge_request="7", token="x"
    )
    wishes = {"commit-status": "auto", "merge-request-note": "auto", "environment": "production"}
    assert forge_for(replace(context, token=gitlab.token), wishes).report(ADVANCED) == []
    assert "25 % is live and proven" in gitlab.gitlab.notes[0]["body"]
    assert forge_for(replace(context, token=gitlab.token), {**wishes, "dry-run": True}).report(ADVANCED) == []
    assert len(gitlab.gitlab.notes) == 1
