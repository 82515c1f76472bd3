"""Results of CI as GitHub gives them: the newest of each name, and a refusal is a sentence."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from pointsman.adapters.evidence.github_checks import GitHubChecks
from pointsman.adapters.forges.github_target import Target
from pointsman.model.readiness import TestRun
from tests.contract.github.releases import SHA

RUNS = f"/repos/acme/shop/commits/{SHA}/check-runs"
STATUSES = f"/repos/acme/shop/statuses/{SHA}"


def checks(server: HTTPServer, **given: str) -> GitHubChecks:
    return GitHubChecks(
        Target(**{"api_url": server.url_for(""), "repository": "acme/shop", "sha": SHA, "token": "x", **given})
    )


def status(context: str, state: str) -> dict[str, object]:
    return {"context": context, "state": state, "id": 1, "url": "https://api.example.com/1"}


def check_run(name: str, conclusion: str | None) -> dict[str, object]:
    done = "completed" if conclusion else "in_progress"
    return {"name": name, "status": done, "conclusion": conclusion, "id": 1, "url": "https://api.example.com/1"}


def give(server: HTTPServer, statuses: list[dict[str, object]], runs: list[dict[str, object]]) -> None:
    server.expect_request(STATUSES).respond_with_json(statuses)
    server.expect_request(RUNS).respond_with_json({"total_count": len(runs), "check_runs": runs})


def test_statuses_and_check_runs_are_results(httpserver: HTTPServer) -> None:
    give(
        httpserver,
        [status("unit", "success"), status("unit", "failure"), status("load", "pending"), status("lint", "error")],
        [check_run("integration", "success"), check_run("security", None), check_run("performance", "skipped"),
         check_run("build", "timed_out")],
    )  # fmt: skip
    assert checks(httpserver).runs() == (
        TestRun("unit", "success", "commit status success"),
        TestRun("load", "pending", "commit status pending"),
        TestRun("lint", "failure", "commit status error"),
        TestRun("integration", "success", "check run success"),
        TestRun("security", "pending", "check run in_progress"),
        TestRun("performance", "empty", "check run skipped"),
        TestRun("build", "failure", "check run timed_out"),
    )


@pytest.mark.parametrize(("code", "words"), [(403, "the token lacks"), (401, "not valid"), (502, "502")])
def test_a_refusal_is_one_sentence(httpserver: HTTPServer, code: int, words: str) -> None:
    httpserver.expect_request(STATUSES).respond_with_json({"message": "no"}, status=code)
    said = checks(httpserver).runs()
    assert isinstance(said, str)
    assert words in said


def test_without_a_token_nobody_is_asked(httpserver: HTTPServer) -> None:
    said = checks(httpserver, token="").runs()
    assert said == "GitHub is not asked for results, because there is no token"
    assert httpserver.log == []
