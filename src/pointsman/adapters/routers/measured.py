"""A router whose effect is also met by requests of our own: level 3 of the effect ladder, at any weight.

Around any router: fresh connections to the address users have, each answer naming the version that gave it, until
their number by version fits the split (`judge/share.py` says how many that takes and what fits). Once per split that
is written. When the versions cannot be told apart by their answers, the inner router's level stands and a settle
delay follows; an address that does not answer proves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from pointsman.adapters.probers.sampling import USUAL, Sampling, sampled
from pointsman.adapters.routers.settling import Settling
from pointsman.judge.share import Fit, measured, requests_for
from pointsman.model.drift import Field, Writer
from pointsman.model.evidence import Effect, Probe
from pointsman.model.split import Match, Split
from pointsman.ports.clock import Clock
from pointsman.ports.router import ComesNear, MatchesRequests, Router, Withdraws
from pointsman.ports.writers import KnowsWriters

Ask = Callable[[], Probe]

PAUSE = 1.0
"""Seconds after a look that a weight in between has not passed; each takes hundreds of requests, which reach users'
pods. At 0 and 100 one answer that went astray ends a look, so there is no pause."""


class StampedRouter(Router, KnowsWriters, Protocol):
    """A router whose object can carry the fencing number and remembers its writers."""

    def stamp(self) -> None:
        """See `ports.record.Stamps`."""
        ...

    def number(self) -> int:
        """See `ports.record.Stamps`."""
        ...


class StampedMatchingRouter(StampedRouter, MatchesRequests, Withdraws, Protocol):
    """One that also sends testers to the candidate, by rules of its own."""


class MeasuredRouter:
    """`ask` sends one fresh request as users do; `marker_of(version)` is the text that version answers with."""

    def __init__(
        self,
        inner: StampedRouter,
        ask: Ask,
        marker_of: Callable[[str], str],
        clock: Clock,
        limits: Sampling = USUAL,
    ) -> None:
        self._inner, self._ask, self._marker_of, self._clock, self._limits = inner, ask, marker_of, clock, limits
        self._settling = Settling(clock)
        self._proven: tuple[Split, Effect] | None = None
        self._unmet: tuple[Split, Effect, float] | None = None

    def read(self) -> Split:
        """The split as written."""
        return self._inner.read()

    def write(self, split: Split) -> None:
        """Write the split."""
        self._forget()
        self._inner.write(split)

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the route last."""
        return self._inner.writer(name, field)

    def stamp(self) -> None:
        """Leave our fencing number on the object."""
        self._inner.stamp()

    def number(self) -> int:
        """The fencing number on the object."""
        return self._inner.number()

    def settled(self, split: Split) -> Effect:
        """Level 3 once as many fresh requests as it takes were answered in shares that fit `split`."""
        effect = self._inner.settled(split)
        if not effect.reached:
            return effect
        if self._proven is not None and self._proven[0] == split:
            return self._proven[1]
        return self._resting(split) or self._looked(split, effect)

    def _looked(self, split: Split, effect: Effect) -> Effect:
        effect, now = self._proof(split, effect), self._clock.seconds()
        self._proven = (split, effect) if effect.reached else None
        self._unmet = None if effect.reached or split.weight in (0, 100) else (split, effect, now + PAUSE)
        return effect

    def _resting(self, split: Split) -> Effect | None:
        """What the last look said, while it is too early for another one."""
        if self._unmet is None or self._unmet[0] != split or self._clock.seconds() >= self._unmet[2]:
            return None
        return self._unmet[1]

    def _proof(self, split: Split, effect: Effect) -> Effect:
        answers = self._by_markers(split)
        if answers is None:
            return self._after_settling(effect)
        return met(answers, self._ask, self._limits, self._clock, effect.level, self._share())

    def _by_markers(self, split: Split) -> Split | None:
        """The split in the words of the answers; None when they do not tell the versions apart."""
        stable, candidate = self._marker_of(split.stable), self._marker_of(split.candidate)
        serving = {100: candidate, 0: stable}.get(split.weight, stable and candidate)
        return Split(stable, candidate, split.weight) if serving and stable != candidate else None

    def _share(self) -> float | None:
        return self._inner.real_share() if isinstance(self._inner, ComesNear) else None

    def _after_settling(self, effect: Effect) -> Effect:
        if effect.level < 1:  # nobody has confirmed anything, and a delay confirms nothing
            alike = "the versions cannot be told apart by their answers, and nothing else shows where requests go"
            return Effect(False, effect.level, f"{effect.detail}; {alike}")
        if not self._settling.over():
            return Effect(False, 1, f"{effect.detail}; the versions cannot be told apart, waiting a little")
        return Effect(True, 1, f"{effect.detail}; the versions cannot be told apart by their answers")

    def _forget(self) -> None:
        self._proven = self._unmet = None
        self._settling.begin_anew()


class MeasuredMatchingRouter(MeasuredRouter):
    """`ask_as(rule)` sends one fresh request that fits the rule for testers: all of those must reach the candidate."""

    _inner: StampedMatchingRouter

    def __init__(
        self,
        inner: StampedMatchingRouter,
        ask: Ask,
        marker_of: Callable[[str], str],
        clock: Clock,
        ask_as: Callable[[Match], Probe],
        limits: Sampling = USUAL,
    ) -> None:
        super().__init__(inner, ask, marker_of, clock, limits)
        self._ask_as = ask_as

    def matched(self) -> Match | None:
        """The rule as written."""
        return self._inner.matched()

    def match(self, rule: Match | None) -> None:
        """Write the rule, or take it away."""
        self._forget()
        self._inner.match(rule)

    def withdraw(self) -> None:
        """Leave only what users have written."""
        self._inner.withdraw()

    def _proof(self, split: Split, effect: Effect) -> Effect:
        proof, rule = super()._proof(split, effect), self._inner.matched()
        testers = self._by_markers(all_to(split.candidate, split))
        if not proof.reached or rule is None or testers is None:
            return proof
        return together(proof, met(testers, lambda: self._ask_as(rule), self._limits, self._clock, effect.level))


def all_to(version: str, split: Split) -> Split:
    """All requests reach `version`, one of the two of `split`: what holds for those that fit the rule for testers."""
    other = split.stable if version == split.candidate else split.candidate
    return Split(other, version, 100)


def together(users: Effect, testers: Effect) -> Effect:
    """What requests as users send them met, and what those of testers met after that."""
    return Effect(testers.reached, testers.level, f"{users.detail}; with the rule for testers {testers.detail}")


def met(split: Split, ask: Ask, limits: Sampling, clock: Clock, level: int, share: float | None = None) -> Effect:
    """Whether fresh requests meet `split`, whose versions are named as their answers mark them. Without proof for or
    against, `level` is what the effect had reached before. `share` is the candidate's real one, where it differs."""
    wanted = requests_for(split.weight / 100 if share is None else share, limits.tolerance, limits.most)
    probes = sampled(ask, wanted, limits, clock, lambda probe: not _goes_on(split, probe))
    silent = next((probe for probe in probes if probe.status == 0), None)
    if silent is not None:
        return Effect(False, level, f"{silent.target} does not answer: {silent.detail}")
    seen = measured(split, Counter(probe.marker for probe in probes), share)
    told = seen.fit in (Fit.INSIDE, Fit.OUTSIDE)
    return Effect(seen.fit is Fit.INSIDE, 3 if told else level, seen.detail)


def _goes_on(split: Split, probe: Probe) -> bool:
    """False when one answer is enough to know that the split is not met."""
    return probe.status != 0 and probe.marker in (split.stable, split.candidate) and split.share(probe.marker) > 0
