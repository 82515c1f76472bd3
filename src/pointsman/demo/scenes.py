"""The two releases of the demo, run as a user runs them, and what customers noticed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pointsman.demo.load import Load, Tally
from pointsman.demo.stage import NAMESPACE, SERVICE

RELEASE_SECONDS = 45.0


@dataclass(frozen=True)
class Scene:
    """One release: what it shows, the image, and the exit code that is right for it."""

    title: str
    image: str
    name: str
    exit_code: int


SCENES = (
    Scene("A good version", "shop:v2", "good", 0),
    Scene("A version that turns bad once it has the users", "shop:broken", "broken", 10),
)


@dataclass(frozen=True)
class Shown:
    """How a scene went."""

    scene: Scene
    exit_code: int
    tally: Tally
    seconds: float

    @property
    def as_expected(self) -> bool:
        """True when the release ended as it should, and a good one cost no request."""
        bad_release = self.scene.exit_code != 0
        return self.exit_code == self.scene.exit_code and (bad_release or self.tally.failed == 0)


def command(scene: Scene, reports: Path) -> list[str]:
    """What a user types."""
    return [
        "blue-green-switch", "--platform", "local", "--namespace", NAMESPACE, "--service", SERVICE,
        "--image", scene.image, "--bake", "5s", "--health-path", "/healthz",
        "--report-dir", str(reports / scene.name),
    ]  # fmt: skip


def play(scene: Scene, root: Path, reports: Path, load: Load) -> Shown:
    """Release the scene's image while customers come."""
    mark, began = load.mark(), load.clock.seconds()
    (reports / scene.name).mkdir(parents=True, exist_ok=True)
    exit_code = _run(command(scene, reports), root)
    load.clock.sleep(1.0)
    return Shown(scene, exit_code, load.since(mark), load.clock.seconds() - began)


def _run(arguments: list[str], root: Path) -> int:
    """The exit code of `pointsman` with `arguments`; a Ctrl-C reaches it as it reaches us, and it is waited
    for."""
    whole = ["env", f"POINTSMAN_LOCAL_ROOT={root}", sys.executable, "-m", "pointsman", *arguments]
    with subprocess.Popen(whole) as process:
        try:
            return process.wait(RELEASE_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            return process.wait(10)
        except KeyboardInterrupt:
            process.terminate()
            process.wait(10)
            raise
