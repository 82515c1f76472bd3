"""Constant load on one address, from a process of its own inside the cluster's network namespace.

`users/main.go` is the generator; here is what starts it and asks it.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster.harness.binaries import built_here
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.counts import Counts

_SOURCE = Path(__file__).parent / "users"
_ENDS_WITHIN = 20.0
"""Seconds: a request that is under way may take 5, and is made once more where an idle connection broke."""


def generator() -> Path:
    """The program."""
    return built_here(_SOURCE)


class Load:
    """Constant load on `url` while the `with` block runs; ask `counts()` meanwhile, `stop()` at the end."""

    def __init__(
        self,
        cluster: Cluster,
        url: str,
        *,
        rate: float = 50,
        seconds: float = 120,
        connections: int = 8,
        mode: str = "fresh",
    ) -> None:
        self._cluster = cluster
        self._folder = tempfile.TemporaryDirectory(prefix="pointsman-load-")
        self._out = Path(self._folder.name) / "counts.json"
        options = {"url": url, "rate": rate, "seconds": seconds, "connections": connections, "mode": mode}
        self._argv = [str(generator()), f"--out={self._out}"]
        self._argv += [f"--{key}={value}" for key, value in options.items()]
        self._process: subprocess.Popen[str] | None = None
        self._final: Counts | None = None

    def __enter__(self) -> Self:
        self._process = self._cluster.spawn(self._argv, stdout=subprocess.DEVNULL)
        try:
            self.wait_for(lambda counts: counts.sent > 0, "a first request")
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def counts(self) -> Counts:
        """What was counted up to about a quarter of a second ago."""
        if self._final is not None:
            return self._final
        return Counts.read(self._out) if self._out.exists() else Counts()

    def wait_for(self, seen: Callable[[Counts], bool], what: str, timeout: float = 30.0) -> Counts:
        """Wait until the counts satisfy `seen`; raises `TimeoutError` when they never do."""
        deadline = time.monotonic() + timeout
        while not seen(counts := self.counts()):
            if time.monotonic() > deadline or self._ended():
                raise TimeoutError(f"the load ended, or {timeout:.0f} s passed, before {what}: {counts}")
            time.sleep(0.1)
        return counts

    def at_least(self, requests: int, timeout: float = 10.0) -> None:
        """Go on until so many requests were sent, if it is still under way."""
        deadline = time.monotonic() + timeout
        while not self._ended() and self.counts().sent < requests and time.monotonic() < deadline:
            time.sleep(0.1)

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> Counts:
        """End the load and return everything it counted."""
        if self._final is None and self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_ENDS_WITHIN)
            self._final = Counts.read(self._out)
            self._folder.cleanup()
        return self.counts()
