"""A fake GitHub for each test, and forges that report to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pointsman.adapters.forges.github import GitHubForge
from pointsman.adapters.forges.github_target import Target, Wishes
from pointsman.report.status_line import StatusLines
from tests.contract.github.releases import RUN_URL, SHA
from tests.fakes.github_server import GitHubServer

ForgeOf = Callable[..., GitHubForge]


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server


@pytest.fixture
def forge_of(github: GitHubServer) -> ForgeOf:
    """Makes a forge for the fake; keywords replace what its target and its wishes are made of."""

    def make(**given: str | bool) -> GitHubForge:
        target = {"api_url": github.url, "repository": "acme/shop", "sha": SHA, "token": github.token}
        target |= {"run_url": RUN_URL}
        environment = str(given.get("environment", ""))
        wishes = {key: given.pop(key) for key in list(given) if key in Wishes.__dataclass_fields__}
        return GitHubForge(Target(**{**target, **given}), Wishes(**wishes), StatusLines(environment))  # type: ignore[arg-type]

    return make


@pytest.fixture
def forge(forge_of: ForgeOf) -> GitHubForge:
    return forge_of()
