"""What happens in a simulated half-hour: 360 looks, one every 5 seconds, at the requests of both versions.

The nulls are candidates that are no worse than stable: independent requests, clumps, drifts, ramps, shared incidents,
and pods that differ. In the last of these the version is the same and the pods are not, which no judge can tell.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

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


Rates = Callable[[random.Random], Callable[[int], tuple[float, float]]]
"""For one half-hour: from the look's number to the rates of bad requests (stable, candidate)."""


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
        rates = self.rates(chance)
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


def both(rate: float) -> Rates:
    """The same rate for both, all the time."""
    return lambda _: lambda _: (rate, rate)


def apart(stable: float, candidate: float, onset: float = 0.0) -> Rates:
    """The candidate's rate rises at minute `onset`."""
    return lambda _: lambda index: (stable, candidate if index >= onset * MINUTE else stable)


def rising(low: float, high: float) -> Rates:
    """Both rise together, evenly over the half-hour."""
    return lambda _: lambda index: (low + (high - low) * index / LOOKS,) * 2


def incident(rate: float, peak: float, first: int, last: int) -> Rates:
    """Both are at `peak` from minute `first` to `last`."""
    return lambda _: lambda index: (peak if first * MINUTE <= index < last * MINUTE else rate,) * 2


def spread(rate: float, variation: float, stable_pods: int, candidate_pods: int) -> Rates:
    """Each pod has its own rate for the whole half-hour, with this coefficient of variation (gamma)."""

    def of_pods(chance: random.Random, pods: int) -> float:
        shape = 1 / variation**2
        return sum(chance.gammavariate(shape, rate / shape) for _ in range(pods)) / pods

    def drawn(chance: random.Random) -> Callable[[int], tuple[float, float]]:
        rates = of_pods(chance, stable_pods), of_pods(chance, candidate_pods)
        return lambda _: rates

    return drawn


def hiccups(rate: float, peak: float, looks: tuple[int, int], stable_pods: int, candidate_pods: int) -> Rates:
    """Each pod has one hiccup in the half-hour, of between so many looks, at `peak`."""

    def of_pod(chance: random.Random) -> tuple[int, int]:
        length = chance.randint(*looks)
        first = chance.randrange(LOOKS - length)
        return first, first + length

    def mean(pods: list[tuple[int, int]], index: int) -> float:
        ill = sum(first <= index < last for first, last in pods)
        return (ill * peak + (len(pods) - ill) * rate) / len(pods)

    def drawn(chance: random.Random) -> Callable[[int], tuple[float, float]]:
        stable = [of_pod(chance) for _ in range(stable_pods)]
        candidate = [of_pod(chance) for _ in range(candidate_pods)]
        return lambda index: (mean(stable, index), mean(candidate, index))

    return drawn


RAMP = (0.05, 0.1, 0.3, 0.5)

NULLS = (
    Scenario("independent .1 %, 10/s x 10 %", 10, (0.1,), both(0.001)),
    Scenario("independent .5 %, 100/s x 10 %", 100, (0.1,), both(0.005)),
    Scenario("independent 1 %, 1000/s x 5 %", 1000, (0.05,), both(0.01)),
    Scenario("clumps of 8, .5 %, 100/s x 10 %", 100, (0.1,), both(0.005), clump=8),
    Scenario("clumps of 20, .5 %, 1000/s x 10 %", 1000, (0.1,), both(0.005), clump=20),
    Scenario("pod hiccups of 5 to 15 s, 100/s x 10 %", 100, (0.1,), hiccups(0.005, 0.1, (1, 3), 9, 1)),
    Scenario("shared incident at 8 %, 100/s x 10 %", 100, (0.1,), incident(0.005, 0.08, 12, 17)),
    Scenario("ramp 5-10-30-50 %, rate rising .2 to 1.5 %, 100/s", 100, RAMP, rising(0.002, 0.015)),
    Scenario("shared slow rise .3 to 3 %, 100/s x 10 %", 100, (0.1,), rising(0.003, 0.03)),
)
"""Candidates no worse than stable in every block."""

PODS = (
    Scenario("pods differ by .3, 2 of 20, 1000/s x 10 %", 1000, (0.1,), spread(0.005, 0.3, 18, 2)),
    Scenario("pods differ by .5, 1 of 20, 1000/s x 5 %", 1000, (0.05,), spread(0.005, 0.5, 19, 1)),
    Scenario("pod hiccups of 60 to 120 s, 100/s x 10 %", 100, (0.1,), hiccups(0.005, 0.1, (12, 24), 9, 1)),
)
"""The same version on pods that are not alike: the candidate is worse for a time, or for good."""

TRAFFIC = ((10.0, 0.1), (10.0, 0.5), (100.0, 0.05), (100.0, 0.1), (1000.0, 0.01), (1000.0, 0.05))
FAULTS = ((0.001, 0.005), (0.005, 0.01), (0.01, 0.02), (0.01, 0.05), (0.01, 0.1), (0.001, 0.5))


def fault_name(stable: float, candidate: float) -> str:
    """`1 to 5 %`."""
    return f"{100 * stable:g} to {100 * candidate:g} %"


def faults(traffic: float, weight: float) -> list[Scenario]:
    """The six regressions at one level of traffic, present from the start."""
    return [Scenario(f"{fault_name(*f)} {traffic}x{weight}", traffic, (weight,), apart(*f)) for f in FAULTS]


LATE = tuple(
    (onset, Scenario(f"{fault_name(*fault)} at minute {onset}, {traffic:g}/s x {100 * weight:g} %", traffic, (weight,),
                     apart(*fault, onset)))
    for onset in (10, 15, 20)
    for fault, traffic, weight in (((0.005, 0.05), 100.0, 0.1), ((0.005, 0.02), 1000.0, 0.05))
)  # fmt: skip
"""(minute of the onset, scenario)."""
