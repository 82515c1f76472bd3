"""What can be seen of one version of a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """Something that will not heal by waiting: what (`reason`), where (`pod`), and what was seen there."""

    reason: str
    pod: str
    message: str
    log: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The problem in one line."""
        return f"{self.reason} in {self.pod}: {self.message}" if self.pod else f"{self.reason}: {self.message}"


@dataclass(frozen=True)
class VersionState:
    """One workload as it stands now.

    `images` maps container to the image asked for, `digests` container to the image id that really runs (ready
    pods of the current template only); `revision` names the pod template (pod-template-hash on Kubernetes);
    `desired`, `updated`, `ready` and `surplus` count instances: wanted, on the current template, of those ready,
    and left over from older templates; `observed` is False while the platform has not looked at the last change.
    """

    name: str
    images: Mapping[str, str]
    desired: int
    updated: int = 0
    ready: int = 0
    surplus: int = 0
    observed: bool = True
    revision: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    restarts: int = 0

    @property
    def rolled_out(self) -> bool:
        """True when every instance runs the current template, is ready, and no older one is left."""
        return self.observed and self.updated >= self.desired and self.ready >= self.desired and self.surplus == 0

    def waiting_for(self, needed: int) -> str:
        """What is still missing until `needed` instances of the current template are ready."""
        if not self.observed:
            return f"{self.name}: the platform has not looked at the change yet"
        if self.surplus and self.ready >= needed:
            return f"{self.name}: {self.surplus} instance(s) of the older template still there"
        return f"{self.name}: {self.ready} of {max(needed, self.desired)} ready"


@dataclass(frozen=True)
class Snapshot:
    """What a workload looked like before we touched it: enough to put it back. `existed` False: remove it."""

    existed: bool
    images: Mapping[str, str] = field(default_factory=dict)
    desired: int = 0
    revision: str = ""


def snapshot_of(state: VersionState | None) -> Snapshot:
    """What to restore when the release does not go through."""
    if state is None:
        return Snapshot(existed=False)
    return Snapshot(existed=True, images=dict(state.images), desired=state.desired, revision=state.revision)
