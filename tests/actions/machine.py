"""The machine a job runs on: near the cluster, with a home of its own and hardly any environment."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.harness.cluster import Cluster

NO_DOCKER = "unix:///nonexistent/docker.sock"
_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FOR_PIP = ("PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Machine:
    """`home` is empty at first, `cache` is act's and holds the tool cache, in which the environment of
    `runner: python` is made once; a Docker client would ask `docker_host`."""

    cluster: Cluster
    home: Path
    cache: Path
    docker_host: str = NO_DOCKER

    @property
    def tool_cache(self) -> Path:
        """Where act tells jobs to keep their tools."""
        return self.cache / "tool_cache"

    @property
    def environment(self) -> dict[str, str]:
        """All that a job inherits."""
        own = f"{Path(sys.base_prefix) / 'bin'}:{_PROGRAMS}"
        pip = {name: text for name, text in os.environ.items() if name.upper().startswith(_FOR_PIP)}
        kubeconfig = str(self.cluster.kubeconfig)
        return {
            **pip,
            "PATH": own,
            "HOME": str(self.home),
            "KUBECONFIG": kubeconfig,
            "DOCKER_HOST": self.docker_host,
        }

    def run(self, words: list[str], **popen: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end where pods and cluster IPs are reachable."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        done: subprocess.CompletedProcess[str] = subprocess.run(
            self.cluster.argv(words), env=self.environment, text=True, check=False, **{**pipes, **popen}
        )
        return done

    def make_environment(self, suite: Path) -> None:
        """Make the environment of `runner: python` now, outside: inside there is no way to a package index."""
        tools = {"RUNNER_TOOL_CACHE": str(self.tool_cache), "POINTSMAN_RUNNER": "python"}
        command = [str(suite / "libexec" / "launch"), "--version"]
        subprocess.run(command, env={**self.environment, **tools}, check=True, stdout=subprocess.DEVNULL)
