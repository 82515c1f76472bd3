"""Those who are told what happens: they remember it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pointsman.model.result import Result


@dataclass
class FakeProgress:
    """`said` are the permanent lines, `waits` what was waited for."""

    said: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """One permanent line."""
        self.said.append(text)

    def waiting(self, text: str, seconds: float, limit: float) -> None:
        """A wait of `seconds` so far, of at most `limit`; one that is over its limit is a defect."""
        if seconds < 0 or limit < 0:
            raise ValueError(f"a wait of {seconds} s of at most {limit} s")
        self.waits.append(text)


@dataclass
class FakeForge:
    """`notices` is what could not be said, as a forge without permissions answers every call."""

    notices: list[str] = field(default_factory=list)
    announced: list[tuple[str, str]] = field(default_factory=list)
    reported: list[Result] = field(default_factory=list)

    def announce(self, step: str, subject: str) -> list[str]:
        """Remember that the step began."""
        self.announced.append((step, subject))
        return list(self.notices)

    def report(self, result: Result) -> list[str]:
        """Remember how it ended."""
        self.reported.append(result)
        return list(self.notices)
