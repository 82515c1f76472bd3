"""Asking a version, or the service as users reach it, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pointsman.model.evidence import Probe


class Prober(Protocol):
    """Sends bounded HTTP requests on fresh connections and never raises for what an answer says."""

    def probe_version(self, name: str, times: int) -> Sequence[Probe]:
        """Ask the ready instances of version `name` directly, past the router, `times` times in all, in turn.
        Empty when there is no instance to ask."""
        ...

    def probe_service(self) -> Probe:
        """Ask the service once as its users do (by URL, else by the platform's own way in)."""
        ...
