"""A line over time twice: as Mermaid's `xychart-beta`, which GitHub and GitLab draw, and as a row of blocks for
every place that does not. Only numbers and words of ours are in either, so nothing foreign can get in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pointsman.model.walk import Stride

POINTS = 40
"""Points of a line: as many as can be told apart at the width of a summary."""

_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Line:
    """A line of a chart: its colour (`#` and six digits), and percents at even distances in time."""

    colour: str
    percents: Sequence[float]


@dataclass(frozen=True)
class Chart:
    """Lines over `begin` to `end` seconds, from 0 to `top` percent."""

    title: str
    axis: str
    begin: float
    end: float
    top: float
    lines: Sequence[Line]


def mermaid(chart: Chart) -> str:
    """`chart` in a fence. The older name of the diagram is used: it is understood everywhere, the newer is not."""
    palette = ", ".join(line.colour for line in chart.lines)
    rows = [
        f'%%{{init: {{"themeVariables": {{"xyChart": {{"plotColorPalette": "{palette}"}}}}}}}}%%',
        "xychart-beta",
        f'    title "{chart.title}"',
        f'    x-axis "seconds" {chart.begin:.1f} --> {chart.end:.1f}',
        f'    y-axis "{chart.axis}" 0 --> {_number(chart.top)}',
        *(f"    line [{', '.join(_number(value) for value in line.percents)}]" for line in chart.lines),
    ]
    return "\n".join(["```mermaid", *rows, "```", ""])


def sparkline(percents: Sequence[float], top: float) -> str:
    """One block for each value, the highest for `top`; the lowest only for what is nearest to 0."""
    highest = len(_BLOCKS) - 1
    return "".join(_BLOCKS[min(round(highest * value / top), highest) if top else 0] for value in percents)


def even(strides: Sequence[Stride], points: int = POINTS) -> list[Stride]:
    """What was so at `points` moments at even distances from the first of `strides` to the last."""
    begin, end = strides[0].seconds, strides[-1].seconds
    moments = [begin + (end - begin) * number / (points - 1) for number in range(points)]
    return [_at(strides, moment) for moment in [*moments[:-1], end]]


def _at(strides: Sequence[Stride], moment: float) -> Stride:
    return [stride for stride in strides if stride.seconds <= moment][-1]


def _number(value: float) -> str:
    """At most three decimals, never an exponent: Mermaid reads none."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
