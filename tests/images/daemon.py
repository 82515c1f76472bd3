"""A Docker server of our own: its own containerd, data, sockets and, if wanted, network namespace.

Nothing of a server that the machine runs already is used or changed. Both processes are ended by their ids.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "containerd": "containerd",
    "debootstrap": "debootstrap",
}


def install_missing() -> None:
    """Debian packages for the programs that are missing.

    Raises RuntimeError naming them, where that needs root or another package manager.
    """
    missing = {package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RuntimeError(f"install these first: {', '.join(sorted(missing))}")
    subprocess.run(["apt-get", "install", "--yes", "--no-install-recommends", *sorted(missing)], check=True)


@dataclass
class Server:
    """containerd and dockerd below one temporary directory."""

    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pm-docker.", dir="/tmp")))
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """What DOCKER_HOST has to be."""
        return f"unix://{self.home}/docker.sock"

    def start(self, netns: str | None = None) -> None:
        """Both processes, inside the network namespace at the path `netns` when one is given.

        Containers with `--network host` are then in it too. Raises RuntimeError with the log of a server
        that doesn't answer within 60 s.
        """
        enter = ["nsenter", f"--net={netns}", "--"] if netns else []
        address = self.home / "containerd.sock"
        settings = self.home / "containerd.toml"
        settings.write_text(
            f'version = 2\nroot = "{self.home}/containerd"\nstate = "{self.home}/run-containerd"\n'
            f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{address}"\n'
        )
        self._run([*enter, "containerd", "--config", str(settings)])
        self._until(address.exists)
        command = ["dockerd", "--containerd", str(address), "--host", self.host]
        command += ["--data-root", str(self.home / "data"), "--exec-root", str(self.home / "exec")]
        command += ["--pidfile", str(self.home / "docker.pid")]
        # Tests use the host's network; a bridge would change the packet filter of the machine.
        command += ["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        self._run([*enter, *command])
        self._until(self.answers)

    def answers(self) -> bool:
        """Whether the server answers a client now."""
        environment = {**os.environ, "DOCKER_HOST": self.host}
        return subprocess.run(["docker", "version"], env=environment, capture_output=True).returncode == 0

    def stop(self) -> None:
        """Ends both, waits for them, and removes what they stored."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=60)
        self.processes.clear()
        self._unmount()
        shutil.rmtree(self.home)

    def _run(self, command: list[str]) -> None:
        with (self.home / "log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                raise RuntimeError(f"no Docker server: {(self.home / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def _unmount(self) -> None:
        points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in reversed([point for point in points if point.startswith(f"{self.home}/")]):
            subprocess.run(["umount", "--lazy", point], check=True)
