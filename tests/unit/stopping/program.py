"""A process with the product's clock, signals and clients: does one act, and prints what came of it.

    python -m tests.unit.stopping.program ACT ADDRESS KUBECONFIG

It prints `told REASON` just before the clock is told of a signal or of the end of stdin, then `ended: …`.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.kube.api import KubeApi, Manner
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.adapters.kube.kinds import CONFIG_MAP, LEASE
from pointsman.adapters.probers.http_url import ask
from pointsman.entry.stopping import heard, watch_lifeline
from pointsman.model.errors import PointsmanError

BODY = {"metadata": {"name": "one"}}


def act(clock: SystemClock, name: str, address: str, kubeconfig: str) -> object:
    """Do what `name` says."""
    api = KubeApi(connect(KubeSource(kubeconfig)), "shop", clock)
    acts: dict[str, Callable[[], object]] = {
        "read": lambda: api.get(CONFIG_MAP, "one"),
        "change": lambda: api.replace(CONFIG_MAP, "one", BODY),
        "probe": lambda: ask(address, clock, 60.0),
        "busy": lambda: clock.attended(lambda: _busy(urlsplit(address))),
        "sleep": lambda: clock.sleep(60),
        "at-once": lambda: _at_the_next_instruction(clock),
        "late": lambda: _after_the_stop(clock, lambda: api.replace(CONFIG_MAP, "one", BODY)),
        "late-read": lambda: _after_the_stop(clock, lambda: api.get(CONFIG_MAP, "one")),
        "parting": lambda: _after_the_stop(clock, lambda: api.replace(LEASE, "one", BODY, Manner.PARTING)),
    }
    return acts[name]()


def _busy(address: SplitResult) -> None:
    """Say so, and then hang where no signal is noticed, as in the look-up of a name."""
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"busy\r\n")
        time.sleep(60)


def _at_the_next_instruction(clock: SystemClock) -> object:
    os.kill(os.getpid(), signal.SIGINT)
    clock.checkpoint()
    return "a change could have begun"


def _after_the_stop(clock: SystemClock, work: Callable[[], object]) -> object:
    os.kill(os.getpid(), signal.SIGINT)
    try:
        clock.sleep(60)
    except PointsmanError:
        return work()
    raise AssertionError("the signal was lost")


def say(line: str) -> None:
    """One whole line, although two threads speak."""
    os.write(1, f"{line}\n".encode())


def main() -> None:
    """Do the act of the command line."""
    signals, clock = heard(), SystemClock()
    if sys.argv[1] == "early":
        os.kill(os.getpid(), signal.SIGINT)

    def stop(reason: str) -> None:
        say(f"told {reason}")
        clock.stop(reason)

    signals.tell(clock.note, stop)
    watch_lifeline(stop)
    try:
        say(f"ended: {act(clock, sys.argv[1].replace('early', 'sleep'), *sys.argv[2:])}")
    except PointsmanError as error:
        say(f"ended: {type(error).__name__} {error.message}")


if __name__ == "__main__":
    main()
