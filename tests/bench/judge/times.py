"""Request times: log-normal, in the histogram that Prometheus clients have by default, with pauses that slow many
requests at once. Ours compares whole histograms with stable's; peers hold a percentile against a line."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist

from pointsman.judge.block import Arm, Block
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import STRICT, TOLERANT, Tolerance
from pointsman.judge.trial import fed, opened_trial
from pointsman.model.objective import objectives_of
from tests.bench.judge.chance import binomial, poisson, seeded
from tests.bench.judge.scenarios import LOOKS, MINUTE, SECONDS
from tests.bench.judge.tables import found

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MEDIAN, SPREAD = 0.06, 0.8
"""Stable's times: half take 60 ms, 0.4 % more than 500 ms."""

SLOW = objectives_of(["p99 ok<500ms rollback>2s"])
WARM_UP = 30.0
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Speed:
    """A candidate whose times are `factor` times stable's, where `stuck` of the requests take 3 s more; `pauses` is
    the chance that a pod stops for a moment in a block, which makes a third of its requests take 1 s more; stable has
    nine pods, the candidate one."""

    name: str
    factor: float = 1.0
    stuck: float = 0.0
    pauses: float = 0.0
    rise: float = 0.0
    """By how much both versions are slower at the end than at the beginning."""

    def blocks(self, run: int, traffic: float = 100.0, weight: float = 0.1) -> Iterator[Block]:
        """The half-hour number `run`."""
        chance = seeded(self.name, run)
        for index in range(LOOKS):
            slower = 1 + self.rise * index / LOOKS
            stable = self._arm(chance, traffic * (1 - weight), MEDIAN * slower, 0.0, pods=9)
            median = MEDIAN * slower * self.factor
            yield Block(SECONDS, stable, self._arm(chance, traffic * weight, median, self.stuck, pods=1))

    def _arm(self, chance: random.Random, per_second: float, median: float, stuck: float, pods: int) -> Arm:
        paused = binomial(chance, pods, self.pauses) / pods / 3
        parts = ((0.0, 1 - stuck - paused), (3.0, stuck), (1.0, paused))
        requests = poisson(chance, per_second * SECONDS)
        left, before, within = requests, 0.0, {}
        for bound in BOUNDS:
            share = sum(part * _share_within(bound - delay, median) for delay, part in parts)
            left -= _count(chance, left, min(1.0, (share - before) / (1 - before))) if before < 1 else 0
            before = share
            within[bound] = requests - left
        return Arm(requests, 0, within)


NULLS = (
    Speed("as fast as stable"),
    Speed("as fast, each pod pauses in 2 % of the blocks", pauses=0.02),
    Speed("as fast, both half as slow again by the end", rise=0.5),
)
FAULTS = (
    Speed("1.25 times as slow", factor=1.25),
    Speed("1.5 times as slow", factor=1.5),
    Speed("2 times as slow", factor=2.0),
    Speed("1 % take 3 s more", stuck=0.01),
    Speed("5 % take 3 s more", stuck=0.05),
)


def times(runs: int, jobs: int) -> str:
    """Rejections, and the median time to them, of candidates that are as fast and of some that are not."""
    speeds = [*NULLS, *FAULTS]
    with ProcessPoolExecutor(jobs) as pool:
        columns = list(pool.map(judged, speeds, [runs] * len(speeds)))
    names = list(columns[0])
    rows = [f"| {name} | " + " | ".join(found(column[name]) for column in columns) + " |" for name in names]
    head = "| judge | " + " | ".join(speed.name for speed in speeds) + " |"
    return "\n".join([head, "| --- |" + " --- |" * len(speeds), *rows])


def judged(speed: Speed, runs: int) -> dict[str, list[int | None]]:
    """What each judge says of `runs` half-hours."""
    seen: dict[str, list[int | None]] = {}
    for run in range(runs):
        blocks = list(speed.blocks(run))
        said = {
            "**ours, tolerant**": ours(TOLERANT, blocks),
            "**ours, strict**": ours(STRICT, blocks),
            "Flagger, p99 above 500 ms, threshold 5": flagger(0.5, 5, blocks),
            "Argo Rollouts, p99 above 2 s, failureLimit 0": argo(2.0, 0, blocks),
        }
        for name, second in said.items():
            seen.setdefault(name, []).append(second)
    return seen


def ours(tolerance: Tolerance, blocks: list[Block]) -> int | None:
    """The real judge; its warm-up shows it which bounds are worth comparing at."""
    settings = Settings(objectives=SLOW, tolerance=tolerance, alpha=0.005, warm_up=WARM_UP)
    trial = opened_trial(settings)
    for index, block in enumerate(blocks):
        trial = fed(settings, trial, block)
        if trial.rejected:
            return (index + 1) * SECONDS
    return None


def flagger(limit: float, threshold: int, blocks: list[Block]) -> int | None:
    """As `judges.flagger`, of a percentile."""
    failed = 0
    for minute, value in enumerate(_percentiles(blocks), 1):
        if failed >= threshold:
            return minute * 60
        failed += not value <= limit
    return None


def argo(limit: float, failure_limit: int, blocks: list[Block]) -> int | None:
    """As `judges.argo`, of a percentile."""
    failed = 0
    for minute, value in enumerate(_percentiles(blocks), 1):
        failed += not value <= limit
        if failed > failure_limit:
            return minute * 60
    return None


def _percentiles(blocks: list[Block]) -> list[float]:
    """The candidate's p99 of each minute, as `histogram_quantile` interpolates it."""
    parts = [blocks[start : start + MINUTE] for start in range(0, LOOKS, MINUTE)]
    sums = [{bound: sum(block.candidate.within[bound] for block in part) for bound in BOUNDS} for part in parts]
    return [
        _quantile(0.99 * sum(block.candidate.requests for block in part), within)
        for part, within in zip(parts, sums, strict=True)
    ]


def _quantile(rank: float, within: dict[float, int]) -> float:
    low, below = 0.0, 0
    for bound, count in within.items():
        if count >= rank:
            return low + (bound - low) * (rank - below) / (count - below) if count > below else bound
        low, below = bound, count
    return BOUNDS[-1]


def _share_within(seconds: float, median: float) -> float:
    return _NORMAL.cdf(math.log(seconds / median) / SPREAD) if seconds > 0 else 0.0


def _count(chance: random.Random, trials: int, rate: float) -> int:
    """Binomial; where many happen its normal approximation, for those are not what is judged."""
    spread = trials * rate * (1 - rate)
    if spread < 25:
        return binomial(chance, trials, rate)
    return min(trials, max(0, round(chance.gauss(trials * rate, math.sqrt(spread)))))
