"""The matrices by hand: `python -m tests.crash [--matrix WORDS] [--scenario WORDS] [--report FILE]`.

Exits 1 when a point was not survived. Uses the cluster that tests would use. The report is written after each matrix,
and keeps the rows of what was not tried.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.cluster.harness.istio import install_istio
from tests.cluster.harness.provider import provide
from tests.crash import report
from tests.crash.matrices import MATRICES
from tests.crash.matrix import Tried, explore, learned
from tests.crash.scenarios import SCENARIOS
from tests.crash.stage import Stage, staged


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--matrix", default="", help="only those whose name has these words")
    parser.add_argument("--scenario", default="", help="only those whose name has these words")
    parser.add_argument("--request", default="", help="only at requests that have these words")
    parser.add_argument("--report", type=Path, help="write the table into this page, between its marks")
    return parser.parse_args()


def _tried(stage: Stage, chosen: argparse.Namespace) -> list[Tried]:
    all_tried = []
    for scenario in (one for one in SCENARIOS if chosen.scenario in one.name):
        what = learned(stage, scenario)
        for matrix in (one for one in MATRICES if chosen.matrix in one.name):
            trials = [
                one for one in matrix.trials(what, whole=True) if any(chosen.request in str(point) for point in one)
            ]
            tried = explore(stage, what, matrix.name, trials, matrix.attempt)
            print("\n".join([tried.line(), *tried.failures]), flush=True)
            all_tried.append(tried)
            if chosen.report:
                report.put(chosen.report, report.rows_of(all_tried), _order())
    return all_tried


def _order() -> list[report.Name]:
    """All rows that the report can have."""
    return [(scenario.name, matrix.name) for scenario in SCENARIOS for matrix in MATRICES]


def main() -> int:
    """Try what was asked for; the exit code."""
    chosen, cluster = _parsed(), provide(bare=True)
    cluster.start()
    try:
        install_istio(cluster)
        with staged(cluster) as stage:
            tried = _tried(stage, chosen)
    finally:
        cluster.stop()
    return 1 if any(one.failures for one in tried) else 0


if __name__ == "__main__":
    sys.exit(main())
