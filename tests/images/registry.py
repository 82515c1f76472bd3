"""A registry of our own (https://distribution.github.io/distribution/): what a Docker server pushes to and pulls from.

It keeps its images in a folder, so that another one can serve the very same later, to another server. Debian's package
is taken apart and not installed: installed, it would start a service that this machine has not asked for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.harness.binaries import only_builder
from tests.images.base import cache

PACKAGE = "docker-registry"
_LISTENING = "0A"


def program() -> Path:
    """The program; fetched once with apt, unless the machine has it. Raises RuntimeError where it cannot be had."""
    if known := shutil.which(PACKAGE):
        return Path(known)
    place = cache() / PACKAGE
    with only_builder():
        if not place.exists():
            _fetch(place)
    return place / "usr/bin" / PACKAGE


def _fetch(place: Path) -> None:
    if shutil.which("apt-get") is None:
        raise RuntimeError(f"install this first: {PACKAGE}")
    with tempfile.TemporaryDirectory(prefix="pm-registry.") as scratch:
        # As another user apt could not write into the folder, and would warn of it.
        download = ["apt-get", "--quiet", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
        subprocess.run(download, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(scratch).glob("*.deb")
        subprocess.run(["dpkg-deb", "--extract", str(package), str(place.with_suffix(".new"))], check=True)
    place.with_suffix(".new").rename(place)


@dataclass
class Registry:
    """One on 127.0.0.1, where Docker asks for no certificate."""

    storage: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        """What the names of its images begin with."""
        return f"127.0.0.1:{self.port}"

    def start(self, netns: str | None = None) -> None:
        """Start it, in the network namespace at this path if one is given. Raises RuntimeError with its log when it
        does not listen within 60 s."""
        self.storage.mkdir(parents=True, exist_ok=True)
        settings = self.storage / "settings.json"  # which is YAML too
        settings.write_text(json.dumps(self._settings()))
        enter = ["nsenter", f"--net={netns}", "--"] if netns else []
        command = [*enter, str(program()), "serve", str(settings)]
        with (self.storage / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._listens(self._process.pid):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise RuntimeError(f"no registry: {(self.storage / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; what it stored stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def _settings(self) -> dict[str, object]:
        return {
            "version": "0.1",
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.storage / "images")}},
            "http": {"addr": self.address},
        }

    def _listens(self, process: int) -> bool:
        """As its own network namespace has it, which need not be ours."""
        try:
            rows = Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]
        except OSError:
            return False
        return any(row.split()[1].endswith(f":{self.port:04X}") and row.split()[3] == _LISTENING for row in rows)
