"""A copy of the action's files with a stand-in package, and the launcher run from it as a real process."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.actions.launcher.standin import CLI, MAIN

ROOT = Path(__file__).resolve().parents[3]
DIGEST = "sha256:" + "a" * 64
INDEX = "sha256:" + "b" * 64
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def plant(place: Path, version: str = "1.2.3", digest: str = DIGEST) -> Path:
    """The tree below `place`: the real libexec, an empty lock, and a released image for linux-amd64 alone, with an
    index that has it."""
    shutil.copytree(ROOT / "libexec", place / "libexec")
    (place / "libexec" / "requirements.lock").write_text("# nothing\n")
    (place / "libexec" / "image.lock").write_text(
        f"repository=registry.example/pointsman\nversion={version}\ndigest={INDEX}\ndigest.linux-amd64={digest}\n"
    )
    package = place / "src" / "pointsman"
    (package / "entry").mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (package / "__main__.py").write_text(MAIN)
    (package / "entry" / "cli.py").write_text(CLI)
    return place


@dataclass
class Job:
    """One job of a runner: its directories, its variables and the launcher below `tree`."""

    tree: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.temp, self.workspace = self.home / "temp", self.home / "work space"
        self.temp.mkdir(parents=True, exist_ok=True)
        self.workspace.mkdir(exist_ok=True)
        given = self.env
        self.env = {"PATH": SYSTEM_PATH, "HOME": str(self.home), "RUNNER_TEMP": str(self.temp)}
        self.env |= {"GITHUB_WORKSPACE": str(self.workspace), **given}

    def start(self, *arguments: str, **extra: str) -> "subprocess.Popen[str]":
        """The launcher as a runner starts it: bash with -e and pipefail, whose last act is an exec."""
        script = self.home / "step.sh"
        script.write_text('exec "$GITHUB_ACTION_PATH/../../libexec/launch" "$@"\n')
        environment = {**self.env, "GITHUB_ACTION_PATH": str(self.tree / "actions" / "canary-step"), **extra}
        (self.tree / "actions" / "canary-step").mkdir(parents=True, exist_ok=True)
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script), *arguments]
        return subprocess.Popen(
            command,
            cwd=self.workspace,
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        """The launcher to its end."""
        process = self.start(*arguments, **extra)
        out, err = process.communicate(timeout=180)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def show(self, **extra: str) -> dict[str, Any]:
        """How the stand-in saw itself started."""
        done = self.run("show", **extra)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def without_docker(place: Path) -> str:
    """A PATH that has every program of this machine but Docker."""
    place.mkdir()
    for directory in SYSTEM_PATH.split(":"):
        for program in Path(directory).iterdir():
            if program.name != "docker" and not (place / program.name).exists():
                os.symlink(program, place / program.name)
    return str(place)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Returns once `condition` holds. Raises TimeoutError when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)
