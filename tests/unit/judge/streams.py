"""Traffic for the judge: exact streams, and random ones from a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from functools import reduce

from pointsman.judge.block import Arm, Block
from pointsman.judge.report import Report
from pointsman.judge.settings import Settings
from pointsman.judge.trial import Trial, fed, looked, opened_trial
from pointsman.judge.verdict import report_of
from pointsman.model.measurement import Counters, Reading
from pointsman.model.objective import objectives_of

ERRORS = objectives_of(["error-rate ok<1% rollback>5%"])
SLOW = objectives_of(["p99 ok<500ms rollback>2s"])
PROMPT = Settings(objectives=ERRORS, warm_up=0.0, dwell=0.0)
"""Errors only, judged from the first request on."""


def block(candidate: tuple[int, int], stable: tuple[int, int], seconds: float = 5.0) -> Block:
    """(requests, errors) of both versions."""
    return Block(seconds, Arm(*stable), Arm(*candidate))


def heard(settings: Settings, blocks: Iterable[Block], trial: Trial | None = None) -> Trial:
    return reduce(lambda seen, one: fed(settings, seen, one), blocks, trial or opened_trial(settings))


def report(settings: Settings, blocks: Iterable[Block]) -> Report:
    return report_of(settings, heard(settings, blocks))


def read(settings: Settings, readings: Iterable[Reading], trial: Trial | None = None) -> Trial:
    return reduce(lambda seen, one: looked(settings, seen, one), readings, trial or opened_trial(settings))


def count_of(chance: random.Random, trials: int, rate: float) -> int:
    """How many of `trials` happen: jumps from one to the next, so rare events cost little."""
    if rate <= 0:
        return 0
    count, position, scale = 0, -1, math.log1p(-rate)
    while True:
        position += 1 + int(math.log(1 - chance.random()) / scale)
        if position >= trials:
            return count
        count += 1


def random_blocks(
    seed: int, minutes: float, candidate: tuple[int, float], stable: tuple[int, float]
) -> Iterator[Block]:
    """Blocks of 5 s of independent requests; a version is (requests per second, rate of bad ones)."""
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure can be seen again
    (n_c, p_c), (n_s, p_s) = (5 * candidate[0], candidate[1]), (5 * stable[0], stable[1])
    for _ in range(int(minutes * 12)):
        yield block((n_c, count_of(chance, n_c, p_c)), (n_s, count_of(chance, n_s, p_s)))


def counters(series: str, requests: float, errors: float | None = 0.0, **buckets: float) -> Counters:
    """Buckets are written le_500=3 for 3 requests within 500 ms."""
    named = {int(name.removeprefix("le_")) / 1000: count for name, count in buckets.items()}
    return Counters(series, requests, errors, named)


def reading(at: float, stable: Iterable[Counters] = (), candidate: Iterable[Counters] = ()) -> Reading:
    return Reading(at, tuple(stable), tuple(candidate))


def steady(looks: int, errors: float = 0.0, seconds: float = 5.0) -> Iterator[Reading]:
    """Looks at two pods with 900 and 100 requests between looks; `errors` of the candidate's 100 are bad."""
    for look in range(looks):
        yield reading(
            look * seconds,
            [counters("stable-1", 900 * look)],
            [counters("candidate-1", 100 * look, round(errors * look))],
        )
