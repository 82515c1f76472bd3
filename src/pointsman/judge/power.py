"""How long it takes to see a regression, and to prove that there is none, before anybody is exposed to it.

Expected growth of the evidence for Poisson requests, summed over all counts that a block may have. "Usually" is the
half of all releases, "mostly" nine of ten; the spread is taken as normal. `tests/bench/judge` compares both with
simulated releases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pointsman.judge.bets import LAMBDAS, gate_payoff, relative_payoff
from pointsman.judge.claims import NEVER, UNPROVEN, below_gains, no_worse_gains, with_gains
from pointsman.judge.logs import log_add, log_mean, log_sum
from pointsman.judge.settings import Pace, Settings
from pointsman.judge.tolerance import PROMOTION
from pointsman.model.duration import words_of
from pointsman.model.errors import InputError
from pointsman.model.objective import Objective

MOSTLY = 1.2816
"""Standard deviations below which nine of ten releases are."""

LONGEST = 30 * 86400.0
_COUNTS = 41
_STEP = 5.0


@dataclass(frozen=True)
class Expected:
    """Seconds until a regression is rejected, and until a healthy candidate is proven so, at one weight (percent).

    Infinite: not within 30 days. `requests` of the candidate mostly make the proof.
    """

    weight: float
    per_second: float
    detect_usually: float
    detect_mostly: float
    promote_usually: float
    promote_mostly: float
    requests: float


@dataclass(frozen=True)
class Load:
    """Requests per second of both versions, and their shares of bad ones."""

    candidate: float
    stable: float
    baseline: float
    detect: float


def expected(settings: Settings, traffic: float, weight: float, baseline: float, detect: float) -> Expected:
    """What to expect of `traffic` requests per second with `weight` percent on the candidate, for the first objective.

    `baseline` and `detect` are the shares of bad requests of stable and of a candidate that must be found. Raises
    InputError where the question makes no sense.
    """
    load = _load(traffic, weight, baseline, detect)
    objective = settings.objectives[0]
    found = _growths(settings, objective, load)
    mostly = _first(lambda seconds: _proven(settings, objective, load, seconds, MOSTLY))
    return Expected(
        weight,
        load.candidate,
        _first(lambda seconds: _rejected(settings, found, seconds, 0.0)),
        _first(lambda seconds: _rejected(settings, found, seconds, MOSTLY)),
        _first(lambda seconds: _proven(settings, objective, load, seconds, 0.0)),
        mostly,
        mostly * load.candidate,
    )


def refuse_too_slow(seen: Expected, seconds: float) -> None:
    """Raises InputError when a release of `seconds` at this weight can neither find the regression nor be promoted."""
    asked = (("find the regression", seen.detect_mostly), ("be promoted on proof", seen.promote_mostly))
    for what, needed in asked:
        if needed > seconds:
            time = "more than 30 days" if needed == NEVER else words_of(needed)
            raise InputError(
                f"{words_of(seconds)} at weight {seen.weight:g} ({seen.per_second:g} requests/s) are too short to "
                f"{what}: nine of ten releases need {time}",
                "give it more time, a higher weight, or a larger regression to look for",
            )


def _load(traffic: float, weight: float, baseline: float, detect: float) -> Load:
    if not traffic > 0:
        raise InputError("there is no traffic to judge by", "give the requests per second of the whole service")
    if not 0 < weight < 100:
        raise InputError(f"weight {weight:g} leaves nothing to compare", "weights are above 0 and below 100 percent")
    if not 0 <= baseline < detect < 1:
        raise InputError(
            f"a rise from {100 * baseline:g} % to {100 * detect:g} % of bad requests is no regression",
            "the share to detect is above the baseline",
        )
    return Load(traffic * weight / 100, traffic * (1 - weight / 100), baseline, detect)


@dataclass(frozen=True)
class Growth:
    """How the logarithm of a stake grows in a block of one pace: mean and variance for each of LAMBDAS."""

    pace: Pace
    means: tuple[float, ...]
    variances: tuple[float, ...]

    def log_e(self, seconds: float, deviations: float) -> float:
        """The evidence after `seconds`, so many standard deviations below what is expected."""
        blocks = seconds // self.pace.seconds
        if not blocks:
            return 0.0
        spreads = [deviations * math.sqrt(blocks * variance) for variance in self.variances]
        logs = [blocks * mean - spread for mean, spread in zip(self.means, spreads, strict=True)]
        return log_add(log_mean(logs), 0.0) - math.log(2)


def _growths(settings: Settings, objective: Objective, load: Load) -> tuple[list[Growth], list[Growth]]:
    """Of "worse than stable" and of the hard gate, at each pace."""
    relative, gate = [], []
    for pace in settings.paces:
        n_c, n_s = load.candidate * pace.seconds, load.stable * pace.seconds
        bad, base = _counts(n_c * load.detect), _counts(n_s * load.baseline)
        both = [
            (relative_payoff((n_c, x), (n_s, y), settings.tolerance) or 0.0, p * q) for x, p in bad for y, q in base
        ]
        relative.append(_growth(pace, both))
        gate.append(_growth(pace, [(gate_payoff((n_c, x), objective.rollback.share) or 0.0, p) for x, p in bad]))
    return relative, gate


def _growth(pace: Pace, payoffs: list[tuple[float, float]]) -> Growth:
    means, variances = [], []
    for part in LAMBDAS:
        wins = [(math.log(min(1 + part * payoff, pace.cap or math.inf)), chance) for payoff, chance in payoffs]
        mean = sum(win * chance for win, chance in wins)
        means.append(mean)
        variances.append(sum(chance * (win - mean) ** 2 for win, chance in wins))
    return Growth(pace, tuple(means), tuple(variances))


def _counts(mean: float) -> list[tuple[float, float]]:
    """Counts of a Poisson variable with their chances; of a wide one, evenly chosen."""
    if not mean:
        return [(0.0, 1.0)]
    reach = 6 * math.sqrt(mean) + 6
    low, high = max(0, int(mean - reach)), int(mean + reach)
    step = max(1, (high - low) // _COUNTS)
    logs = [(x, x * math.log(mean) - mean - math.lgamma(x + 1)) for x in range(low, high + 1, step)]
    total = log_sum([log for _, log in logs])
    return [(float(x), math.exp(log - total)) for x, log in logs]


def _rejected(settings: Settings, found: tuple[list[Growth], list[Growth]], seconds: float, deviations: float) -> bool:
    relative, gate = (log_mean([one.log_e(seconds, deviations) for one in growths]) for growths in found)
    return log_sum([relative - settings.relative_bound, gate - settings.gate_bound]) >= 0


def _proven(settings: Settings, objective: Objective, load: Load, seconds: float, deviations: float) -> bool:
    requests, base = load.candidate * seconds, load.stable * seconds
    bad = requests * load.baseline
    candidate, stable = (requests, bad + deviations * math.sqrt(bad)), (base, base * load.baseline)
    claims = (
        below_gains(candidate, objective.ok.share),
        no_worse_gains(candidate, stable, PROMOTION),
    )
    return all(log_mean(with_gains(UNPROVEN, gains)) >= settings.promote_bound for gains in claims)


def _first(reached: Callable[[float], bool]) -> float:
    """The first multiple of 5 s at which `reached`, to one part in a hundred; infinite beyond 30 days."""
    high = 1
    while not reached(high * _STEP):
        high *= 2
        if high * _STEP > LONGEST:
            return NEVER
    low = high // 2
    while high - low > max(1, high // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle * _STEP) else (middle, high)
    return high * _STEP
