"""The fake GitHub as a process where jobs can reach it, and what it was told."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.world import REPOSITORY

TOKEN = "made-up-token"


@dataclass
class GitHub:
    """Serves while the `with` block runs; `log` is a file that does not exist yet."""

    cluster: Cluster
    log: Path
    weather: str = "fair"
    url: str = field(default="", init=False)

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "tests.fakes.github_server", "--log", str(self.log), "--weather", self.weather]
        self._process = self.cluster.spawn(words, cwd=REPOSITORY, stdout=subprocess.PIPE)
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    @property
    def variables(self) -> dict[str, str]:
        """What a job's environment says of where it runs."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "4711"}

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Everything it was asked, each with the `status` it answered."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def statuses(self, step: str) -> list[dict[str, str]]:
        """The commit statuses it accepted for a step, in order: state, description, context, target_url, sha."""
        taken = [one for one in self.requests if "/statuses/" in one["path"] and one["status"] == 201]
        said = [{**json.loads(one["body"]), "sha": one["path"].rpartition("/")[2]} for one in taken]
        return [one for one in said if one["context"] == f"pointsman/{step}"]

    def states(self, step: str) -> list[str]:
        """Their states alone."""
        return [one["state"] for one in self.statuses(step)]

    def deployment_states(self) -> list[str]:
        """The states of all deployments that it accepted, in order."""
        marks = [one for one in self.requests if "/deployments/" in one["path"] and one["status"] == 201]
        return [str(json.loads(one["body"])["state"]) for one in marks]
