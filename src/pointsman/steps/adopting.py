"""Making colours of a plain workload without a gap: the first step of the first release.

A copy of what serves is made as the blue colour, with the same image; its pods join the service as soon as they
are ready, which changes nothing for users. Only when the copy alone has the capacity is the selector narrowed to
it. Each part is skipped when it is done already, so a run that died half-way is simply run again.
"""

from __future__ import annotations

from pointsman.model.errors import InputError, RemoteError
from pointsman.model.result import Change
from pointsman.model.split import Split
from pointsman.model.version import VersionState
from pointsman.steps.journal import Journal
from pointsman.steps.site import Site
from pointsman.strategy.blue_green import needed_for, prepared


def adopt(site: Site, journal: Journal, plain: str, timeout: float) -> None:
    """Make `site.blue` from `plain` and let the router name it. Raises RemoteError when it does not come up."""
    if is_coloured(site):
        return
    source = site.workload.observe(plain)
    if source is None:
        raise InputError(f"there is no workload {plain} to adopt", "check --adopt")
    if source.ready == 0:
        raise InputError(f"{plain} has no ready instance, so there is nothing to adopt", "repair it first")
    needed, deadline = needed_for(source), site.clock.seconds() + timeout
    _copy(site, journal, source, needed)
    _await_capacity(site, needed, deadline, timeout)
    journal.intend("adopt", f"{site.blue} has the capacity of {plain}: the service names it now")
    split = Split(site.blue, site.green, 0)
    site.router.write(split)
    journal.changed(f"route of {site.service}", "serves", plain, site.blue)
    _await_effect(site, split, deadline, timeout)
    journal.note("adopted", f"{plain} no longer gets requests and was left as it is; delete it when you are content")


def is_coloured(site: Site) -> bool:
    """True once the router names one of the two colours."""
    try:
        return bool(site.router.read().serving)
    except InputError:
        return False


def planned_adoption(site: Site, plain: str) -> list[Change]:
    """What adopting `plain` would change, before the release itself."""
    source = site.workload.observe(plain)
    if source is None:
        raise InputError(f"there is no workload {plain} to adopt", "check --adopt")
    return [
        Change(site.blue, "created from", "", plain),
        Change(site.blue, "instances", "0", str(needed_for(source))),
        Change(f"route of {site.service}", "serves", plain, site.blue),
    ]


def _copy(site: Site, journal: Journal, source: VersionState, needed: int) -> None:
    blue = site.workload.observe(site.blue)
    if prepared(blue, source.images, needed):
        return
    journal.intend("adopt", f"copying {source.name} to {site.blue} with {needed} instance(s)")
    site.workload.release(site.blue, source.images, needed, source.name)
    journal.changed(site.blue, "created from", "", source.name)


def _await_capacity(site: Site, needed: int, deadline: float, timeout: float) -> None:
    while True:
        blue = site.workload.observe(site.blue)
        if blue and blue.rolled_out and blue.ready >= needed:
            return
        trouble = blue.problem.sentence() if blue and blue.problem else ""
        waiting = blue.waiting_for(needed) if blue else f"{site.blue} is not there yet"
        if trouble or site.clock.seconds() > deadline:
            raise RemoteError(
                f"{site.blue}, the copy to adopt, does not come up: {trouble or waiting}",
                "nothing was changed for users; repair it, then run again",
            )
        site.progress.waiting(waiting, timeout - (deadline - site.clock.seconds()), timeout)
        site.workload.wait(5.0)


def _await_effect(site: Site, split: Split, deadline: float, timeout: float) -> None:
    while not (effect := site.router.settled(split)).reached:
        if site.clock.seconds() > deadline:
            raise RemoteError(f"the service was not seen to follow: {effect.detail}", "safe to run again")
        site.progress.waiting(effect.detail, timeout - (deadline - site.clock.seconds()), timeout)
        site.workload.wait(0.2)
