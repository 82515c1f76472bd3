"""How requests are split between two versions; a value that cannot sum to anything but 100."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """`weight` percent of requests reach `candidate`, the rest reach `stable` (both are version names)."""

    stable: str
    candidate: str
    weight: int

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 100:
            raise ValueError(f"a weight is 0 to 100 percent, not {self.weight}")
        if self.stable == self.candidate:
            raise ValueError(f"stable and candidate are both {self.stable!r}")

    def share(self, version: str) -> int:
        """Percent of requests that reach `version`; 0 for a version that takes no part."""
        return {self.candidate: self.weight, self.stable: 100 - self.weight}.get(version, 0)

    @property
    def serving(self) -> str:
        """The version most requests reach."""
        return self.candidate if self.weight > 50 else self.stable


@dataclass(frozen=True)
class Match:
    """Requests that reach the candidate whatever the weight: those whose header, or cookie, has exactly this value."""

    value: str
    header: str = ""
    cookie: str = ""

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.cookie):
            raise ValueError("a match looks at one header or at one cookie")
        if not self.value:
            raise ValueError("a match needs a value")

    @property
    def headers(self) -> dict[str, str]:
        """What a request that fits carries."""
        return {self.header: self.value} if self.header else {"Cookie": f"{self.cookie}={self.value}"}
