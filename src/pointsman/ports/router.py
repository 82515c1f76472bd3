"""What splits requests between versions: a Service selector, a local Envoy; later HTTPRoute, VirtualService …"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split


class Router(Protocol):
    """The split of one service between two named versions."""

    def read(self) -> Split:
        """The split as it is written now. Raises InputError when it fits neither version."""
        ...

    def write(self, split: Split) -> None:
        """Write `split`; idempotent. Raises ConflictError when the object moved under us, InputError when this
        router cannot express the weight, NotReady before a candidate that nothing is ready of gets more requests."""
        ...

    def settled(self, split: Split) -> Effect:
        """How far the data plane serves `split`: read back from it, never from the object alone."""
        ...


@runtime_checkable
class MatchesRequests(Protocol):
    """A router that can send testers to the candidate while the weight is 0, or any other."""

    def matched(self) -> Match | None:
        """The rule for testers as it is written now; None when there is none."""
        ...

    def match(self, rule: Match | None) -> None:
        """Write the rule for testers, or take it away; idempotent, and no weight changes. Raises ConflictError when
        the object moved under us, InputError when this router cannot express the rule."""
        ...


@runtime_checkable
class ComesNear(Protocol):
    """A router that cannot express every weight and takes the nearest share it has."""

    def real_share(self) -> float:
        """The part of the requests (0 to 1) that the candidate gets now, whatever weight was asked for."""
        ...


@runtime_checkable
class Withdraws(Protocol):
    """A router that adds something of its own to what users have written, for as long as a release lasts."""

    def withdraw(self) -> None:
        """Leave only what users have written; idempotent. Raises InputError while the candidate has a share."""
        ...
