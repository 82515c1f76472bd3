"""Every request fits GitHub's own description, and says what happened to whom it may concern."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsman.adapters.forges.github import GitHubForge
from pointsman.model.result import Outcome
from tests.contract.github.conftest import ForgeOf
from tests.contract.github.description import fault_in_answer, misfits
from tests.contract.github.releases import DEPLOYS, RUN_URL, SHA, STEP, release, result
from tests.contract.github.slice import SLICE
from tests.fakes.github_server import GitHubServer, Request, Weather
from tests.fakes.github_state import GitHubState, Json


def request(path: str, body: Json, method: str = "POST") -> Request:
    return Request(method, path, {"content-type": "application/json"}, json.dumps(body), 0)


def status_request(**body: object) -> Request:
    return request(f"/repos/acme/shop/statuses/{SHA}", body)


def test_a_release_is_pending_and_then_a_success(forge: GitHubForge, github: GitHubServer) -> None:
    assert release(forge, result()) == []
    assert github.state.states(f"pointsman/{STEP}") == ["pending", "success"]
    assert github.requests[-1].json == {
        "state": "success",
        "context": f"pointsman/{STEP}",
        "description": "Switched: green serves and is healthy",
        "target_url": RUN_URL,
    }


def test_a_status_costs_one_request_and_nothing_is_read(forge: GitHubForge, github: GitHubServer) -> None:
    release(forge, result())
    assert [(asked.method, asked.path) for asked in github.requests] == [
        ("POST", f"/repos/acme/shop/statuses/{SHA}")
    ] * 2


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.CANCELLED])
def test_every_outcome_fits_the_description(outcome: Outcome, forge_of: ForgeOf, github: GitHubServer) -> None:
    assert release(forge_of(**DEPLOYS), result(outcome)) == []
    assert len(github.requests) == 5
    assert misfits(github.requests) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(why=st.text(max_size=400))
def test_whatever_the_reason_says_the_request_fits(why: str, forge_of: ForgeOf, github: GitHubServer) -> None:
    assert forge_of().report(result(why=why)) == []
    assert misfits(github.requests[-1:]) == []


def test_a_deployment_goes_from_in_progress_to_success(forge_of: ForgeOf, github: GitHubServer) -> None:
    release(forge_of(**DEPLOYS), result())
    assert [deployment["environment"] for deployment in github.state.deployments.values()] == ["staging"]
    assert [mark["state"] for mark in github.state.marks] == ["in_progress", "success"]
    assert github.state.marks[-1]["environment_url"] == "https://staging.example.org"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.SWITCHED, "success"),
        (Outcome.REJECTED, "failure"),
        (Outcome.STUCK, "failure"),
        (Outcome.FAILED, "error"),
        (Outcome.ROLLED_BACK, "inactive"),
        (Outcome.PLANNED, "inactive"),
    ],
)
def test_a_deployment_claims_to_serve_only_when_it_does(
    outcome: Outcome, state: str, forge_of: ForgeOf, github: GitHubServer
) -> None:
    release(forge_of(**DEPLOYS), result(outcome))
    assert github.state.marks[-1]["state"] == state


def test_T48_a_cancelled_run_leaves_no_deployment_in_progress(forge_of: ForgeOf, github: GitHubServer) -> None:
    forge = forge_of(**DEPLOYS)
    forge.announce(STEP, "shop")
    until(lambda: [mark["state"] for mark in github.state.marks] == ["in_progress"])
    assert forge.report(result(Outcome.CANCELLED)) == []
    assert [mark["state"] for mark in github.state.marks] == ["in_progress", "failure"]
    assert misfits(github.requests) == []


def test_T48_a_run_cancelled_while_github_is_slow_says_no_more_that_it_has_begun(
    forge_of: ForgeOf, github: GitHubServer
) -> None:
    """The first request, which is under way, is the last that speaks of a beginning."""
    github.weather = Weather(delay=1, left=1)
    forge = forge_of(**DEPLOYS)
    forge.announce(STEP, "shop")
    until(lambda: github.weather.left == 0)
    assert forge.report(result(Outcome.CANCELLED)) == []
    assert github.state.deployments == {}
    assert github.state.states(f"pointsman/{STEP} (staging)") == ["pending", "error"]


def until(reached: Callable[[], bool]) -> None:
    """Wait for what the forge does in the background."""
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_deployment_neither_merges_nor_waits_for_our_own_pending_status(
    forge_of: ForgeOf, github: GitHubServer
) -> None:
    release(forge_of(**DEPLOYS), result())
    opened = next(asked.json for asked in github.requests if asked.path.endswith("/deployments"))
    assert (opened["auto_merge"], opened["required_contexts"]) == (False, [])


def test_a_link_that_is_no_web_address_is_left_out(forge_of: ForgeOf, github: GitHubServer) -> None:
    assert release(forge_of(run_url="", environment_url="javascript:alert(1)"), result()) == []
    assert "target_url" not in github.requests[0].json


def test_staging_and_production_have_statuses_of_their_own(forge_of: ForgeOf, github: GitHubServer) -> None:
    release(forge_of(environment="staging"), result())
    release(forge_of(environment="production"), result(Outcome.REJECTED))
    assert github.state.states(f"pointsman/{STEP} (staging)")[-1] == "success"
    assert github.state.states(f"pointsman/{STEP} (production)")[-1] == "failure"


def test_no_unknown_keys() -> None:
    assert misfits([status_request(state="success", colour="green")])
    assert misfits([request("/repos/acme/shop/deployments", {"ref": SHA, "merge": False})])
    assert misfits([request("/repos/acme/shop/deployments/1/statuses", {"state": "success", "url": ""})])


def test_140_character_rule() -> None:
    assert misfits([status_request(state="success", description="x" * 140)]) == []
    assert misfits([status_request(state="success", description="x" * 141)])


@pytest.mark.parametrize(
    "bad",
    [
        status_request(),
        status_request(state="passed"),
        status_request(state="success", description=7),
        request(f"/repos/acme/shop/statuses/{SHA}", {"state": "success"}, "PUT"),
        request("/repos/acme/shop/deployments", {"environment": "staging"}),
        request("/repos/acme/shop/deployments", {"ref": SHA, "required_contexts": "none"}),
        request("/repos/acme/shop/deployments/one/statuses", {"state": "success"}),
        request("/repos/acme/shop/releases", {"tag_name": "v1"}),
    ],
)
def test_a_bad_request_would_be_caught(bad: Request) -> None:
    assert misfits([bad])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/repos/acme/shop/statuses/{SHA}", {"state": "success", "description": "fine"}),
        ("/repos/acme/shop/deployments", {"ref": SHA, "auto_merge": False, "required_contexts": []}),
        ("/repos/acme/shop/deployments/1/statuses", {"state": "in_progress"}),
    ],
)
def test_the_fake_answers_as_github_describes_itself(path: str, body: Json) -> None:
    state = GitHubState("https://api.github.com")
    state.answer("POST", "/repos/acme/shop/deployments", state.token, {"ref": SHA, "auto_merge": False})
    answer = state.answer("POST", path, f"Bearer {state.token}", body)
    assert answer.status == 201
    assert fault_in_answer(request(path, body), answer.status, answer.body) == ""


def test_an_answer_github_would_not_give_would_be_caught() -> None:
    sent = status_request(state="success")
    assert fault_in_answer(sent, 201, {"id": "one"})


def test_the_slice_names_its_origin_and_licence() -> None:
    about = json.loads(SLICE.read_text())["info"]
    assert about["title"].endswith("@octokit/openapi")
    assert about["version"] == "23.0.2"
    assert about["license"]["name"] == "MIT"
    assert "Copyright" in about["x-license-text"]
