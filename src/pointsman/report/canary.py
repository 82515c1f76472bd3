"""The parts of a summary that only a canary has: the judge's numbers, and the walk with its charts.

They are drawn from `Result.details`; a result without them has none of these parts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from pointsman.judge.report import INTERVAL_LABEL, Proof, Rate
from pointsman.judge.report import Line as Objective
from pointsman.model.duration import words_of
from pointsman.model.result import Result
from pointsman.model.walk import Stride
from pointsman.report.chart import Chart, Line, even, mermaid, sparkline
from pointsman.report.headline import VERDICTS
from pointsman.report.markdown import Section, escaped, table

_CANDIDATE, _STABLE = "#d1242f", "#0969da"
_NUMBERS = [
    "objective", "verdict", "candidate", "its interval", "stable", "its interval",
    "against it", "for it", "still needed",
]  # fmt: skip
_WALKED = ["from", "to", "on the candidate", "its errors", "stable's errors"]


def canary_sections(result: Result) -> list[Section]:
    """The numbers and the walk of `result`, as far as it has them."""
    return [*_numbers(objectives(result)), *_walk(strides(result))]


def walk_line(result: Result) -> str:
    """The walk in one line of text; empty when there was none."""
    walked = strides(result)
    return f"{_weights(walked)}  {_stations(walked)}" if _drawable(walked) else ""


def objectives(result: Result) -> list[Objective]:
    """The judge's lines in `result`."""
    evidence = result.details.get("evidence")
    told = evidence.get("objectives") if isinstance(evidence, dict) else None
    return [line for line in told if isinstance(line, Objective)] if isinstance(told, list | tuple) else []


def strides(result: Result) -> list[Stride]:
    """The walk in `result`, in order."""
    told = result.details.get("walk")
    return [stride for stride in told if isinstance(stride, Stride)] if isinstance(told, list | tuple) else []


def _numbers(lines: Sequence[Objective]) -> list[Section]:
    if not lines:
        return []
    explained = (
        f"Counts are of the last weight. Interval: {INTERVAL_LABEL}; no verdict rests on it. "
        "Against it: the stronger proof that it is bad; for it: the weaker of the two that it is good; "
        "each beside the bound at which it counts.\n"
    )
    return [table("The numbers", _NUMBERS, [_numbers_of(line) for line in lines]), Section(explained)]


def _numbers_of(line: Objective) -> list[str]:
    against = max(line.relative, line.gate, key=lambda proof: proof.excess)
    favour = min(line.below, line.no_worse, key=lambda proof: proof.excess)
    return [
        escaped(line.metric, 60), str(VERDICTS[line.verdict]),
        _counted(line.candidate), _interval(line.candidate), _counted(line.stable), _interval(line.stable),
        _proof(against), _proof(favour), _needed(line),
    ]  # fmt: skip


def _counted(rate: Rate) -> str:
    return f"{rate.bad} of {rate.requests} bad ({_percent(rate.share)})" if rate.requests else "no requests"


def _interval(rate: Rate) -> str:
    return f"{_percent(rate.low)} to {_percent(rate.high)}" if rate.requests else "-"


def _proof(proof: Proof) -> str:
    return f"{'**' if proof.met else ''}{proof.e:.3g} of {proof.bound:.3g}{'**' if proof.met else ''}"


def _needed(line: Objective) -> str:
    if line.relative.met or line.gate.met or line.needed == 0:
        return "nothing"
    if not math.isfinite(line.needed):
        return "never at these rates"
    time = f", about {words_of(line.seconds)}" if math.isfinite(line.seconds) else ""
    return f"{math.ceil(line.needed)} requests{time}"


def _walk(walked: Sequence[Stride]) -> list[Section]:
    if not _drawable(walked):
        return []
    weights = f"`{_weights(walked)}` {_stations(walked)} of the requests\n"
    head = Section(f"### The walk\n\n{_weight_chart(walked)}\n{weights}")
    return [head, *_errors(walked), table("Station by station", _WALKED, _stays(walked))]


def _drawable(walked: Sequence[Stride]) -> bool:
    return len(walked) > 1 and walked[0].seconds < walked[-1].seconds


def _weights(walked: Sequence[Stride]) -> str:
    return sparkline([stride.weight for stride in even(walked)], 100)


def _stations(walked: Sequence[Stride]) -> str:
    return " → ".join(f"{weight} %" for weight, _ in groupby(stride.weight for stride in walked))


def _weight_chart(walked: Sequence[Stride]) -> str:
    line = Line(_CANDIDATE, [stride.weight for stride in even(walked)])
    title = "Requests on the candidate"
    return mermaid(Chart(title, "percent", walked[0].seconds, walked[-1].seconds, 100, [line]))


def _errors(walked: Sequence[Stride]) -> list[Section]:
    """The error rates of both, from the first to the last moment at which both were known."""
    both = [stride for stride in walked if stride.candidate is not None and stride.stable is not None]
    if not _drawable(both):
        return []
    sampled = even(both)
    candidate = [100 * (stride.candidate or 0.0) for stride in sampled]
    stable = [100 * (stride.stable or 0.0) for stride in sampled]
    top = max(1.0, *candidate, *stable)
    lines = [Line(_CANDIDATE, candidate), Line(_STABLE, stable)]
    chart = mermaid(Chart("Error rate so far at each weight", "percent", both[0].seconds, both[-1].seconds, top, lines))
    words = (
        f"candidate (red) `{sparkline(candidate, top)}` and stable (blue) `{sparkline(stable, top)}`, "
        f"0 to {top:.3g} %\n"
    )
    return [Section(f"{chart}\n{words}")]


def _stays(walked: Sequence[Stride]) -> list[list[str]]:
    """One row for each weight that was held: when, and the error rates at its end."""
    stays = [list(stay) for _, stay in groupby(walked, key=lambda stride: stride.weight)]
    ends = [after[0].seconds for after in stays[1:]] + [walked[-1].seconds]
    return [
        [words_of(stay[0].seconds), words_of(end), f"{stay[0].weight} %", *_rates(stay)]
        for stay, end in zip(stays, ends, strict=True)
    ]


def _rates(stay: Sequence[Stride]) -> tuple[str, str]:
    known = [stride for stride in stay if stride.candidate is not None or stride.stable is not None]
    return (_known(known[-1].candidate), _known(known[-1].stable)) if known else ("-", "-")


def _known(share: float | None) -> str:
    return "-" if share is None else _percent(share)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
