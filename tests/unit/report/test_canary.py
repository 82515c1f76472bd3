"""A canary's summary shows its numbers and its walk, in a chart and in a form that needs no drawing."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.judge.report import Line, Proof, Rate
from pointsman.model.evidence import Verdict
from pointsman.model.result import Outcome, Result
from pointsman.model.walk import Stride
from pointsman.report.canary import walk_line
from pointsman.report.chart import POINTS, even, sparkline
from pointsman.report.machine import evidence_json
from pointsman.report.summary import LARGEST, summary_markdown
from pointsman.report.text import result_text
from tests.unit.report.results import BARE

WALK = (
    Stride(2.0, 5),
    Stride(4.0, 5, 0.0, 0.01),
    Stride(10.0, 5, 0.02, 0.01),
    Stride(12.0, 30),
    Stride(20.0, 30, 0.05, 0.01),
    Stride(22.0, 0),
)
NUMBERS = Line(
    metric="error-rate",
    verdict=Verdict.INCONCLUSIVE,
    why="not enough requests yet",
    candidate=Rate(400, 2, 0.001, 0.02),
    stable=Rate(7600, 38, 0.003, 0.008),
    relative=Proof(math.log(4), math.log(200)),
    gate=Proof(math.log(2), math.log(200)),
    below=Proof(math.log(10), math.log(20)),
    no_worse=Proof(math.log(3), math.log(20)),
    clumping=1.0,
    needed=403.2,
    seconds=44.0,
)
SHARES = st.none() | st.floats(0, 1)


def walked(*strides: Stride) -> Result:
    return Result("canary-step", "shop", Outcome.REJECTED, "it is worse", details={"walk": strides})


def judged(line: Line) -> str:
    """The row of `line` in a summary."""
    told = replace(BARE, details={"evidence": {"objectives": (line,)}})
    rows = summary_markdown(told).split("### The numbers")[1].splitlines()
    return next(row for row in rows if row.startswith("| error"))


def lines_of(summary: str) -> list[list[float]]:
    """The values of every line that is drawn."""
    return [json.loads(found) for found in re.findall(r"^    line (\[.*\])$", summary, re.MULTILINE)]


def test_the_numbers_are_the_counts_rates_and_intervals_of_both_and_what_is_lacking() -> None:
    cells = [cell.strip() for cell in judged(NUMBERS).strip("|").split("|")]
    assert cells == [
        *("error-rate", "❔ inconclusive", "2 of 400 bad (0.5 %)", "0.1 % to 2 %", "38 of 7600 bad (0.5 %)"),
        *("0.3 % to 0.8 %", "4 of 200", "3 of 20", "404 requests, about 44 s"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (replace(NUMBERS, needed=math.inf, seconds=math.inf), "| never at these rates |"),
        (replace(NUMBERS, needed=0.0, seconds=0.0), "| nothing |"),
        (replace(NUMBERS, seconds=math.inf), "| 404 requests |"),
        (replace(NUMBERS, gate=Proof(math.log(500), math.log(200))), "| **500 of 200** | 3 of 20 | nothing |"),
        (replace(NUMBERS, candidate=Rate(0, 0, 0.0, 1.0)), "| no requests | - | 38 of 7600"),
    ],
    ids=["never", "proven", "no traffic", "rejected", "silent candidate"],
)
def test_what_is_lacking_is_said_as_it_is(line: Line, words: str) -> None:
    assert words in judged(line)


def test_the_weight_is_drawn_over_time_as_it_was_held() -> None:
    weights = lines_of(summary_markdown(walked(*WALK)))[0]
    assert len(weights) == POINTS
    assert weights[0] == 5
    assert weights[-1] == 0
    assert sorted(set(weights)) == [0, 5, 30]
    assert weights.index(30) == POINTS // 2


def test_the_error_rates_of_both_are_drawn_where_there_are_any() -> None:
    summary = summary_markdown(walked(*WALK))
    _, candidate, stable = lines_of(summary)
    assert (candidate[0], candidate[-1], set(stable)) == (0, 5, {1})
    assert 'x-axis "seconds" 4.0 --> 20.0' in summary
    assert len(lines_of(summary_markdown(walked(Stride(0, 5), Stride(9, 0))))) == 1


def test_the_stations_say_when_and_how_both_fared_at_their_end() -> None:
    summary = summary_markdown(walked(*WALK))
    assert "| 2 s | 12 s | 5 % | 2 % | 1 % |" in summary
    assert "| 12 s | 22 s | 30 % | 5 % | 1 % |" in summary
    assert "| 22 s | 22 s | 0 % | - | - |" in summary


def test_the_walk_is_a_line_of_text_in_the_log_and_data_in_the_evidence() -> None:
    result = walked(*WALK)
    assert walk_line(result).endswith("5 % → 30 % → 0 %")
    assert walk_line(result) in result_text(result)
    assert json.loads(evidence_json(result))["walk"][1] == {
        "seconds": 4.0,
        "weight": 5,
        "candidate": 0.0,
        "stable": 0.01,
    }


@pytest.mark.parametrize("strides", [(), WALK[:1], (Stride(1, 0), Stride(1, 5))], ids=["none", "one", "no time"])
def test_what_cannot_be_drawn_is_left_out(strides: tuple[Stride, ...]) -> None:
    assert "mermaid" not in summary_markdown(walked(*strides))
    assert walk_line(walked(*strides)) == ""


def test_a_sparkline_is_as_high_as_its_value() -> None:
    assert sparkline([0, 50, 100, 200], 100) == "▁▅██"
    assert sparkline([0, 0], 0) == "▁▁"


@given(st.lists(st.builds(Stride, st.floats(0, 1e6), st.integers(0, 100), SHARES, SHARES), min_size=2, max_size=60))
def test_a_chart_has_only_numbers_that_mermaid_reads(strides: list[Stride]) -> None:
    ordered = sorted(strides, key=lambda stride: stride.seconds)
    assert even(ordered)[-1] == ordered[-1]
    summary = summary_markdown(walked(*ordered))
    assert len(summary.encode()) <= LARGEST
    for body in re.findall("^```mermaid\n(.*?)^```$", summary, re.MULTILINE | re.DOTALL):
        assert all(STATEMENT.fullmatch(row) for row in body.splitlines()), body


STATEMENT = re.compile(
    r"""%%\{init:\ \{"themeVariables":\ \{"xyChart":
    \ \{"plotColorPalette":\ "\#[0-9a-f]{6}(,\ \#[0-9a-f]{6})?"\}\}\}\}%%
    |xychart-beta
    |\ {4}title\ "[A-Za-z ]+"
    |\ {4}x-axis\ "seconds"\ \d+\.\d\ -->\ \d+\.\d
    |\ {4}y-axis\ "percent"\ 0\ -->\ \d+(\.\d{1,3})?
    |\ {4}line\ \[\d+(\.\d{1,3})?(,\ \d+(\.\d{1,3})?)*\]""",
    re.VERBOSE,
)
"""What an `xychart-beta` of ours is made of; the parser of Mermaid 11 has accepted such charts."""
