"""What runs a version: a Deployment, a set of local processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from pointsman.model.version import Snapshot, VersionState


class Workload(Protocol):
    """The versions of one service, by name. Every write is idempotent and raises ConflictError when the
    object was changed by somebody else since it was observed."""

    def observe(self, name: str) -> VersionState | None:
        """What version `name` looks like now; None when it does not exist."""
        ...

    def release(self, name: str, images: Mapping[str, str], instances: int, like: str, template: str = "") -> None:
        """Make `name` run `images` with at least `instances` instances.

        A missing `name` is created from `like`. With `template`, the whole older pod template of that revision
        is put back where it still exists, else only the images are set.
        """
        ...

    def scale(self, name: str, instances: int) -> None:
        """Set the number of instances."""
        ...

    def restore(self, name: str, before: Snapshot) -> None:
        """Put `name` back to `before`; a version that did not exist before is removed, and seen to be gone."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when something about the versions changed, at the latest after `seconds`. Raises Cancelled."""
        ...


@runtime_checkable
class KeepsTemplates(Protocol):
    """A workload that remembers older pod templates (a Deployment's revisions)."""

    def previous(self, name: str) -> tuple[str, str, Mapping[str, str]] | None:
        """(revision, template name, images) of the template before the current one; None when there is none."""
        ...

    def template(self, name: str, revision: str) -> tuple[str, str, Mapping[str, str]] | None:
        """(revision, template name, images) of a numbered revision; None when it is not kept."""
        ...


@runtime_checkable
class ExplainsTrouble(Protocol):
    """A workload that can fetch the last words of a failing instance."""

    def last_words(self, name: str, pod: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(last log lines, events) of `pod`; empty where they cannot be had. Never raises for want of them."""
        ...
