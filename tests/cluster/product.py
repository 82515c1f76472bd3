"""Pointsman itself as a user runs it: a process with a command line, a kubeconfig and an exit code.

What it did is read from its exit code, its JSON and the cluster; nothing of its code is imported here.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.cluster.harness.world import World

_PATIENCE = 200.0
_NO_PIPELINE = dict.fromkeys(("GITHUB_ACTIONS", "ACT", "GITLAB_CI", "JENKINS_URL", "BUILD_TAG"), "")
"""A test run inside a pipeline must not make the product believe that the pipeline is its own."""
_QUICK = {"blue-green-switch": {"soak": "1s", "bake": "2s"}}
"""Short waits for tests; an input of the same name wins."""


@dataclass(frozen=True)
class Run:
    """One finished command. `result` is its JSON; empty when it printed none."""

    exit_code: int
    stdout: str
    stderr: str
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """How it ended, in the words of the output `outcome`."""
        return str(self.result.get("outcome", ""))

    @property
    def why(self) -> str:
        """The reason, in one sentence."""
        return str(self.result.get("why", ""))

    @property
    def advice(self) -> str:
        """What it says is to be done next."""
        return "\n".join(self.result.get("following", []))

    @property
    def problem(self) -> dict[str, Any]:
        """What would not heal, with the pod's last words; empty when nothing was wrong."""
        return dict(self.result.get("problem") or {})

    @property
    def outputs(self) -> dict[str, str]:
        """The step's outputs."""
        return dict(self.result.get("outputs", {}))

    def check(self, name: str) -> dict[str, str]:
        """The line of the evidence table that begins with `name`."""
        return next(dict(one) for one in self.result["checks"] if one["name"].startswith(name))

    def must_be(self, exit_code: int, outcome: str) -> Self:
        """Itself, after asserting how it ended; a failing assertion shows everything it printed."""
        told = f"exit {self.exit_code}\n{self.stdout}\n{self.stderr}"
        assert (self.exit_code, self.outcome) == (exit_code, outcome), told
        return self


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process.poll() is not None

    def finish(self, timeout: float = _PATIENCE) -> Run:
        """Wait for its end."""
        try:
            stdout, stderr = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Run(self._process.returncode, stdout, stderr, _document(stdout))

    def pause(self) -> None:
        """Stop it where it is, as a suspended machine does; it does not know."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on, as if no time had passed."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a machine that loses its power does: no handler runs."""
        self._process.kill()
        self._process.communicate()


class Pointsman:
    """The command line, used on one world. `kubeconfig` decides who it is; with every permission unless told."""

    def __init__(self, world: World, kubeconfig: Path | None = None) -> None:
        self._world = world
        self._kubeconfig = kubeconfig or world.cluster.kubeconfig

    def run(self, step: str, **inputs: str) -> Run:
        """Run a step to its end; `lock_wait="0s"` gives the option `--lock-wait 0s`."""
        return self.start(step, **inputs).finish()

    def start(self, step: str, **inputs: str) -> Running:
        """Start a step and return at once."""
        given = {"namespace": self._world.namespace, **_QUICK.get(step, {}), **inputs}
        options = [part for name, text in given.items() for part in (f"--{name.replace('_', '-')}", text)]
        return self.start_raw(step, *options)

    def run_raw(self, *arguments: str) -> Run:
        """Run exactly these arguments (and JSON output) to their end."""
        return self.start_raw(*arguments).finish()

    def start_raw(self, *arguments: str) -> Running:
        """Start exactly these arguments, in a folder without a configuration."""
        argv = [sys.executable, "-m", "pointsman", *arguments, "--output", "json"]
        env = {**_NO_PIPELINE, "KUBECONFIG": str(self._kubeconfig)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return Running(self._world.cluster.spawn(argv, env=env, cwd=tempfile.gettempdir(), **pipes))

    def switch(self, image: str = "", **inputs: str) -> Run:
        """`blue-green-switch` of the Service shop onto a tag of the test app."""
        return self.start_switch(image, **inputs).finish()

    def start_switch(self, image: str = "", **inputs: str) -> Running:
        """Start what `switch` runs."""
        wanted = {"image": f"localhost/app:{image}"} if image else {}
        return self.start("blue-green-switch", service="shop", **wanted, **inputs)

    def rollback(self, **inputs: str) -> Run:
        """`rollback` of the Service shop."""
        return self.start_rollback(**inputs).finish()

    def start_rollback(self, **inputs: str) -> Running:
        """Start what `rollback` runs."""
        return self.start("rollback", service="shop", **inputs)

    def record(self, service: str = "shop") -> dict[str, Any]:
        """The release record as it is stored; empty when there is none."""
        name = f"pointsman-{service}"
        if not self._world.exists("configmap", name):
            return {}
        return dict(json.loads(self._world.get("configmap", name)["data"]["record.json"]))

    def holder(self, service: str = "shop") -> str:
        """Who holds the lock; empty when nobody does."""
        name = f"pointsman-{service}"
        if not self._world.exists("lease", name):
            return ""
        return str(self._world.get("lease", name)["spec"].get("holderIdentity", ""))


def _document(stdout: str) -> dict[str, Any]:
    try:
        return dict(json.loads(stdout))
    except ValueError:
        return {}
