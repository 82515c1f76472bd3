"""The delay that stands in for a look at the data plane where it cannot be looked at."""

from __future__ import annotations

from pointsman.ports.clock import Clock

SETTLE_SECONDS = 3.0
"""kube-proxy and most proxies follow the control plane in less; none of them says when."""


class Settling:
    """Since when the control plane has been seen to hold what was written."""

    def __init__(self, clock: Clock, seconds: float = SETTLE_SECONDS) -> None:
        self.seconds = seconds
        self._clock = clock
        self._since: float | None = None

    def begin_anew(self) -> None:
        """Something else is written, or what was seen holds no more."""
        self._since = None

    def over(self) -> bool:
        """It holds now; True when it has held for long enough."""
        now = self._clock.seconds()
        self._since = now if self._since is None else self._since
        return now - self._since >= self.seconds
