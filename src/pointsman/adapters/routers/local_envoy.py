"""Splits requests between two local versions by Envoy's weighted clusters, with a rule for testers before them.

Writes one file, `envoy/discovery/routes.json` in the service's folder, by rename and under a file lock. Always both
weights, any whole percent; a weight never changes the rule, nor the rule a weight. The effect is read back from
Envoy: the number of the routes it serves (level 2), then from fresh requests through the listener, whose answers name
the version that gave them (level 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pointsman.adapters.local import envoy, proxy
from pointsman.adapters.local.files import text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.proxy import Counters
from pointsman.adapters.local.routes import Written
from pointsman.adapters.local.routes_file import RoutesFile
from pointsman.adapters.local.service import Service
from pointsman.adapters.probers.http_url import HttpUrlProber
from pointsman.adapters.probers.sampling import Sampling
from pointsman.adapters.routers.measured import all_to, met, together
from pointsman.model.errors import InputError, NotReady
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock

_LIMITS = Sampling(at_once=4)
_ENVOY_SERVES_IT = 2


class LocalEnvoyRouter:
    """The split between `stable` and `candidate` of the service in `folder`."""

    def __init__(self, folder: Folder, service: Service, clock: Clock, stable: str, candidate: str) -> None:
        self._folder, self._service, self._clock = folder, service, clock
        self._stable, self._candidate = stable, candidate
        self._file = RoutesFile(folder)
        self._rejected_before: int | None = None
        self._proven: tuple[int, Effect] | None = None

    def read(self) -> Split:
        """The split as written. Raises InputError when requests go to a version that is neither of ours."""
        written = self._file.look()
        split = split_of(written.weights, self._stable, self._candidate)
        self._file.know(written)
        return split

    def write(self, split: Split) -> None:
        """Write `split`, unless it is written already; the rule for testers stays. Raises ConflictError when somebody
        wrote after our read, InputError when the candidate would get more requests and has no instance for them."""
        self._refuse_strangers(split)
        self._file.change(lambda written: self._with_split(split, written), self._note_rejections)

    def matched(self) -> Match | None:
        """The rule for testers as written."""
        return self._file.look().rule

    def match(self, rule: Match | None) -> None:
        """Write the rule before the weighted route, or take it away; the weights stay. Raises ConflictError when
        somebody wrote after our read."""
        reached = self._candidate if rule else ""
        self._file.change(lambda written: replace(written, rule=rule, testers_reach=reached), self._note_rejections)

    def settled(self, split: Split) -> Effect:
        """Level 0: written. 2: Envoy serves these routes. 3: requests were answered as the split says."""
        written = self._file.look()
        if any(written.weights.get(name, 0) != split.share(name) for name in (split.stable, split.candidate)):
            return Effect(False, 0, f"another split is written: {_words(written.weights)}")
        served = proxy.routes_version(self._service.admin_port)
        if served != str(written.number):
            return Effect(False, 0, self._lag(served, written.number))
        return self._met_by_requests(split, written)

    def stamp(self) -> None:
        """Give the routes the next number as they are, so that a write that an older run prepared is
        refused."""
        self._file.renumber()

    def number(self) -> int:
        """0: what is here is told apart by generations of its own, not by fencing numbers."""
        return 0

    def counters(self, version: str) -> Counters:
        """What Envoy counted for `version` since it started."""
        return proxy.counters(self._service.admin_port, version)

    def _met_by_requests(self, split: Split, written: Written) -> Effect:
        """Asked once per number: as long as Envoy serves these routes, what was proven of them stays
        proven."""
        if self._proven is None or self._proven[0] != written.number:
            effect = self._asked(split, written)
            if not effect.reached:
                return effect
            self._proven = (written.number, effect)
        return self._proven[1]

    def _asked(self, split: Split, written: Written) -> Effect:
        url = f"http://127.0.0.1:{self._service.port}{self._service.health_path}"
        prober = HttpUrlProber(self._clock, lambda _: (), url, marker_header=envoy.SERVED_BY, timeout=2.0)
        effect = met(split, prober.probe_service, _LIMITS, self._clock, _ENVOY_SERVES_IT)
        rule = written.rule
        if rule is None or not effect.reached:
            return effect
        testers = all_to(written.testers_reach, split)
        return together(
            effect, met(testers, lambda: prober.probe_service_as(rule), _LIMITS, self._clock, _ENVOY_SERVES_IT)
        )

    def _note_rejections(self) -> None:
        self._rejected_before = proxy.routes_rejected(self._service.admin_port)

    def _lag(self, served: str, number: int) -> str:
        lag = f"Envoy serves routes number {served or 'none'}, {number} is written"
        before, now = self._rejected_before, proxy.routes_rejected(self._service.admin_port)
        return f"{lag}, and it refused {now - before}: see envoy.log" if before is not None and now > before else lag

    def _with_split(self, split: Split, written: Written) -> Written:
        if split.weight > written.weights.get(split.candidate, 0):
            self._refuse_without_instances(split.candidate)
        return replace(written, weights={split.stable: split.share(split.stable), split.candidate: split.weight})

    def _refuse_strangers(self, split: Split) -> None:
        for name in (split.stable, split.candidate):
            if name not in self._service.versions:
                known = ", ".join(self._service.versions)
                raise InputError(f"the service has no version {name!r}", f"its versions: {known}")

    def _refuse_without_instances(self, version: str) -> None:
        text = text_of(self._folder.endpoints(version))
        if not text or not envoy.ports_in(text):
            raise NotReady(
                f"{version} has no ready instance, so its share of the requests would fail",
                "start it, and give it requests when it is ready",
            )


def split_of(weights: Mapping[str, int], stable: str, candidate: str) -> Split:
    """The split between these two. Raises InputError when another version gets requests."""
    others = sorted(name for name, weight in weights.items() if weight and name not in (stable, candidate))
    if others:
        raise InputError(
            f"requests go to {', '.join(others)}, which is neither {stable} nor {candidate}",
            "name the two versions of the service as they are",
        )
    return Split(stable, candidate, weights.get(candidate, 0))


def _words(weights: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {weight} %" for name, weight in weights.items())
