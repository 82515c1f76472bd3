"""A real Prometheus beside the cluster's own daemons, which can be killed and started again.

It scrapes fixed ports twice a second, whoever shows counts there just then, and keeps what it knew over a restart.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster.harness.binaries import program
from tests.cluster.harness.cluster import Cluster


class Prometheus:
    """Answers on `port` of `host`, which is the cluster's own network, and scrapes there: `targets` are ports, each
    with the path of its counts."""

    def __init__(self, cluster: Cluster, host: str, port: int, targets: Mapping[int, str]) -> None:
        self.address = f"http://{host}:{port}"
        self._cluster, self._port = cluster, port
        self._folder = tempfile.TemporaryDirectory(prefix="pointsman-prometheus-")
        scraped = [
            {"job_name": path, "metrics_path": path, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
            for target, path in targets.items()
        ]
        pace = {"scrape_interval": "500ms", "scrape_timeout": "500ms"}
        (Path(self._folder.name) / "prometheus.yml").write_text(json.dumps({"global": pace, "scrape_configs": scraped}))
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """It answers, unless it did; raises TimeoutError when it does not come up."""
        if self._process is not None:
            return
        options = [
            f"--config.file={self._folder.name}/prometheus.yml",
            f"--storage.tsdb.path={self._folder.name}/data",
            f"--web.listen-address=:{self._port}",
            "--log.level=error",
            "--scrape.discovery-reload-interval=100ms",
        ]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = self._cluster.spawn([str(program("prometheus")), *options], **silent)
        self._wait()

    def kill(self) -> None:
        """It is gone without a word; harmless when it was."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while not self._answers():
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError("Prometheus does not come up")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
