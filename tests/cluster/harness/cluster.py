"""A Kubernetes cluster as tests see it, whoever provides it (`provider.py` chooses)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.cluster.harness.binaries import program
from tests.cluster.harness.identities import Identities
from tests.cluster.harness.reader import Reader


class KubectlError(Exception):
    """kubectl refused; the message is what it printed."""


class Cluster:
    """A cluster that answers: what tests use, and all that tests may know about it."""

    def __init__(self, kubeconfig: Path, netns: Path | None = None) -> None:
        self.kubeconfig = kubeconfig
        """Grants everything."""
        self.netns = netns
        """The network namespace pods and cluster IPs live in, or None where they're reachable plainly."""
        self.reader: Reader | None = None
        """Reads without kubectl, where the kubeconfig is one that the harness wrote."""
        self._identities = Identities(self.kubectl)

    def start(self) -> None:
        """Make it answer; raises when it doesn't."""
        self.kubectl("get", "--raw", "/readyz")

    def stop(self) -> None:
        """Take away what `start` made."""
        self._identities.forget()

    @contextmanager
    def yielding(self) -> Iterator[None]:
        """For a while the cluster and this process leave others on this machine what these need, if it runs on it."""
        yield

    def load(self, tag: str, archive: Callable[[], Path]) -> None:
        """Make an image known to the node; `archive` builds what `docker save` writes, and is asked only when the
        node lacks the image. On a cluster that was given to us this is its owner's duty, as for all images."""

    def argv(self, argv: list[str]) -> list[str]:
        """The command line that runs `argv` where cluster IPs are reachable."""
        return argv if self.netns is None else ["nsenter", f"--net={self.netns}", "--", *argv]

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        """This process's environment with KUBECONFIG set to the cluster's, and `extra` on top."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), **(extra or {})}

    def command(
        self, argv: list[str], env: dict[str, str] | None = None, **popen: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end where cluster IPs are reachable; a non-zero exit is not an error.

        `env` is added to this process's environment. Output is captured unless `popen` says else.
        """
        captured = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options: dict[str, Any] = {"text": True, **captured, **popen}
        done: subprocess.CompletedProcess[str] = subprocess.run(
            self.argv(argv), env=self.environment(env), check=False, **options
        )
        return done

    def spawn(self, argv: list[str], env: dict[str, str] | None = None, **popen: Any) -> subprocess.Popen[str]:
        """Start a command as `command` does and return at once; ending it is the caller's duty."""
        started: subprocess.Popen[str] = subprocess.Popen(
            self.argv(argv), env=self.environment(env), text=True, **popen
        )
        return started

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - subprocess's word for it
        """Run kubectl with every permission; returns what it prints, raises `KubectlError` when it fails."""
        return self.kubectl_as(self.kubeconfig, *arguments, input=input)

    def kubectl_as(self, kubeconfig: Path, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl with the identity of a kubeconfig."""
        argv = [str(program("kubectl")), *arguments]
        done = self.command(argv, env={"KUBECONFIG": str(kubeconfig)}, input=input, timeout=120)
        if done.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def kubeconfig_as(self, name: str) -> Path:
        """A kubeconfig for somebody in no privileged group: RBAC alone decides what `name` may do."""
        return self._identities.kubeconfig(name, self.kubeconfig)

    def subject(self, name: str) -> dict[str, str]:
        """The RBAC subject of `name`, to be put into a binding."""
        return self._identities.subject(name)


def address_of(cluster: Cluster) -> str:
    """Where a process that was started in the cluster's network listens, as seen from here."""
    if cluster.netns is None:
        return "127.0.0.1"
    server = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    return str(urlsplit(server).hostname)
