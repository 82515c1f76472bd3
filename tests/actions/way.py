"""The way from a job to the API server, which a test can close: then requests get no answer, and no refusal either."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster.harness.binaries import program
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.world import REPOSITORY

SWITCH = "PATCH /api/v1/namespaces/[^/]+/services/shop"
"""The request that moves the users."""


@dataclass
class Way:
    """Open while the `with` block runs, unless told; `kubeconfig` is a file that leads along it."""

    cluster: Cluster
    kubeconfig: Path

    def __enter__(self) -> Self:
        behind = [str(program("kubectl")), "proxy", "--port=0"]
        known = {"KUBECONFIG": str(self.cluster.kubeconfig)}
        self._behind = self.cluster.spawn(behind, env=known, stdout=subprocess.PIPE)
        port = self._line(self._behind).rpartition(":")[2]
        relay = [sys.executable, "-m", "tests.actions.relay", port]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._relay = self.cluster.spawn(relay, cwd=REPOSITORY, **pipes)
        self._write(f"http://127.0.0.1:{self._line(self._relay)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._relay, self._behind):
            process.terminate()
            process.communicate()

    def close(self) -> None:
        """Nothing passes from now on."""
        self._order("close")
        self.wait_closed()

    def close_before(self, request: str) -> None:
        """Nothing passes from the next request on whose first line has this pattern in it; it never arrives."""
        self._order(f"close before {request}")

    def close_after(self, request: str) -> None:
        """The same, but that request still arrives; its answer is the first thing that does not."""
        self._order(f"close after {request}")

    def wait_closed(self) -> None:
        """Wait until nothing passes any more."""
        assert self._line(self._relay) == "closed"

    def open(self) -> None:
        """Everything passes again, on new connections."""
        self._order("open")

    def _order(self, words: str) -> None:
        assert self._relay.stdin
        self._relay.stdin.write(f"{words}\n")
        self._relay.stdin.flush()

    def _line(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout
        return process.stdout.readline().strip()

    def _write(self, server: str) -> None:
        parts = {
            "clusters": [{"name": "way", "cluster": {"server": server}}],
            "contexts": [{"name": "way", "context": {"cluster": "way", "user": "nobody"}}],
            "users": [{"name": "nobody", "user": {}}],
        }
        document = {"apiVersion": "v1", "kind": "Config", "current-context": "way", **parts}
        self.kubeconfig.write_text(json.dumps(document))
