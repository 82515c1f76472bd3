"""Where the pipeline runs: GitHub, GitLab, or nothing at all."""

from __future__ import annotations

from typing import Protocol

from pointsman.model.result import Result


class Forge(Protocol):
    """Reports to the pipeline's home. A failure to report never changes the verdict: it comes back as notices."""

    def announce(self, step: str, subject: str) -> list[str]:
        """Say that the step has begun; what could not be said, as sentences."""
        ...

    def report(self, result: Result) -> list[str]:
        """Say how the step ended; what could not be said, as sentences."""
        ...


class Line(Protocol):
    """A rendered status."""

    @property
    def state(self) -> str: ...
    @property
    def context(self) -> str: ...
    @property
    def description(self) -> str: ...


class Lines(Protocol):
    """Renders the statuses of a run; a description has at most 140 characters."""

    def pending(self, step: str, subject: str) -> Line: ...
    def final(self, result: Result) -> Line: ...
