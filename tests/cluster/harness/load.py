"""Constant load on one address, from a process of its own inside the cluster's network namespace.

    python -m tests.cluster.harness.load --url http://10.96.0.20/ --rate 100 --seconds 60 --out counts.json

Requests fall due at fixed times whether or not earlier ones were answered (an open loop), so a stall shows up
as latency and failures instead of as fewer requests. Bounded in rate, connections and time.
SIGTERM ends it early; the counts are in the file either way, and refreshed there while it runs.
"""

from __future__ import annotations

import argparse
import itertools
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tests.cluster.harness.client import TIMEOUT, Client, Plan
from tests.cluster.harness.counts import Counts, Tally

if TYPE_CHECKING:  # the generator's own process needs nothing but the standard library
    from tests.cluster.harness.cluster import Cluster

_GIVE_UP_AFTER = 1.0
_REPOSITORY = Path(__file__).parents[3]


def run(plan: Plan, out: Path, stop: threading.Event) -> Counts:
    """Send what the plan says until it ends or `stop` is set; keeps `out` fresh."""
    tally, schedule = Tally(), itertools.count()
    began = time.monotonic()

    def worker() -> None:
        client = Client(plan, tally)
        for ordinal in schedule:  # next() on a C iterator is atomic: each request is taken once
            due = began + ordinal / plan.rate
            if due - began > plan.seconds or stop.wait(max(0.0, due - time.monotonic())):
                return
            if time.monotonic() - due > _GIVE_UP_AFTER:
                tally.add("unsent")
            else:
                client.request(due)

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(plan.connections)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        tally.counts().write(out)
        time.sleep(0.25)
    counts = tally.counts()
    counts.write(out)
    return counts


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
        self._argv = [sys.executable, "-m", "tests.cluster.harness.load", f"--out={self._out}"]
        self._argv += [f"--{key}={value}" for key, value in options.items()]
        self._process: subprocess.Popen[str] | None = None
        self._final: Counts | None = None

    def __enter__(self) -> Self:
        self._process = self._cluster.spawn(self._argv, cwd=_REPOSITORY, stdout=subprocess.DEVNULL)
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
            self._process.wait(timeout=TIMEOUT * 4)
            self._final = Counts.read(self._out)
            self._folder.cleanup()
        return self.counts()


def _upto(limit: int) -> Callable[[str], float]:
    """Reads a number; load that isn't bounded has no place on a shared machine."""

    def number(text: str) -> float:
        if not 0 < float(text) <= limit:
            raise argparse.ArgumentTypeError(f"must be above 0 and at most {limit}")
        return float(text)

    return number


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Constant load on one address.")
    parser.add_argument("--url", required=True, help="an http address")
    parser.add_argument("--rate", type=_upto(1000), default=50, help="requests per second")
    parser.add_argument("--seconds", type=_upto(600), default=60)
    parser.add_argument("--connections", type=_upto(64), default=8)
    parser.add_argument("--mode", choices=["fresh", "keepalive"], default="fresh")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file the counts go to")
    return parser.parse_args()


def main() -> None:
    asked = _parsed()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    plan = Plan(
        url=asked.url,
        rate=asked.rate,
        seconds=asked.seconds,
        connections=int(asked.connections),
        keepalive=asked.mode == "keepalive",
    )
    print(run(plan, asked.out, stop))


if __name__ == "__main__":
    main()
