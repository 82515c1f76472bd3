"""Creating a version so that a creation which arrives too late does no harm.

Creating cannot test what it was computed from, as a guarded change does. So what is created has no instances, a first
try whose answer was lost is known again, and what was made under a lock that is lost meanwhile is taken away.
"""

from __future__ import annotations

from contextlib import suppress

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence, exactly
from pointsman.adapters.kube.kinds import DEPLOYMENT
from pointsman.adapters.workloads import deployment_change as changes
from pointsman.model.errors import ConflictError, RemoteError

_REMOVALS = 6


def create(api: KubeApi, body: Json, fence: Fence) -> Json:
    """Create the empty Deployment `body`; what is there then. Raises ConflictError when somebody else made one of
    that name, or when the lock was lost."""
    made = _created(api, body, fence) or _created(api, body, fence)
    if made is None:
        raise ConflictError(f"Deployment {_name(body)} is refused although there is none", "run again")
    _keep_or_remove(api, made, fence)
    return made


def _created(api: KubeApi, body: Json, fence: Fence) -> Json | None:
    """What was created now, or by a first try we did not hear of; None when it was refused and is not there."""
    fence.check()
    try:
        return api.create(DEPLOYMENT, body)
    except ApiStatus as status:
        if status.code != 409:
            raise
        return _ours(api, body, status)


def _ours(api: KubeApi, body: Json, status: ApiStatus) -> Json | None:
    """A retried creation may have met its own first try."""
    found = api.get(DEPLOYMENT, _name(body))
    if found is not None and not changes.made_by(found, body):
        raise ConflictError(f"Deployment {_name(body)} was created by somebody else meanwhile", "run again") from status
    return found


def _keep_or_remove(api: KubeApi, made: Json, fence: Fence) -> None:
    """Our lock may have been lost while the creation was under way; then nobody else knows of what we made."""
    try:
        fence.check()
    except ConflictError:
        with suppress(RemoteError):
            _take_back(api, made)
        raise


def _take_back(api: KubeApi, made: Json) -> None:
    """Remove our empty creation, whose status the platform may just be writing; one that somebody else has taken on
    since stays."""
    found: Json | None = made
    for _ in range(_REMOVALS):
        if found is None or not changes.still_empty(found, made):
            return
        try:
            api.delete(DEPLOYMENT, _name(made), exactly(found))
            return
        except ApiStatus as status:
            if status.code != 409:
                raise
            found = api.get(DEPLOYMENT, _name(made))


def _name(body: Json) -> str:
    return str(body["metadata"]["name"])
