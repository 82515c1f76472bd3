"""Changing an object only as long as it is what we saw: the one way Kubernetes adapters write.

Every patch tests the resourceVersion it was computed from and leaves our fencing number on the object, so a write
prepared by a run that lost its lock fails. A status update alone also moves the resourceVersion: then the object
is read again, and the patch goes on only when what a person wrote (`spec`, annotations that steer) and the fence are
still the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.kinds import Kind
from pointsman.model.errors import ConflictError, LockLost, RemoteError

FENCE = "pointsman.dev/fence"
STEERING = "nginx.ingress.kubernetes.io/"
"""Annotations that begin so are what people write, like a spec: they steer where requests go."""

AUTOSCALER = "kube-controller-manager"
_TRIES = 6


class Gone(ConflictError):
    """Somebody deleted what we were about to change."""


class Fence(Protocol):
    """The lock as writers see it."""

    @property
    def number(self) -> int:
        """The fencing number; 0 before the lock was taken."""
        ...

    def check(self) -> None:
        """Raises LockLost when we must write no more."""
        ...


def change(api: KubeApi, kind: Kind, seen: Json, operations_of: Callable[[Json], Sequence[Json]], fence: Fence) -> Json:
    """`seen` after the operations, which are computed afresh when only its status has moved.

    No operations means it is already so: then the object is only read again, to be sure. Raises ConflictError naming
    who changed it.
    """
    item, name = seen, seen["metadata"]["name"]
    for _ in range(_TRIES):
        operations = operations_of(item)
        if not operations:
            return item if item is not seen else _still_so(api, kind, seen, operations_of)
        refuse_newer(kind, item, fence)
        fence.check()
        try:
            return api.patch(kind, name, guarded(item, operations, fence.number))
        except ApiStatus as status:
            if status.code not in (404, 409, 422):
                raise
            item = _read_again(api, kind, item, status)
            if operations_of(item) and moved(seen, item):
                raise _changed_by_somebody(kind, item) from status
    raise _too_fast(kind, name)


def complete(
    api: KubeApi, kind: Kind, made: Json, operations_of: Callable[[Json], Sequence[Json]], fence: Fence
) -> Json:
    """The change that follows a creation of ours. The cluster's controllers write their status at once, so it asks
    only that this is the object we made and that no newer run has stamped it; else the rule of `change` holds."""
    operations = operations_of(made)
    if not operations:
        return made
    uid = {"op": "test", "path": "/metadata/uid", "value": made["metadata"]["uid"]}
    mark = f"/metadata/annotations/{escaped(FENCE)}"
    ours = {"op": "test", "path": mark, "value": str(fence.number)}
    fence.check()
    try:
        return api.patch(kind, made["metadata"]["name"], [uid, ours, *operations])
    except ApiStatus as status:
        if status.code not in (404, 409, 422):
            raise
        return change(api, kind, made, operations_of, fence)


def remove(api: KubeApi, kind: Kind, seen: Json, fence: Fence) -> None:
    """Delete `seen`, as long as it is what we saw, by the rule of `change`. Gone already, or going, is fine."""
    item, name = seen, seen["metadata"]["name"]
    for _ in range(_TRIES):
        refuse_newer(kind, item, fence)
        fence.check()
        try:
            api.delete(kind, name, exactly(item))
            return
        except ApiStatus as status:
            if status.code != 409:
                raise
            found = api.get(kind, name)
            if found is None or found["metadata"]["uid"] != seen["metadata"]["uid"]:
                return
            if found["metadata"].get("deletionTimestamp"):
                return
            if moved(seen, found):
                raise _changed_by_somebody(kind, found) from status
            item = found
    raise _too_fast(kind, name)


def exactly(item: Json) -> Json:
    """The preconditions under which only this object, in this very state, is deleted."""
    return {"uid": item["metadata"]["uid"], "resourceVersion": item["metadata"]["resourceVersion"]}


def stamp(api: KubeApi, kind: Kind, item: Json, fence: Fence) -> Json:
    """Leave our fencing number on `item` and nothing else, so that older prepared writes fail.

    A stamp says nothing about the rest of the object, so whatever was written meanwhile is stamped as it is. Raises
    LockLost when the object carries the number of a newer run, Gone when there is none any more.
    """
    name = item["metadata"]["name"]
    for _ in range(_TRIES):
        refuse_newer(kind, item, fence)
        fence.check()
        if number_on(item) == fence.number:
            return item
        try:
            return api.patch(kind, name, guarded(item, (), fence.number))
        except ApiStatus as status:
            if status.code not in (404, 409, 422):
                raise
            item = _read_again(api, kind, item, status)
    raise _too_fast(kind, name)


def number_on(item: Json) -> int:
    """The fencing number that an object carries; 0 when it carries none, or nonsense."""
    text = str((item["metadata"].get("annotations") or {}).get(FENCE, ""))
    return int(text) if text.isdigit() else 0


def refuse_newer(kind: Kind, item: Json, fence: Fence) -> None:
    """Raises LockLost when `item` carries the number of a newer run: whatever our own lock believes, time may have
    stood still for us (a suspended machine)."""
    if number_on(item) > fence.number:
        raise LockLost(
            f"{kind.kind} {item['metadata']['name']} was taken over by a newer run (number {number_on(item)})",
            "look with `pointsman status`, then run again",
        )


def guarded(item: Json, operations: Sequence[Json], fence: int) -> list[Json]:
    """`operations` that apply only to `item` exactly as it was read, and that leave our fence on it."""
    annotations = item["metadata"].get("annotations")
    same = {"op": "test", "path": "/metadata/resourceVersion", "value": item["metadata"]["resourceVersion"]}
    room = [] if annotations is not None else [{"op": "add", "path": "/metadata/annotations", "value": {}}]
    mark = {"op": "add", "path": f"/metadata/annotations/{escaped(FENCE)}", "value": str(fence)}
    return [same, *room, mark, *operations]


def moved(seen: Json, now: Json) -> bool:
    """True when something a person or another run wrote differs; replicas that an autoscaler set do not count."""
    if _written(seen) != _written(now):
        return True
    same_count = seen.get("spec", {}).get("replicas") == now.get("spec", {}).get("replicas")
    return not same_count and _writer_of_replicas(now) != AUTOSCALER


def last_writer(item: Json) -> str:
    """The field manager of the newest write that is not a status update; empty when unknown."""
    entries = [one for one in item["metadata"].get("managedFields", []) if not one.get("subresource")]
    newest: Json = max(entries, key=lambda one: str(one.get("time", "")), default={})
    return str(newest.get("manager", ""))


def escaped(key: str) -> str:
    """`key` as one segment of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _writer_of_replicas(item: Json) -> str:
    writers = [
        entry
        for entry in item["metadata"].get("managedFields", [])
        if "f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {})
    ]
    newest: Json = max(writers, key=lambda one: str(one.get("time", "")), default={})
    return str(newest.get("manager", ""))


def _still_so(api: KubeApi, kind: Kind, seen: Json, operations_of: Callable[[Json], Sequence[Json]]) -> Json:
    name = seen["metadata"]["name"]
    fresh = api.get(kind, name)
    if fresh is None:
        raise ConflictError(f"{kind.kind} {name} was deleted meanwhile", "see who did; run again")
    if operations_of(fresh):
        raise _changed_by_somebody(kind, fresh)
    return fresh


def _written(item: Json) -> tuple[Json, Json, str, str]:
    spec = {key: value for key, value in item.get("spec", {}).items() if key != "replicas"}
    annotations = item["metadata"].get("annotations") or {}
    steering = {key: value for key, value in annotations.items() if key.startswith(STEERING)}
    return spec, steering, str(annotations.get(FENCE, "")), str(item["metadata"].get("uid", ""))


def _read_again(api: KubeApi, kind: Kind, item: Json, status: ApiStatus) -> Json:
    name = item["metadata"]["name"]
    fresh = api.get(kind, name)
    if fresh is None:
        raise Gone(f"{kind.kind} {name} was deleted while we changed it", "see who did; run again") from status
    same = fresh["metadata"]["resourceVersion"] == item["metadata"]["resourceVersion"]
    if same and status.code != 409:  # a 409 is about a moment that may have passed: the next try will tell
        raise RemoteError(f"the change of {kind.kind} {name} was refused: {status.message}", status.advice) from status
    return fresh


def _too_fast(kind: Kind, name: str) -> ConflictError:
    return ConflictError(f"{kind.kind} {name} changes faster than it can be written", "see what writes it; run again")


def _changed_by_somebody(kind: Kind, item: Json) -> ConflictError:
    writer = last_writer(item) or "somebody"
    return ConflictError(
        f"{kind.kind} {item['metadata']['name']} was changed by {writer} while this run was working on it",
        f"find out what {writer} wants of it; then run again",
    )
