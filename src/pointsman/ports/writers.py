"""Who wrote what: only platforms that keep it can tell."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pointsman.model.drift import Field, Writer


@runtime_checkable
class KnowsWriters(Protocol):
    """A router or workload whose objects remember who wrote each of their fields."""

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote `field` of version `name` last, as of the last look (a router ignores the name). The manager is
        empty when nobody is known, as for what is gone."""
        ...
