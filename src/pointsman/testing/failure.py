"""A call that fails once, before or after it had its effect: what a network does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class NextFailure:
    """Makes the next guarded call raise `error`; with `after`, once its effect is there. Used up by that
    call."""

    error: Exception | None = None
    after: bool = False

    def arm(self, error: Exception, *, after: bool = False) -> None:
        """Let the next call fail."""
        self.error, self.after = error, after

    def around(self, effect: Callable[[], None]) -> None:
        """Have the effect, and the failure if one is due."""
        error, self.error = self.error, None
        if error is None or self.after:
            effect()
        if error is not None:
            raise error
