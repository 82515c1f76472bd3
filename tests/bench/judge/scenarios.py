"""What happens in a simulated half-hour: 360 looks, one every 5 seconds, at the requests of both versions.

The nulls are candidates that are no worse than stable: independent requests, clumps, drifts, ramps, shared incidents,
and pods that differ. In the last of these the version is the same and the pods are not, which no judge can tell.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tests.bench.judge.chance import clumped, poisson, seeded

LOOKS, SECONDS = 360, 5
MINUTE = 60 // SECONDS


class Look(NamedTuple):
    """Requests and bad requests of both versions in 5 seconds."""

    stable: int
    stable_bad: int
    candidate: int
    candidate_bad: int
    ramp: bool = False
    """True when the weight has just changed."""


RateAt = Callable[[int], tuple[float, float]]
"""From the look's number to the rates of bad requests (stable, candidate)."""


class Rates(Protocol):
    """What the rates do; values, so that a scenario can be sent to another process."""

    def drawn(self, chance: random.Random) -> RateAt:
        """The rates of one half-hour."""
        ...


@dataclass(frozen=True)
class Scenario:
    """`traffic` requests per second in all; `weights` the candidate's shares, each for an equal part of the time."""

    name: str
    traffic: float
    weights: tuple[float, ...]
    rates: Rates
    clump: float = 1.0

    def looks(self, run: int) -> Iterator[Look]:
        """The half-hour number `run`, always the same one."""
        chance = seeded(self.name, run)
        rates = self.rates.drawn(chance)
        before = self.weights[0]
        for index in range(LOOKS):
            weight = self.weights[index * len(self.weights) // LOOKS]
            p_s, p_c = rates(index)
            n_s = poisson(chance, self.traffic * SECONDS * (1 - weight))
            n_c = poisson(chance, self.traffic * SECONDS * weight)
            yield Look(
                n_s, clumped(chance, n_s, p_s, self.clump), n_c, clumped(chance, n_c, p_c, self.clump), weight != before
            )
            before = weight


@dataclass(frozen=True)
class Apart:
    """The candidate's rate rises at minute `onset`."""

    stable: float
    candidate: float
    onset: float = 0.0

    def drawn(self, chance: random.Random) -> RateAt:
        """The same in every half-hour."""
        del chance
        return lambda index: (self.stable, self.candidate if index >= self.onset * MINUTE else self.stable)


def both(rate: float) -> Rates:
    """The same rate for both, all the time."""
    return Apart(rate, rate)


@dataclass(frozen=True)
class Rising:
    """Both rise together, evenly over the half-hour."""

    low: float
    high: float

    def drawn(self, chance: random.Random) -> RateAt:
        """The same in every half-hour."""
        del chance
        return lambda index: (self.low + (self.high - self.low) * index / LOOKS,) * 2


@dataclass(frozen=True)
class Incident:
    """Both are at `peak` from minute `first` to `last`."""

    rate: float
    peak: float
    first: int
    last: int

    def drawn(self, chance: random.Random) -> RateAt:
        """The same in every half-hour."""
        del chance
        return lambda index: (self.peak if self.first * MINUTE <= index < self.last * MINUTE else self.rate,) * 2


@dataclass(frozen=True)
class Spread:
    """Each pod has its own rate for the whole half-hour, with this coefficient of variation (gamma)."""

    rate: float
    variation: float
    stable_pods: int
    candidate_pods: int

    def drawn(self, chance: random.Random) -> RateAt:
        """Other pods in every half-hour."""
        rates = self._mean(chance, self.stable_pods), self._mean(chance, self.candidate_pods)
        return lambda _: rates

    def _mean(self, chance: random.Random, pods: int) -> float:
        shape = 1 / self.variation**2
        return sum(chance.gammavariate(shape, self.rate / shape) for _ in range(pods)) / pods


@dataclass(frozen=True)
class Hiccups:
    """Each pod has one hiccup in the half-hour, of between so many looks, at `peak`."""

    rate: float
    peak: float
    looks: tuple[int, int]
    stable_pods: int
    candidate_pods: int

    def drawn(self, chance: random.Random) -> RateAt:
        """At other times in every half-hour."""
        stable = [self._hiccup(chance) for _ in range(self.stable_pods)]
        candidate = [self._hiccup(chance) for _ in range(self.candidate_pods)]
        return lambda index: (self._mean(stable, index), self._mean(candidate, index))

    def _hiccup(self, chance: random.Random) -> tuple[int, int]:
        length = chance.randint(*self.looks)
        first = chance.randrange(LOOKS - length)
        return first, first + length

    def _mean(self, pods: list[tuple[int, int]], index: int) -> float:
        ill = sum(first <= index < last for first, last in pods)
        return (ill * self.peak + (len(pods) - ill) * self.rate) / len(pods)


RAMP = (0.05, 0.1, 0.3, 0.5)

NULLS = (
    Scenario("independent .1 %, 10/s x 10 %", 10, (0.1,), both(0.001)),
    Scenario("independent .5 %, 100/s x 10 %", 100, (0.1,), both(0.005)),
    Scenario("independent 1 %, 1000/s x 5 %", 1000, (0.05,), both(0.01)),
    Scenario("clumps of 8, .5 %, 100/s x 10 %", 100, (0.1,), both(0.005), clump=8),
    Scenario("clumps of 20, .5 %, 1000/s x 10 %", 1000, (0.1,), both(0.005), clump=20),
    Scenario("pod hiccups of 5 to 15 s, 100/s x 10 %", 100, (0.1,), Hiccups(0.005, 0.1, (1, 3), 9, 1)),
    Scenario("shared incident at 8 %, 100/s x 10 %", 100, (0.1,), Incident(0.005, 0.08, 12, 17)),
    Scenario("ramp 5-10-30-50 %, rate rising .2 to 1.5 %, 100/s", 100, RAMP, Rising(0.002, 0.015)),
    Scenario("shared slow rise .3 to 3 %, 100/s x 10 %", 100, (0.1,), Rising(0.003, 0.03)),
)
"""Candidates no worse than stable in every block."""

PODS = (
    Scenario("pods differ by .3, 2 of 20, 1000/s x 10 %", 1000, (0.1,), Spread(0.005, 0.3, 18, 2)),
    Scenario("pods differ by .5, 1 of 20, 1000/s x 5 %", 1000, (0.05,), Spread(0.005, 0.5, 19, 1)),
    Scenario("pod hiccups of 60 to 120 s, 100/s x 10 %", 100, (0.1,), Hiccups(0.005, 0.1, (12, 24), 9, 1)),
)
"""The same version on pods that are not alike: the candidate is worse for a time, or for good."""

TRAFFIC = ((10.0, 0.1), (10.0, 0.5), (100.0, 0.05), (100.0, 0.1), (1000.0, 0.01), (1000.0, 0.05))
FAULTS = ((0.001, 0.005), (0.005, 0.01), (0.01, 0.02), (0.01, 0.05), (0.01, 0.1), (0.001, 0.5))


def fault_name(stable: float, candidate: float) -> str:
    """`1 to 5 %`."""
    return f"{100 * stable:g} to {100 * candidate:g} %"


def faults(traffic: float, weight: float) -> list[Scenario]:
    """The six regressions at one level of traffic, present from the start."""
    return [Scenario(f"{fault_name(*f)} {traffic}x{weight}", traffic, (weight,), Apart(*f)) for f in FAULTS]


LATE = tuple(
    (onset, Scenario(f"{fault_name(*fault)} at minute {onset}, {traffic:g}/s x {100 * weight:g} %", traffic, (weight,),
                     Apart(*fault, onset)))
    for onset in (10, 15, 20)
    for fault, traffic, weight in (((0.005, 0.05), 100.0, 0.1), ((0.005, 0.02), 1000.0, 0.05))
)  # fmt: skip
"""(minute of the onset, scenario)."""
