"""The judges under test: each is given the looks of a half-hour and says at which second it rejects, if it does.

Peers follow their code at their documented schedules. Argo Rollouts: a query over 1 minute each minute, failed when
more than the threshold is bad or nothing came, rejected when more than `failureLimit` failed. Flagger: the same
query, failures added up for the whole release and compared at the following tick. Kayenta: one point each 30 s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pointsman.judge.block import Arm, Block
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import SINGLE_POD, STRICT, TOLERANT, Tolerance
from pointsman.judge.trial import at_new_weight, fed, opened_trial
from pointsman.model.objective import objectives_of
from tests.bench.judge.mann_whitney import is_high
from tests.bench.judge.scenarios import LOOKS, SECONDS, Look

Judge = Callable[[list[Look]], int | None]

ERRORS = objectives_of(["error-rate ok<1% rollback>5%"])
HALF_THE_BUDGET = 0.005
"""Errors are one of two default objectives, so they get half of the 1 % of false alarms."""


def settings_for(tolerance: Tolerance) -> Settings:
    """Our settings in every table."""
    return Settings(objectives=ERRORS, tolerance=tolerance, alpha=HALF_THE_BUDGET, warm_up=0.0, dwell=0.0)


def block_of(look: Look) -> Block:
    """A look as the judge is fed it."""
    return Block(SECONDS, Arm(look.stable, look.stable_bad), Arm(look.candidate, look.candidate_bad))


def ours(tolerance: Tolerance) -> Judge:
    """The real judge, block by block."""
    settings = settings_for(tolerance)

    def judge(looks: list[Look]) -> int | None:
        trial = opened_trial(settings)
        for index, look in enumerate(looks):
            if look.ramp:
                trial = at_new_weight(settings, trial)
            trial = fed(settings, trial, block_of(look))
            if trial.rejected:
                return (index + 1) * SECONDS
        return None

    return judge


@dataclass(frozen=True)
class Window:
    """The candidate's requests in the last so many seconds, looked at every so many seconds."""

    seconds: int
    every: int

    def rates(self, looks: list[Look]) -> Iterable[tuple[int, float]]:
        """(second, share of bad requests); NaN when there was no request."""
        width, step = self.seconds // SECONDS, self.every // SECONDS
        for end in range(step, LOOKS + 1, step):
            # A first query before the window is full sees what there is, as `rate` does.
            part = looks[max(0, end - width) : end]
            requests = sum(look.candidate for look in part)
            bad = sum(look.candidate_bad for look in part)
            yield end * SECONDS, bad / requests if requests else math.nan


def argo(limit: float, failure_limit: int, window: Window) -> Judge:
    """Failed measurements add up; the first beyond the limit rejects."""

    def judge(looks: list[Look]) -> int | None:
        failed = 0
        for second, rate in window.rates(looks):
            failed += not rate <= limit
            if failed > failure_limit:
                return second
        return None

    return judge


def flagger(limit: float, threshold: int, window: Window) -> Judge:
    """Failed checks are never forgotten, and compared with the threshold at the next tick."""

    def judge(looks: list[Look]) -> int | None:
        failed = 0
        for second, rate in window.rates(looks):
            if failed >= threshold:
                return second
            failed += not rate <= limit
        return None

    return judge


def kayenta(step: int, every: int | None) -> Judge:
    """One point each `step` seconds; all points so far are judged each `every` seconds, or once at the end."""

    def judge(looks: list[Look]) -> int | None:
        width = step // SECONDS
        parts = [looks[start : start + width] for start in range(0, LOOKS, width)]
        candidate = [_rate([(look.candidate, look.candidate_bad) for look in part]) for part in parts]
        stable = [_rate([(look.stable, look.stable_bad) for look in part]) for part in parts]
        for end in [len(parts)] if every is None else range(every // step, len(parts) + 1, every // step):
            if is_high(_present(candidate[:end]), _present(stable[:end])):
                return end * step
        return None

    return judge


def z_test(peeking: bool, critical: float = 2.326) -> Judge:
    """Two proportions pooled over all time, one-sided at 1 %: at every look, or once."""

    def judge(looks: list[Look]) -> int | None:
        n_s = x_s = n_c = x_c = 0
        for index, look in enumerate(looks):
            n_s, x_s, n_c, x_c = (
                n_s + look.stable,
                x_s + look.stable_bad,
                n_c + look.candidate,
                x_c + look.candidate_bad,
            )
            if (peeking or index == LOOKS - 1) and _z(n_s, x_s, n_c, x_c) > critical:
                return (index + 1) * SECONDS
        return None

    return judge


def _z(n_s: int, x_s: int, n_c: int, x_c: int) -> float:
    if not n_s or not n_c or not x_s + x_c:
        return 0.0
    pooled = (x_s + x_c) / (n_s + n_c)
    return float((x_c / n_c - x_s / n_s) / math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n_s + 1 / n_c)))


def _rate(counts: list[tuple[int, int]]) -> float:
    requests = sum(one for one, _ in counts)
    return sum(bad for _, bad in counts) / requests if requests else math.nan


def _present(points: list[float]) -> list[float]:
    """Kayenta removes points without data by default."""
    return [point for point in points if not math.isnan(point)]


MINUTELY = Window(60, 60)

JUDGES: dict[str, Judge] = {
    "**ours, tolerant**": ours(TOLERANT),
    "**ours, strict**": ours(STRICT),
    "**ours, single-pod**": ours(SINGLE_POD),
    "Kayenta, once at the end": kayenta(30, None),
    "Kayenta, every 5 min": kayenta(30, 300),
    "Kayenta, every 1 min, points of 15 s": kayenta(15, 60),
    "Kayenta, every 15 s, points of 5 s": kayenta(5, 15),
    "Argo Rollouts 5 %, failureLimit 0": argo(0.05, 0, MINUTELY),
    "Argo Rollouts 5 %, failureLimit 3": argo(0.05, 3, MINUTELY),
    "Argo Rollouts 5 %, failureLimit 3, every 15 s": argo(0.05, 3, Window(60, 15)),
    "Flagger 99 %, threshold 5": flagger(0.01, 5, MINUTELY),
    "Flagger 99 %, threshold 10": flagger(0.01, 10, MINUTELY),
    "z-test at every look": z_test(peeking=True),
    "z-test once at the end": z_test(peeking=False),
}
