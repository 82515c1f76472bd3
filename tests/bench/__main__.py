"""`python -m tests.bench`: ratios against a plain kubectl script, measured in one run on one machine.

Prints a Markdown table; `docs/benchmarks.md` holds one such run. Absolute times on shared machines are noisy, so
every figure stands beside its rival's from the same minute.
"""

from __future__ import annotations

import argparse
import os

from tests.bench.figures import Figure, table
from tests.bench.startup import startup_figures
from tests.bench.switch import switch_figures
from tests.cluster.harness.provider import provide


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="switches of each kind, in turn")
    rounds = parser.parse_args().rounds
    cluster = provide()
    cluster.start()
    try:
        figures: list[Figure] = [*switch_figures(cluster, rounds), *startup_figures(cluster, rounds)]
    finally:
        cluster.stop()
    print(f"{os.cpu_count()} CPUs, {rounds} rounds, medians\n")
    print(table(figures))


main()
