"""Keeping the walk of one run for its report: every weight that took effect, and every look of the judge."""

from __future__ import annotations

from pointsman.judge.report import Line, Rate
from pointsman.model.walk import Stride, thinned
from pointsman.ports.clock import Clock
from pointsman.ports.judge import Opinion

_MOST = 400  # strides; a bake of days is drawn with as many
_ERRORS = ("error-rate", "success-rate")


class Walk:
    """What one run saw of a walk; the times count from its making."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._began = clock, clock.seconds()
        self.strides: tuple[Stride, ...] = ()

    def arrived(self, weight: int) -> None:
        """`weight` has taken effect; nothing is known of it yet."""
        self._keep(Stride(self._now(), weight))

    def looked(self, opinion: Opinion, weight: int) -> None:
        """The judge has spoken of `weight`."""
        candidate, stable = error_rates(opinion)
        self._keep(Stride(self._now(), weight, candidate, stable))

    def _keep(self, stride: Stride) -> None:
        self.strides = thinned((*self.strides, stride), _MOST)

    def _now(self) -> float:
        return round(self._clock.seconds() - self._began, 3)


def error_rates(opinion: Opinion) -> tuple[float | None, float | None]:
    """Shares of bad answers of candidate and stable that `opinion` rests on; None where there was no request, or no
    objective that counts errors."""
    told = opinion.details.get("objectives")
    lines = [line for line in told if isinstance(line, Line)] if isinstance(told, list | tuple) else []
    counted = next((line for line in lines if line.metric in _ERRORS), None)
    return (_share(counted.candidate), _share(counted.stable)) if counted else (None, None)


def _share(rate: Rate) -> float | None:
    return rate.share if rate.requests else None
