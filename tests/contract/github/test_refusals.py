"""What GitHub refuses is said in one sentence; `tests/contract/test_forge.py` has what every forge promises."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pointsman.adapters.forges.none import NoForge
from pointsman.model.result import Outcome, Result
from tests.contract.github.conftest import ForgeOf
from tests.contract.github.releases import DEPLOYS, SHA, STEP, release, result
from tests.fakes.github_server import GitHubServer, Weather
from tests.fakes.github_state import STATUSES_PER_CONTEXT

ROOT = Path(__file__).parents[3]
LONG = 15.0
"""Seconds; a GitHub that is waited for takes twice as long, one that is not takes far less on any machine."""


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("fork", "statuses=write"),
        ("unauthorized", "the token is not valid"),
        ("missing", "the repository does not exist"),
        ("throttled", "patience of 60 s"),
        ("limited", "patience of 60 s"),
        ("broken", "502 Server Error"),
        ("garbled", "500"),
        ("moved", "has the repository moved?"),
    ],
)
def test_a_refusal_is_one_sentence(weather: str, words: str, forge_of: ForgeOf, github: GitHubServer) -> None:
    github.weather = Weather(weather)
    (sentence,) = release(forge_of(), result())
    assert words in sentence
    assert github.token not in sentence
    assert "\n" not in sentence


def test_a_deployment_that_may_not_be_opened_leaves_the_status_alone(forge_of: ForgeOf, github: GitHubServer) -> None:
    forge = forge_of(**DEPLOYS, commit_status="false")
    github.weather = Weather("fork")
    (sentence,) = release(forge, result())
    assert "deployments=write" in sentence
    assert len(github.requests) == 1


def test_a_deployment_that_moved_away_is_not_marked(forge_of: ForgeOf, github: GitHubServer) -> None:
    forge = forge_of(**DEPLOYS, commit_status="false")
    github.weather = Weather("moved", left=1)
    (sentence,) = release(forge, result())
    assert "the deployment: it answered with something else" in sentence
    assert github.state.marks == []


def test_a_context_that_is_full_is_said_so(forge_of: ForgeOf, github: GitHubServer) -> None:
    github.state.counts[SHA, f"pointsman/{STEP}"] = STATUSES_PER_CONTEXT
    (sentence,) = release(forge_of(), result())
    assert "maximum number of statuses" in sentence


def test_an_api_url_that_is_none_is_one_sentence(forge_of: ForgeOf) -> None:
    (sentence,) = release(forge_of(api_url="nonsense"), result())
    assert sentence.startswith("GitHub did not take the commit status")


def test_act_never_tells_the_real_github(forge_of: ForgeOf, github: GitHubServer) -> None:
    assert release(forge_of(is_act=True, api_url="https://api.github.com"), result()) == []
    (sentence,) = release(
        forge_of(is_act=True, api_url="http://127.0.0.1@api.github.com", commit_status="true"), result()
    )
    assert "rehearsal" in sentence
    assert github.requests == []


def test_act_tells_a_server_on_this_machine(forge_of: ForgeOf, github: GitHubServer) -> None:
    assert release(forge_of(is_act=True), result()) == []
    assert len(github.requests) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"token": ""}, "there is no token"),
        ({"repository": "shop"}, "not a repository"),
        ({"sha": ""}, "not a commit"),
    ],
)
def test_what_is_asked_for_by_name_and_impossible_is_said(
    given: dict[str, str | bool], words: str, forge_of: ForgeOf, github: GitHubServer
) -> None:
    assert release(forge_of(**given), result()) == []
    (sentence,) = release(forge_of(**given, commit_status="true"), result())
    assert words in sentence
    assert github.requests == []


def test_a_deployment_without_an_environment_is_not_called_production(forge_of: ForgeOf, github: GitHubServer) -> None:
    (sentence,) = release(forge_of(deployment="create"), result())
    assert "no environment is named" in sentence
    assert github.state.deployments == {}


def test_no_status_is_posted_when_none_is_wanted(forge_of: ForgeOf, github: GitHubServer) -> None:
    assert release(forge_of(commit_status="false"), result()) == []
    assert github.requests == []


def test_a_process_ends_though_an_errand_has_not() -> None:
    program = (
        "from pointsman.adapters.forges.courier import Courier\n"
        "from threading import Event\n"
        "courier = Courier()\n"
        "courier.send(lambda: str(Event().wait(60)))\n"
        "print(courier.collect(0.1))\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert said.stdout == "([], False)\n"


def test_no_forge_says_only_what_it_was_told_to() -> None:
    forge = NoForge("nobody is told")
    assert forge.announce(STEP, "shop") == []
    assert forge.report(Result(STEP, "shop", Outcome.HEALTHY, "it is")) == ["nobody is told"]


@contextmanager
def standalone(*options: str) -> Iterator[str]:
    """The URL of a fake that runs as a process of its own."""
    command = [sys.executable, "-m", "tests.fakes.github_server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_the_fake_also_runs_as_a_process_of_its_own(forge_of: ForgeOf, tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with standalone("--log", str(log)) as url:
        assert release(forge_of(api_url=url), result()) == []
    assert log.read_text().count('"status": 201') == 2
    assert "made-up-token" not in log.read_text()
