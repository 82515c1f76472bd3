"""The promises of the port `Forge`, kept by every forge: to report never harms a release, and what could not be said
is one sentence.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from pointsman.adapters.forges.github import GitHubForge
from pointsman.adapters.forges.github_target import Target, Wishes
from pointsman.adapters.forges.gitlab import GitLabForge
from pointsman.adapters.forges.gitlab_target import GitLabTarget, GitLabWishes
from pointsman.model.result import Outcome, Result
from pointsman.ports.forge import Forge
from pointsman.report.note import merge_request_note
from pointsman.report.status_line import StatusLines
from tests.fakes.github_server import GitHubServer, Weather
from tests.fakes.gitlab_server import GitLabServer

STEP = "blue-green-switch"
SHA = "89abcdef" * 5
LONG = 15.0
"""Seconds; a forge that is waited for takes twice as long, one that is not takes far less on any machine."""


@dataclass
class Home:
    """The home of a pipeline: its server, and forges that tell it only the status of a commit."""

    name: str
    server: GitHubServer
    states: Callable[[], list[str]]
    made: Callable[[str, str], Forge]

    def forge(self, url: str | None = None, token: str | None = None) -> Forge:
        """A forge for this server, unless told another."""
        given = self.server.url if url is None else url
        return self.made(given, self.server.token if token is None else token)


def github(url: str, token: str) -> Forge:
    return GitHubForge(Target(url, "acme/shop", SHA, token), Wishes(commit_status="true"), StatusLines())


def gitlab(url: str, token: str) -> Forge:
    target = GitLabTarget(f"{url}/api/v4", "42", SHA, token, "55", "7")
    return GitLabForge(target, GitLabWishes("true", "false"), StatusLines(), merge_request_note)


@pytest.fixture(params=["GitHub", "GitLab"])
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    context = f"pointsman/{STEP}"
    with ExitStack() as stack:
        if request.param == "GitHub":
            server = stack.enter_context(GitHubServer())
            yield Home("GitHub", server, lambda: server.state.states(context), github)
        else:
            other = GitLabServer(sha=SHA)
            stack.enter_context(other)
            yield Home("GitLab", other, lambda: other.gitlab.states(context), gitlab)


def release(forge: Forge, outcome: Outcome = Outcome.SWITCHED) -> list[str]:
    ended = Result(STEP, "shop", outcome, "green serves and is healthy")
    return [*forge.announce(STEP, "shop"), *forge.report(ended)]


@pytest.mark.parametrize("outcome", Outcome, ids=lambda outcome: outcome.value)
def test_every_end_is_told_and_whether_it_was_a_good_one(outcome: Outcome, home: Home) -> None:
    assert release(home.forge(), outcome) == []
    assert (home.states()[-1] == "success") is outcome.good


def test_running_twice_reports_twice_and_complains_of_nothing(home: Home) -> None:
    assert release(home.forge()) == []
    assert release(home.forge(), Outcome.UNCHANGED) == []
    assert home.states()[-1] == "success"


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("fork", "the token lacks"),
        ("unauthorized", "the token is not valid"),
        ("missing", "404"),
        ("throttled", "too many requests"),
        ("limited", "too many requests"),
        ("broken", "502"),
        ("garbled", "500"),
        ("moved", "moved?"),
    ],
)
def test_a_refusal_is_one_sentence(weather: str, words: str, home: Home) -> None:
    home.server.weather = Weather(weather)
    (sentence,) = release(home.forge())
    assert sentence.startswith(f"{home.name} did not take the commit status: ")
    assert words in sentence
    assert home.server.token not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("weather", ["fork", "unauthorized", "missing", "throttled", "limited"])
def test_a_token_without_access_is_tried_once(weather: str, home: Home) -> None:
    home.server.weather = Weather(weather)
    release(home.forge())
    assert len(home.server.requests) == 1


def test_an_outage_is_not_answered_with_a_storm_of_retries(home: Home) -> None:
    home.server.weather = Weather("broken")
    release(home.forge())
    assert len(home.server.requests) == 2


def test_an_outage_at_the_start_does_not_cost_the_final_status(home: Home) -> None:
    home.server.weather = Weather("broken", left=1)
    (sentence,) = release(home.forge())
    assert "502" in sentence
    assert home.states() == ["success"]


def test_a_slow_server_delays_the_announcement_by_nothing(home: Home) -> None:
    forge = home.forge()
    home.server.weather = Weather(delay=2 * LONG)
    began = time.monotonic()
    assert forge.announce(STEP, "shop") == []
    assert time.monotonic() - began < LONG


def test_a_slow_server_is_left_behind_in_time(home: Home) -> None:
    home.server.weather = Weather(delay=2 * LONG)
    began = time.monotonic()
    (sentence,) = release(home.forge())
    assert "no answer within 2 s" in sentence
    assert time.monotonic() - began < LONG


def test_a_cancelled_step_waits_for_two_seconds_at_most(home: Home) -> None:
    home.server.weather = Weather(delay=2 * LONG)
    began = time.monotonic()
    (sentence, *_) = release(home.forge(), Outcome.CANCELLED)
    assert "within 2 s" in sentence
    assert time.monotonic() - began < LONG


def test_a_server_that_is_not_there_is_one_sentence(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (sentence,) = release(home.forge(url=f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert "cannot be reached" in sentence


def test_without_a_token_nothing_is_sent_and_that_is_said(home: Home) -> None:
    (sentence,) = release(home.forge(token=""))
    assert "is not told (commit-status: true), because" in sentence
    assert home.server.requests == []


GITHUB = """
from pointsman.adapters.forges.github import GitHubForge
from pointsman.adapters.forges.github_target import Target, Wishes
forge = GitHubForge(Target('http://127.0.0.1:9', 'a/b', '0' * 40, TOKEN), Wishes(), StatusLines())
"""
GITLAB = """
from pointsman.adapters.forges.gitlab import GitLabForge
from pointsman.adapters.forges.gitlab_target import GitLabTarget, GitLabWishes
target = GitLabTarget('http://127.0.0.1:9/api/v4', '42', '0' * 40, TOKEN)
forge = GitLabForge(target, GitLabWishes('true'), StatusLines(), None)
"""


@pytest.mark.parametrize(("module", "made"), [("github", GITHUB), ("gitlab", GITLAB)])
def test_the_client_is_imported_only_when_something_is_sent(module: str, made: str) -> None:
    opening = (
        "import sys\n"
        "from pointsman.model.result import Outcome, Result\n"
        "from pointsman.report.status_line import StatusLines\n"
    )
    ending = "said = forge.report(Result('verify-health', 'shop', Outcome.HEALTHY, 'it is'))\n"
    silent = f"{opening}TOKEN = ''\n{made}{ending}sys.exit('{module}' in sys.modules)\n"
    assert subprocess.run([sys.executable, "-c", silent], check=False).returncode == 0
    lost = f"{opening}sys.modules['{module}'] = None\nTOKEN = 'made-up'\n{made}{ending}print(*said)\n"
    said = subprocess.run([sys.executable, "-c", lost], capture_output=True, text=True, check=True)
    assert f"did not take the commit status: import of {module}" in said.stdout
