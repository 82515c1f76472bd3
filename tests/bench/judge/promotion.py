"""How soon a healthy candidate is promoted, and how often one is that should not be."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

from pointsman.judge.block import Arm
from pointsman.judge.case import Case
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import TOLERANT
from pointsman.judge.trial import fed, opened_trial, with_history
from tests.bench.judge.chance import clumped, poisson, seeded
from tests.bench.judge.judges import block_of, settings_for
from tests.bench.judge.scenarios import SECONDS, Apart, Scenario, both
from tests.bench.judge.tables import found

DWELL = Settings().dwell
"""Nobody is promoted before, as by default."""

HISTORY_BLOCKS = 120
"""Half an hour of stable in stretches of 15 s."""

HEALTHY = (
    Scenario("no errors, 100/s x 5 %", 100, (0.05,), both(0.0)),
    Scenario(".1 %, 10/s x 5 %", 10, (0.05,), both(0.001)),
    Scenario(".1 %, 100/s x 10 %", 100, (0.1,), both(0.001)),
    Scenario(".5 %, 100/s x 10 %", 100, (0.1,), both(0.005)),
    Scenario(".5 %, 1000/s x 5 %", 1000, (0.05,), both(0.005)),
    Scenario(".1 %, clumps of 8, 100/s x 10 %", 100, (0.1,), both(0.001), clump=8),
)
EDGE = (
    Scenario("exactly 1 %, 100/s x 10 %", 100, (0.1,), both(0.01)),
    Scenario("exactly 1 %, clumps of 8, 100/s x 10 %", 100, (0.1,), both(0.01), clump=8),
    Scenario("exactly 1 %, clumps of 20, 1000/s x 10 %", 1000, (0.1,), both(0.01), clump=20),
    Scenario(".3 to .75 %, 100/s x 10 %", 100, (0.1,), Apart(0.003, 0.0075)),
    Scenario(".3 to .75 %, clumps of 8, 100/s x 10 %", 100, (0.1,), Apart(0.003, 0.0075), clump=8),
)
"""Candidates on the very edge of what may be promoted: at the limit, or worse than stable by the margin."""


def promotions(runs: int, jobs: int) -> str:
    """Both tables: with half an hour of stable's history, and with none."""
    rows = ["| candidate | with 30 min of history | without |", "| --- | --- | --- |"]
    with ProcessPoolExecutor(jobs) as pool:
        for title, scenarios in (("healthy", HEALTHY), ("on the edge", EDGE)):
            with_it = pool.map(promoted, scenarios, [runs] * len(scenarios), [True] * len(scenarios))
            without = pool.map(promoted, scenarios, [runs] * len(scenarios), [False] * len(scenarios))
            for scenario, one, other in zip(scenarios, with_it, without, strict=True):
                rows.append(f"| {title}: {scenario.name} | {found(one)} | {found(other)} |")
    return "\n".join(rows)


def promoted(scenario: Scenario, runs: int, history: bool) -> list[int | None]:
    """The second at which each half-hour has both claims proven, not before the dwell; None for never."""
    return [_promoted(scenario, run, history) for run in range(runs)]


def _promoted(scenario: Scenario, run: int, history: bool) -> int | None:
    settings = settings_for(TOLERANT)
    trial = opened_trial(settings)
    if history:
        trial = with_history(settings, trial, _history(scenario, run))
    for index, look in enumerate(scenario.looks(run)):
        trial = fed(settings, trial, block_of(look))
        if trial.judged >= DWELL and _proven(trial.cases[0], settings.promote_bound):
            return (index + 1) * SECONDS
    return None


def _proven(case: Case, bound: float) -> bool:
    return case.log_below >= bound and case.log_no_worse >= bound


def _history(scenario: Scenario, run: int) -> list[Arm]:
    chance = seeded("history", scenario.name, run)
    rate = scenario.rates.drawn(chance)(0)[0]
    arms = []
    for _ in range(HISTORY_BLOCKS):
        requests = poisson(chance, scenario.traffic * (1 - scenario.weights[0]) * 15)
        arms.append(Arm(requests, clumped(chance, requests, rate, scenario.clump)))
    return arms
