"""The releases of the demo, run as a user runs them, and what customers noticed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from pointsman.demo.load import Load, Tally
from pointsman.demo.stage import BLUE, GREEN, NAMESPACE, SERVICE

RELEASE_SECONDS = 180.0

_PACE = ("--soak", "1s", "--warm-up", "1s", "--interval", "1s", "--drain", "1s")
"""Minutes in production; here a second, as nothing has to warm up and nobody stays connected."""

_OBJECTIVE = ("--objective", "error-rate ok<2% rollback>3%")


@dataclass(frozen=True)
class Call:
    """One call of `pointsman`: the step, its options beside those that every call has, and where its report goes
    within the demo's folder."""

    step: str
    options: tuple[str, ...]
    report: str


@dataclass(frozen=True)
class Scene:
    """One release: what it shows, the image, the exit code that is right for it, and what is called for it in turn
    until a call ends badly."""

    title: str
    image: str
    name: str
    exit_code: int
    calls: tuple[Call, ...]


def _switch(title: str, image: str, name: str, exit_code: int) -> Scene:
    options = ("--image", image, "--bake", "5s", "--health-path", "/healthz")
    return Scene(title, image, name, exit_code, (Call("blue-green-switch", options, name),))


def _canary(title: str, image: str, name: str, exit_code: int, *calls: Call) -> Scene:
    """A canary beside green, where the users are after both switches."""
    beside = ("--workload", GREEN, "--candidate", BLUE, *_PACE, *_OBJECTIVE)
    return Scene(title, image, name, exit_code, tuple(replace(one, options=(*one.options, *beside)) for one in calls))


SCENES = (
    _switch("A good version", "shop:v2", "good", 0),
    _switch("A version that turns bad once it has the users", "shop:broken", "broken", 10),
    _canary(
        "A good version, as a canary",
        "shop:v3",
        "canary",
        0,
        # At 5 % the proof that it is good would take minutes at this traffic: there it is only looked out for harm.
        Call(
            "canary-step",
            (
                *("--image", "shop:v3", "--weight", "5", "--bake", "6s"),
                "--patience",
                "0s",
                "--on-inconclusive",
                "promote",
            ),
            "canary-first",
        ),
        Call("canary-step", ("--weights", "30,100", "--bake", "4s", "--patience", "90s"), "canary"),
    ),
    _canary(
        "A canary that fails every twentieth request",
        "shop:leaky",
        "leaky",
        10,
        Call(
            "canary-step",
            ("--image", "shop:leaky", "--weights", "5,30,100", "--bake", "4s", "--patience", "120s"),
            "leaky",
        ),
    ),
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


def command(call: Call, reports: Path) -> list[str]:
    """What a user types."""
    service = ("--platform", "local", "--namespace", NAMESPACE, "--service", SERVICE)
    return [call.step, *service, *call.options, "--report-dir", str(reports / call.report)]


def play(scene: Scene, root: Path, reports: Path, load: Load) -> Shown:
    """Release the scene's image while customers come."""
    mark, began = load.mark(), load.clock.seconds()
    exit_code = 0
    for call in scene.calls:
        (reports / call.report).mkdir(parents=True, exist_ok=True)
        exit_code = exit_code or _run(command(call, reports), root)
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
