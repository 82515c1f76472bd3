"""Feeding what was measured to the judge, while the candidate has users, and keeping what it says.

`canary_acts.py` asks at every look; a reading is due every few seconds, whatever else is being waited for.
"""

from __future__ import annotations

from pointsman.model.errors import InputError, RemoteError
from pointsman.model.evidence import Verdict
from pointsman.model.measurement import Counters, Reading
from pointsman.ports.clock import Clock
from pointsman.ports.judge import Judge, Opinion
from pointsman.ports.metrics import Metrics
from pointsman.steps.walk import Walk

_QUIET_SECONDS = 30.0


class Judging:
    """The hearing of one release. `opinion` is the last word (None: not a single look at this weight yet), `accepted`
    the one on which a weight was last left upwards; `advice` is what to do about a source that could not be asked at
    the last look (empty: it could); `walk` is where the users were meanwhile."""

    def __init__(self, clock: Clock, metrics: Metrics, judge: Judge, every: float) -> None:
        self._clock, self._metrics, self._judge, self._every = clock, metrics, judge, every
        self._weight, self._since, self._next = 0, 0.0, 0.0
        self._quiet = _Quiet()
        self.advice = ""
        self.walk = Walk(clock)
        self.opinion: Opinion | None = None
        self.accepted: Opinion | None = None

    def resume(self, state: str) -> None:
        """Go on where another process stopped. Raises InputError when it was asked something else."""
        self._judge.resume(state)

    def state(self) -> str:
        """What another process needs to go on."""
        return self._judge.state()

    def begin(self, weight: int) -> None:
        """`weight` has taken effect: the bake begins, unless it has already."""
        if weight != self._weight:
            self._weight, self._since = weight, self._clock.seconds()
            self._next, self._quiet, self.opinion = self._since, _Quiet(), None

    def begin_anew(self) -> None:
        """Users went elsewhere in between: nothing is compared across that."""
        self._judge.resume(self._judge.state())
        self._weight, self.opinion = 0, None

    def accept(self) -> None:
        """This weight may be left upwards on what was said last."""
        self.accepted = self.opinion

    @property
    def baked(self) -> float:
        """Seconds at this weight since it took effect."""
        return self._clock.seconds() - self._since if self._weight else 0.0

    @property
    def verdict(self) -> Verdict | None:
        """The last verdict; None before the first."""
        return self.opinion.verdict if self.opinion else None

    @property
    def why(self) -> str:
        """The last verdict in one sentence."""
        return self.opinion.why if self.opinion else ""

    @property
    def quiet(self) -> bool:
        """True when stable got no request either, for as long as one would wait for one."""
        return self._quiet.lasts

    def left(self) -> float:
        """Seconds until the next look is due."""
        return max(self._next - self._clock.seconds(), 0.0)

    def look_if_due(self) -> None:
        """Read and judge, when it is time to. A source that cannot be asked blames nobody."""
        if not self._weight or self.left() > 0:
            return
        self._next = self._clock.seconds() + self._every
        try:
            reading = self._metrics.read()
        except (RemoteError, InputError) as trouble:
            self.advice = trouble.advice
            self._heard(self._judge.blind(trouble.message, self._weight))
            return
        self.advice = ""
        self._quiet.hear(reading)
        self._heard(self._judge.look(reading, self._weight))

    def _heard(self, opinion: Opinion) -> None:
        self.opinion = opinion
        self.walk.looked(opinion, self._weight)


class _Quiet:
    """Whether stable's own requests have come to rest; times are of the source's clock."""

    def __init__(self) -> None:
        self._total = -1.0
        self._first = self._moved = self._last = 0.0

    def hear(self, reading: Reading) -> None:
        """One more reading; a total that changes at all, also because a pod is gone, is no rest."""
        total = _requests(reading.stable)
        if self._total < 0:
            self._first = reading.at
        if total != self._total:
            self._total, self._moved = total, reading.at
        self._last = reading.at

    @property
    def lasts(self) -> bool:
        """True after half a minute of rest, or when it never moved at all."""
        rest = self._last - self._moved
        return rest > 0 and (rest >= _QUIET_SECONDS or self._moved == self._first)


def _requests(series: tuple[Counters, ...]) -> float:
    return sum(one.requests for one in series)
