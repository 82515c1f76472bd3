"""Every state an object went through while a test did something else, with the time each was seen."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.cluster.harness.binaries import program
from tests.cluster.harness.world import Object, World


@dataclass(frozen=True)
class Sighting:
    """One watch event: when it arrived (seconds since the epoch), its type and the object."""

    at: float
    type: str
    object: Object

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])


class Watch:
    """A watch on one kind of objects while the `with` block runs."""

    def __init__(self, world: World, kind: str, labels: str = "") -> None:
        self._world = world
        options = ["--watch", "--output-watch-events", "-ojson", f"--selector={labels}"]
        self._argv = [str(program("kubectl")), f"--namespace={world.namespace}", "get", kind, *options]
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self.seen: list[Sighting] = []

    def __enter__(self) -> Self:
        self._process = self._world.cluster.spawn(self._argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._reader.start()
        try:
            self._world.wait_until(lambda: bool(self.seen), "the watch began")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep(0.5)  # what happened a moment ago is still on its way here
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._reader.join()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            self.seen.append(Sighting(time.time(), event["type"], event["object"]))


class EndpointWatch(Watch):
    """The endpoints of one Service, moment by moment."""

    def __init__(self, world: World, service: str) -> None:
        super().__init__(world, "endpointslices", f"kubernetes.io/service-name={service}")

    def ready(self) -> list[tuple[float, set[str]]]:
        """After each event: its time, and the names of all pods that were ready behind the Service."""
        slices: dict[str, Object] = {}
        history = []
        for sighting in self.seen:
            if sighting.type == "DELETED":
                slices.pop(sighting.name, None)
            else:
                slices[sighting.name] = sighting.object
            history.append((sighting.at, ready_pods(list(slices.values()))))
        return history

    def fewest(self) -> int:
        """The smallest number of ready pods that ever stood behind the Service."""
        return min(len(pods) for _, pods in self.ready())


def ready_pods(slices: list[Object]) -> set[str]:
    """Names of the pods in these EndpointSlices that get new connections."""
    endpoints: list[dict[str, Any]] = [one for each in slices for one in each.get("endpoints") or []]
    return {one["targetRef"]["name"] for one in endpoints if one["conditions"].get("ready")}
