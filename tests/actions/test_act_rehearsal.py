"""A rehearsal tells nobody but this machine: under act, nothing is ever sent to a GitHub that is not on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.act import Act
from tests.actions.consumer import consumer, workflow
from tests.actions.github import TOKEN
from tests.cluster.harness.shop import open_shop
from tests.cluster.harness.world import World

LISTENER = "import http.server as h; s = h.HTTPServer(('', 0), h.SimpleHTTPRequestHandler); "
LISTENER += "print(s.server_port, flush=True); s.serve_forever()"
ASKING = "import sys, urllib.request as u; u.urlopen(sys.argv[1])"
ADDRESS = "import socket; s = socket.socket(2, 2); s.connect(('198.51.100.1', 9)); print(s.getsockname()[0])"


class Elsewhere:
    """A server that jobs reach at an address which is not loopback, as GitHub's is not; it writes down who asked."""

    def __init__(self, world: World, folder: Path) -> None:
        self._cluster, self._log = world.cluster, folder / "elsewhere.log"
        self._log.touch()
        with self._log.open("w") as log:
            self._server = self._cluster.spawn(
                [sys.executable, "-c", LISTENER], stdout=subprocess.PIPE, stderr=log, cwd=folder
            )
        assert self._server.stdout
        address = self._cluster.command([sys.executable, "-c", ADDRESS]).stdout.strip()
        self.url = f"http://{address}:{self._server.stdout.readline().strip()}"

    @property
    def requests(self) -> list[str]:
        """One line for each."""
        return self._log.read_text().splitlines()

    def ask(self) -> None:
        """One request from where jobs run."""
        self._cluster.command([sys.executable, "-c", ASKING, self.url])

    def close(self) -> None:
        """End it."""
        self._server.terminate()
        self._server.communicate()


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Iterator[Elsewhere]:
    server = Elsewhere(world, tmp_path)
    yield server
    server.close()


def test_only_a_github_on_this_machine_is_told(act: Act, world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """One that jobs can reach, at another address, is never asked; neither is the real one, nor is that remarked."""
    open_shop(world)
    shop = consumer(tmp_path / "shop", workflow("switch"))
    variables = {"NAMESPACE": world.namespace, "VERSION": "v1", "RUNNER": "python", "GITHUB_REPOSITORY": "acme/shop"}
    for url in (elsewhere.url, "https://api.github.com"):
        run = act.run(shop, variables={**variables, "GITHUB_API_URL": url}, token=TOKEN)
        switch = run.must_be(release="success").step("switch")
        assert switch.outputs["outcome"] == "unchanged"
        assert switch.complaints == []
    assert elsewhere.requests == []
    elsewhere.ask()
    assert "GET / HTTP/1.1" in elsewhere.requests[0]


def test_a_wish_to_tell_another_machine_is_answered_with_the_reason(
    act: Act, world: World, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """commit-status: true cannot overrule it."""
    open_shop(world)
    shop = consumer(tmp_path / "shop", workflow("switch"))
    variables = {"NAMESPACE": world.namespace, "VERSION": "v1", "RUNNER": "python", "COMMIT_STATUS": "true"}
    run = act.run(shop, variables={**variables, "GITHUB_API_URL": elsewhere.url}, token=TOKEN)
    (notice,) = run.must_be(release="success").step("switch").complaints
    assert "this is a rehearsal with act, and the API is not on this machine" in notice
    assert elsewhere.requests == []
