"""`python -m pointsman.demo`: a good and a bad release by blue-green, and by a canary, under constant load on a real
Envoy, in about a minute and a half."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pointsman.adapters.local.files import replace_file
from pointsman.demo.closing import answered_by, document, markdown
from pointsman.demo.load import Load
from pointsman.demo.scenes import SCENES, Shown, play
from pointsman.demo.stage import stage
from pointsman.model.errors import PointsmanError

MOST_CUSTOMERS = 1_000_000
"""Of an open shop; who leaves it open for longer has it without load."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play all scenes; 0 when all went as they should, 130 when stopped."""
    parser = argparse.ArgumentParser(prog="pointsman demo", description="Four releases under constant load.")
    parser.add_argument("--folder", type=Path, default=Path("demo-report"), help="for state and reports")
    parser.add_argument("--rate", type=float, default=200.0, help="requests per second")
    parser.add_argument("--open", action="store_true", help="open the shop for releases of your own, until Ctrl-C")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        folder = given.folder.absolute()
        return keep_open(folder, given.rate) if given.open else run(folder, given.rate)
    except KeyboardInterrupt:
        say("stopped; every process was ended")
        return 130
    except PointsmanError as error:
        say(f"error: {error.message}\n  {error.advice}")
        return error.exit_code


def run(folder: Path, rate: float) -> int:
    """Set the stage under `folder`, play, and write down what was seen there."""
    say("bringing up Envoy and shop:v1 on shop-blue …")
    with stage(folder / "state") as service, Load(service.port, rate) as load:
        say(f"the shop is open at http://127.0.0.1:{service.port}, {rate:.0f} requests per second")
        shown = [_shown(number, folder, load) for number in range(len(SCENES))]
    replace_file(folder / "summary.md", markdown(shown))
    replace_file(folder / "summary.json", document(shown))
    say(f"\nsummaries: {folder}\nevery process was ended")
    return 0 if all(each.as_expected for each in shown) else 1


def keep_open(folder: Path, rate: float) -> NoReturn:
    """Set the stage under `folder`, with customers, and leave it to whoever releases there, until they stop it."""
    say("bringing up Envoy and shop:v1 on shop-blue …")
    with stage(folder / "state") as service, Load(service.port, rate, MOST_CUSTOMERS) as load:
        say(
            f"the shop is open at http://127.0.0.1:{service.port}, {rate:.0f} requests per second, until Ctrl-C; "
            "for releases in another terminal:"
        )
        say(f'export POINTSMAN_LOCAL_ROOT="{folder / "state"}"')
        try:
            while True:
                signal.pause()
        finally:
            tally = load.since(0)
            say(f"customers: {tally.total} requests, {tally.failed} failed ({answered_by(tally)})")


def _shown(number: int, folder: Path, load: Load) -> Shown:
    scene = SCENES[number]
    say(f"\n── {number + 1}. {scene.title}: pointsman {scene.calls[0].step} --image {scene.image}")
    shown = play(scene, folder / "state", folder, load)
    tally = shown.tally
    say(
        f"── exit {shown.exit_code} after {shown.seconds:.0f} s; customers: {tally.total} requests, "
        f"{tally.failed} failed ({answered_by(tally)})"
    )
    return shown


def say(text: str) -> None:
    """One line to whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
