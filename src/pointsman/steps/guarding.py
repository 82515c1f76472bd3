"""The dead-man switch around a release: posted once the release is in flight, dismissed when its run ends.

What this run leaves behind on purpose (done, undone, held, cancelled, an error that was told) needs no guard; a run
that is killed, cut off from the cluster, or paused until it has lost its lock, dismisses nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pointsman.model.errors import ConflictError, LockLost, RemoteError
from pointsman.model.result import Change
from pointsman.ports.guard import DeadMan
from pointsman.steps.journal import Journal
from pointsman.steps.site import Routed


def post_dead_man(site: Routed, journal: Journal, release: str) -> None:
    """Let the dead-man switch, where one was asked for, guard `release` from now on. Raises RemoteError."""
    if site.dead_man is None:
        return
    try:
        site.dead_man.post(release)
    except (RemoteError, ConflictError) as refused:
        raise RemoteError(
            f"the dead-man switch {site.dead_man.name} was not accepted: {refused.message}",
            "nothing was changed for users; correct that, or run without --dead-man: both go on with this release",
        ) from refused
    journal.say(f"{site.dead_man.name} returns users to stable if this run vanishes")


def planned_dead_man(site: Routed) -> list[Change]:
    """What a dry run says of it."""
    return [Change(site.dead_man.name, "stands by", "", "until the release ends")] if site.dead_man else []


@contextmanager
def guarded(site: Routed, journal: Journal) -> Iterator[None]:
    """Whatever this run has posted is dismissed at the end; failing to do so never changes the verdict."""
    try:
        yield
    finally:
        if site.dead_man is not None:
            _dismiss(site, site.dead_man, journal)


def _dismiss(site: Routed, dead_man: DeadMan, journal: Journal) -> None:
    try:
        site.lock.check()
        dead_man.dismiss()
    except LockLost:
        # We were paused or cut off for too long: by now it may be undoing what we left.
        journal.say(f"{dead_man.name} stays on duty, for this run no longer holds the lock")
    except Exception as lost:
        journal.say(f"{dead_man.name} could not be taken away ({lost}); it ends by itself with the release")
