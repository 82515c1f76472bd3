"""Where the users of one canary were, moment by moment, and how both versions fared: what its report draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stride:
    """One moment: `seconds` since the run began, and `weight` percent of the requests on the candidate from then on.

    `candidate` and `stable` are the shares (0 to 1) of bad answers so far at this weight; None where nothing was
    measured.
    """

    seconds: float
    weight: int
    candidate: float | None = None
    stable: float | None = None


def thinned(strides: tuple[Stride, ...], most: int) -> tuple[Stride, ...]:
    """`strides` without every second of those between two changes of the weight, when there are more than `most`."""
    if len(strides) <= most:
        return strides
    return tuple(stride for number, stride in enumerate(strides) if number % 2 == 0 or _turns(strides, number))


def _turns(strides: tuple[Stride, ...], number: int) -> bool:
    """True for the first and the last stride at a weight."""
    around = strides[max(number - 1, 0) : number + 2]
    ends = number in (0, len(strides) - 1)
    return ends or len({stride.weight for stride in around}) > 1
