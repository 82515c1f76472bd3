"""Sources of evidence that give what they were made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pointsman.model.readiness import Answer, Facts, Item, OwnCheck, Page, Scan, TestRun


@dataclass
class FakeObjects:
    """Objects; the kinds in `refused` may not be read, with the reason. `asked` remembers the kinds."""

    kept: tuple[Item, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def objects(self, kinds: Iterable[str]) -> tuple[Item, ...]:
        """The objects of `kinds` that may be read."""
        self.asked = list(kinds)
        return tuple(item for item in self.kept if item.kind in self.asked and item.kind not in self.refused)

    def unreadable(self) -> Mapping[str, str]:
        """The refused kinds among those asked for."""
        return {kind: why for kind, why in self.refused.items() if kind in self.asked}


@dataclass(frozen=True)
class FakePages:
    """A repository of these files."""

    kept: tuple[Page, ...] = ()

    def pages(self) -> tuple[Page, ...]:
        """All of them."""
        return self.kept


@dataclass(frozen=True)
class FakeRuns:
    """CI with these results, or one that says why there are none."""

    kept: tuple[TestRun, ...] | str = ()

    def runs(self) -> tuple[TestRun, ...] | str:
        """The results, or the reason."""
        return self.kept


@dataclass(frozen=True)
class FakeScans:
    """Scanners with these results."""

    kept: tuple[Scan, ...] = ()

    def scans(self) -> tuple[Scan, ...]:
        """All of them."""
        return self.kept


@dataclass(frozen=True)
class FakeOwn:
    """Own checks by name; one that is not there says nothing."""

    kept: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)

    def ask(self, checks: Iterable[OwnCheck], facts: Facts) -> Mapping[str, tuple[Answer, ...]]:  # noqa: ARG002 - the port names them
        """What it was made with."""
        return {check.id: self.kept.get(check.id, ()) for check in checks}
