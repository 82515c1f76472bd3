"""No forge: a laptop, or a pipeline whose job result says enough."""

from __future__ import annotations

from pointsman.model.result import Result


class NoForge:
    """Reports to nobody; `notices` are said once, with the result (why nobody is told, say)."""

    def __init__(self, *notices: str) -> None:
        self._notices = notices

    def announce(self, step: str, subject: str) -> list[str]:  # noqa: ARG002 - the port names them
        """Nothing to say at the start."""
        return []

    def report(self, result: Result) -> list[str]:  # noqa: ARG002 - the port names it
        """The notices this was made with."""
        return list(self._notices)
