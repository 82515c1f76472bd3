"""The tables: every judge sees the same half-hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import median

from tests.bench.judge.judges import JUDGES
from tests.bench.judge.scenarios import FAULTS, LATE, NULLS, PODS, TRAFFIC, Scenario, both, fault_name, faults

Times = dict[str, list[int | None]]
"""Judge to the second at which it rejected each half-hour, None for never."""


def judged(scenario: Scenario, runs: int) -> Times:
    """What every judge says of `runs` half-hours."""
    times: Times = {name: [] for name in JUDGES}
    for run in range(runs):
        looks = list(scenario.looks(run))
        for name, judge in JUDGES.items():
            times[name].append(judge(looks))
    return times


def many(scenarios: Sequence[Scenario], runs: int, jobs: int) -> list[Times]:
    """`judged` for each scenario, on so many processors."""
    if jobs == 1:
        return [judged(scenario, runs) for scenario in scenarios]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(judged, scenarios, [runs] * len(scenarios)))


def false_alarms(runs: int, jobs: int) -> str:
    """Rejections of candidates that are no worse."""
    scenarios = [*NULLS, *PODS]
    columns = many(scenarios, runs, jobs)
    return table([one.name for one in scenarios], columns, lambda times: f"{100 * share(times):.1f} %")


def detections(runs: int, jobs: int) -> str:
    """How many faults are found and how soon, at each level of traffic, and the score against each peer."""
    scenarios = [scenario for level in TRAFFIC for scenario in faults(*level)]
    columns = many(scenarios, runs, jobs)
    texts = []
    for number, (traffic, weight) in enumerate(TRAFFIC):
        part = columns[number * len(FAULTS) : (number + 1) * len(FAULTS)]
        heading = f"{traffic:g} requests/s, candidate {100 * weight:g} %"
        texts.append(f"{heading}\n\n{table([fault_name(*fault) for fault in FAULTS], part, found)}")
    texts.append(scoreboard(columns, alarms_beside(runs, jobs)))
    return "\n\n".join(texts)


def alarms_beside(runs: int, jobs: int) -> list[Times]:
    """The healthy candidate beside each fault: the same traffic, with stable's rate on both sides."""
    rates = sorted({stable for stable, _ in FAULTS})
    nulls = {
        (level, rate): Scenario(f"null {rate} {level}", level[0], (level[1],), both(rate))
        for level in TRAFFIC
        for rate in rates
    }
    columns = dict(zip(nulls, many(list(nulls.values()), runs, jobs), strict=True))
    return [columns[level, stable] for level in TRAFFIC for stable, _ in FAULTS]


def late(runs: int, jobs: int) -> str:
    """Faults that begin later: found after they began, and how long after."""
    columns = many([scenario for _, scenario in LATE], runs, jobs)
    delays = [
        {name: [since(second, 60 * onset) for second in seconds] for name, seconds in times.items()}
        for (onset, _), times in zip(LATE, columns, strict=True)
    ]
    return table([scenario.name for _, scenario in LATE], delays, found)


def since(second: int | None, onset: int) -> int | None:
    """Seconds after the onset; a rejection before it found nothing."""
    return second - onset if second is not None and second > onset else None


def scoreboard(columns: list[Times], alarms: list[Times]) -> str:
    """Ours against each peer over all cells in which the peer's own false alarms stay within 2 %."""
    peers = [name for name in JUDGES if "ours" not in name and "z-test" not in name]
    rows = [score(our, peer, columns, alarms) for our in ("**ours, strict**", "**ours, tolerant**") for peer in peers]
    names = "ours|peer|cells left out|neither|only ours|only the peer|sooner|as soon|later|median ratio"
    return "\n".join([f"| {names.replace('|', ' | ')} |", "|" + " --- |" * 10, *rows])


def score(our: str, peer: str, columns: list[Times], alarms: list[Times]) -> str:
    """One row of the scoreboard; a cell counts as found when at least half of its faults are."""
    left_out, ratios, tally = 0, [], {"neither": 0, "ours": 0, "peer": 0}
    for times, null in zip(columns, alarms, strict=True):
        if share(null[peer]) > 0.02:
            left_out += 1
            continue
        mine, theirs = typical(times[our]), typical(times[peer])
        if mine and theirs:
            ratios.append(theirs / mine)
        else:
            tally["ours" if mine else "peer" if theirs else "neither"] += 1
    sooner, later = sum(ratio > 1 for ratio in ratios), sum(ratio < 1 for ratio in ratios)
    middle = f"{median(ratios):.1f}" if ratios else "-"
    counts = [left_out, tally["neither"], tally["ours"], tally["peer"], sooner, len(ratios) - sooner - later, later]
    return "| " + " | ".join([our, peer, *map(str, counts), middle]) + " |"


def table(names: Iterable[str], columns: list[Times], cell: Callable[[list[int | None]], str]) -> str:
    """A row for each judge, a column for each scenario."""
    head = "| judge | " + " | ".join(names) + " |"
    rows = [f"| {judge} | " + " | ".join(cell(times[judge]) for times in columns) + " |" for judge in JUDGES]
    return "\n".join([head, "| --- |" + " --- |" * len(columns), *rows])


def share(times: list[int | None]) -> float:
    """The part that was rejected."""
    return sum(time is not None for time in times) / len(times)


def typical(times: list[int | None]) -> float | None:
    """The median second of rejection, where those never rejected count as latest; None when that is half of them."""
    if share(times) <= 0.5:
        return None
    return median(sorted(time if time is not None else 10**9 for time in times))


def found(times: list[int | None]) -> str:
    """`98 %, 75 s`: how many were found, and half of all after how long."""
    middle = typical(times)
    words = "-" if middle is None else f"{middle:.0f} s" if middle <= 120 else f"{middle / 60:.1f} min"
    return f"{100 * share(times):.0f} %, {words}"
