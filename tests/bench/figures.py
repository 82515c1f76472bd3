"""A measured figure beside its rival's and the bar it must meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`ours` and `rival` hold one value per round; `bar` says in words what is wanted."""

    name: str
    ours: Sequence[float]
    rival: Sequence[float] = ()
    unit: str = "s"
    bar: str = ""

    @property
    def ratio(self) -> str:
        """Ours over the rival's, of the medians; a dash where there is no rival."""
        return f"{median(self.ours) / median(self.rival):.2f}" if self.rival else "-"


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table: medians, and the spread of ours."""
    head = "| figure | ours | spread | rival | ratio | bar |\n| --- | --- | --- | --- | --- | --- |"
    return "\n".join([head, *(_row(figure) for figure in figures)])


def _row(one: Figure) -> str:
    rival = _value(median(one.rival), one.unit) if one.rival else "-"
    spread = f"{_value(min(one.ours), one.unit)} to {_value(max(one.ours), one.unit)}"
    return f"| {one.name} | {_value(median(one.ours), one.unit)} | {spread} | {rival} | {one.ratio} | {one.bar} |"


def _value(number: float, unit: str) -> str:
    return f"{number:.0f}" if unit == "count" else f"{number:.2f} {unit}"
