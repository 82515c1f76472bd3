"""Splits requests between two local versions by Envoy's weighted clusters.

Writes one file, `envoy/discovery/routes.json` in the service's folder, by rename and under a file lock.
Always both weights, any whole percent. The effect is read back from Envoy: the number of the routes it
serves (level 2), then from fresh requests through the listener, whose answers name the version that gave
them (level 3).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pointsman.adapters.local import envoy, proxy
from pointsman.adapters.local.files import locked, replace_file, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.observed import REQUESTS, effect_of
from pointsman.adapters.local.proxy import Counters
from pointsman.adapters.local.service import Service
from pointsman.adapters.probers.http_url import ask
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.evidence import Effect
from pointsman.model.split import Split
from pointsman.ports.clock import Clock


@dataclass(frozen=True)
class Written:
    """What stands in the routes file: its number, and the weight by version."""

    number: int
    weights: dict[str, int]


class LocalEnvoyRouter:
    """The split between `stable` and `candidate` of the service in `folder`."""

    def __init__(self, folder: Folder, service: Service, clock: Clock, stable: str, candidate: str) -> None:
        self._folder, self._service, self._clock = folder, service, clock
        self._stable, self._candidate = stable, candidate
        self._seen = 0
        self._rejected_before: int | None = None
        self._proven: tuple[int, Effect] | None = None

    def read(self) -> Split:
        """The split as written. Raises InputError when requests go to a version that is neither of ours."""
        written = self._written()
        split = split_of(written.weights, self._stable, self._candidate)
        self._seen = written.number
        return split

    def write(self, split: Split) -> None:
        """Write `split`, unless it is written already. Raises ConflictError when somebody wrote after our
        read."""
        self._refuse_strangers(split)
        with locked(self._guard()):
            written = self._written()
            self._refuse_if_stale(written)
            weights = {split.stable: split.share(split.stable), split.candidate: split.weight}
            if weights != written.weights:
                self._rejected_before = proxy.routes_rejected(self._service.admin_port)
                written = Written(written.number + 1, weights)
                replace_file(self._folder.routes, envoy.routes(written.number, weights))
            self._seen = written.number

    def settled(self, split: Split) -> Effect:
        """Level 0: written. 2: Envoy serves these routes. 3: requests were answered as the split says."""
        written = self._written()
        if any(written.weights.get(name, 0) != split.share(name) for name in (split.stable, split.candidate)):
            return Effect(False, 0, f"another split is written: {_words(written.weights)}")
        served = proxy.routes_version(self._service.admin_port)
        if served != str(written.number):
            return Effect(False, 0, self._lag(served, written.number))
        return self._met_by_requests(split, written.number)

    def stamp(self) -> None:
        """Give the routes the next number as they are, so that a write that an older run prepared is
        refused."""
        with locked(self._guard()):
            written = self._written()
            replace_file(self._folder.routes, envoy.routes(written.number + 1, written.weights))
            self._seen = written.number + 1

    def number(self) -> int:
        """0: what is here is told apart by generations of its own, not by fencing numbers."""
        return 0

    def counters(self, version: str) -> Counters:
        """What Envoy counted for `version` since it started."""
        return proxy.counters(self._service.admin_port, version)

    def _met_by_requests(self, split: Split, number: int) -> Effect:
        """Asked once per number: as long as Envoy serves these routes, what was proven of them stays
        proven."""
        if self._proven is None or self._proven[0] != number:
            effect = effect_of(split, self._answers())
            if not effect.reached:
                return effect
            self._proven = (number, effect)
        return self._proven[1]

    def _guard(self) -> Path:
        return self._folder.envoy / "routes.lock"

    def _answers(self) -> Counter[str]:
        url = f"http://127.0.0.1:{self._service.port}{self._service.health_path}"
        probes = [ask(url, self._clock, 2.0, envoy.SERVED_BY) for _ in range(REQUESTS)]
        return Counter(probe.marker for probe in probes if probe.status)

    def _lag(self, served: str, number: int) -> str:
        lag = f"Envoy serves routes number {served or 'none'}, {number} is written"
        before, now = self._rejected_before, proxy.routes_rejected(self._service.admin_port)
        return f"{lag}, and it refused {now - before}: see envoy.log" if before is not None and now > before else lag

    def _written(self) -> Written:
        text = text_of(self._folder.routes)
        if text is None:
            raise InputError(f"there is no {self._folder.routes}", "bring the local platform up first")
        try:
            return Written(*envoy.split_written(text))
        except ValueError as reason:
            raise ConflictError(f"{self._folder.routes}: {reason}", "bring the platform down and up") from reason

    def _refuse_if_stale(self, written: Written) -> None:
        if self._seen not in (0, written.number):
            raise ConflictError(
                f"the routes were changed by somebody else: number {written.number}, we read {self._seen}",
                "run the same command again: it starts from what is written now",
            )

    def _refuse_strangers(self, split: Split) -> None:
        for name in (split.stable, split.candidate):
            if name not in self._service.versions:
                known = ", ".join(self._service.versions)
                raise InputError(f"the service has no version {name!r}", f"its versions: {known}")


def split_of(weights: dict[str, int], stable: str, candidate: str) -> Split:
    """The split between these two. Raises InputError when another version gets requests."""
    others = sorted(name for name, weight in weights.items() if weight and name not in (stable, candidate))
    if others:
        raise InputError(
            f"requests go to {', '.join(others)}, which is neither {stable} nor {candidate}",
            "name the two versions of the service as they are",
        )
    return Split(stable, candidate, weights.get(candidate, 0))


def _words(weights: dict[str, int]) -> str:
    return ", ".join(f"{name} {weight} %" for name, weight in weights.items())
