"""`python -m tests.bench.judge [--runs N] [--jobs N] [PART ...]`: the judge against its peers, on the same streams.

Needs nothing but Python: no cluster, no network. Prints Markdown; `docs/benchmarks.md` holds one such run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from tests.bench.judge.promotion import promotions
from tests.bench.judge.tables import detections, false_alarms, late
from tests.bench.judge.times import times

PARTS: dict[str, tuple[str, Callable[[int, int], str]]] = {
    "nulls": ("Candidates no worse than stable that were rejected", false_alarms),
    "faults": ("Faults found within 30 minutes, and the median time to find them", detections),
    "late": ("Faults that begin later: found after they began, and the median delay", late),
    "times": ("Request times: rejected within 30 minutes, and the median time to it", times),
    "promotion": ("Candidates promoted within 30 minutes, and the median time to it", promotions),
}


def main() -> None:
    """Simulate, and print the tables that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.judge", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}; all when none is given")
    parser.add_argument("--runs", type=int, default=200, help="half-hours a cell")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    given = parser.parse_args()
    for part in given.parts or PARTS:
        title, measure = PARTS[part]
        began = time.monotonic()
        text = measure(given.runs, given.jobs)
        print(f"## {title} ({given.runs} half-hours a cell, {time.monotonic() - began:.0f} s)\n\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
