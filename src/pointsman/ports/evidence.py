"""Where the evidence of production readiness comes from. Every source only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from pointsman.model.readiness import Answer, Facts, Item, OwnCheck, Page, Scan, TestRun


class ObjectSource(Protocol):
    """Kubernetes objects: manifests, or a cluster."""

    def objects(self, kinds: Iterable[str]) -> tuple[Item, ...]:
        """The objects of `kinds`; a kind that does not exist there has none."""
        ...

    def unreadable(self) -> Mapping[str, str]:
        """The kinds that the last `objects` was not allowed to read, each with the reason."""
        ...


class PageSource(Protocol):
    """Text files of a repository."""

    def pages(self) -> tuple[Page, ...]:
        """Documents, drawings, API descriptions and workflows."""
        ...


class RunSource(Protocol):
    """Results of CI on this commit."""

    def runs(self) -> tuple[TestRun, ...] | str:
        """The results, or one sentence why they cannot be had."""
        ...


class ScanSource(Protocol):
    """Results of security scanners."""

    def scans(self) -> tuple[Scan, ...]:
        """One for each tool that ran."""
        ...


class AsksOwn(Protocol):
    """Runs the user's own checks."""

    def ask(self, checks: Iterable[OwnCheck], facts: Facts) -> Mapping[str, tuple[Answer, ...]]:
        """What each check says, by its id; one that breaks or hangs says unknown. Raises InputError when there is no
        such check."""
        ...
