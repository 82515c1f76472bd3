"""One object that a run itself makes beside what users have, changes, and removes in the end.

It is made without any effect, and the change that has one follows under the rules of `guarded`: a run that was
stopped in between, and wakes up when its lock is lost, has moved nobody. While there is none, every read asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from pointsman.adapters.clock import token
from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import FENCE, Fence, Gone, complete, exactly, last_writer, remove
from pointsman.adapters.kube.kinds import Kind
from pointsman.adapters.kube.watched import WatchedObject
from pointsman.model.errors import ConflictError, RemoteError
from pointsman.ports.clock import Clock

_MADE = "pointsman.dev/made"
"""Annotation with a word that is used once: by it a run knows its own creation when the answer was lost."""
_TRIES = 3


class OwnedObject:
    """`item` is the object as it was last read or written, None while there is none; `made` is what it is before it
    has any effect."""

    def __init__(
        self,
        api: KubeApi,
        kind: Kind,
        name: str,
        item: Json | None,
        made: Callable[[], Json],
        fence: Fence,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._api, self._kind, self._name, self._made = api, kind, name, made
        self._fence, self._clock, self._changed = fence, clock, changed
        self._watched = self._watching(item)

    @property
    def item(self) -> Json | None:
        """As it was last read or written."""
        return self._watched.item if self._watched else None

    def read(self) -> Json | None:
        """The object now. Raises ConflictError when somebody removed it."""
        if self._watched is None:
            self._watched = self._watching(self._api.get(self._kind, self._name))
            return self.item
        return self._watched.read()

    def live(self) -> Json | None:
        """The object as the watch has it; what `change` compares with stays what was read."""
        return self._watched.live() if self._watched else None

    def change(self, operations_of: Callable[[Json], Sequence[Json]]) -> None:
        """Apply the operations to the object as it was last read; it is made first where there is none. Raises
        ConflictError when somebody was faster."""
        if self._watched is not None:
            self._watched.change(operations_of)
        elif operations_of(self._made()):
            made = self._make()
            self._watched = self._watching(made)
            self._watched = self._watching(complete(self._api, self._kind, made, operations_of, self._fence))
        else:
            self._refuse_appeared(self._api.get(self._kind, self._name))

    def remove(self) -> None:
        """Delete it, as long as it is what we read; none is fine."""
        if self._watched is not None:
            remove(self._api, self._kind, self._watched.item, self._fence)
            self._watched = None

    def stamp(self) -> None:
        """Leave our fencing number on it. It is made where there is none: nothing else stops an older run that is
        about to make it."""
        if self._watched is None:
            self._watched = self._watching(self._api.get(self._kind, self._name))
        try:
            if self._watched is not None:
                self._watched.stamp()
        except Gone:  # an older run's removal was on its way when we took over
            self._watched = None
        if self._watched is None:
            self._watched = self._watching(self._make())

    def number(self) -> int:
        """The fencing number on it; 0 while there is none."""
        return self._watched.number() if self._watched else 0

    def _make(self) -> Json:
        made = self._made()
        marks = {FENCE: str(self._fence.number), _MADE: token()}
        annotations = {**(made["metadata"].get("annotations") or {}), **marks}
        created = self._created({**made, "metadata": {**made["metadata"], "annotations": annotations}})
        try:
            self._fence.check()
        except ConflictError:  # the lock was lost meanwhile, and nobody else knows of what we made
            with suppress(RemoteError):
                self._api.delete(self._kind, self._name, exactly(created))
            raise
        return created

    def _created(self, body: Json) -> Json:
        for _ in range(_TRIES):
            self._fence.check()
            try:
                return self._api.create(self._kind, body)
            except ApiStatus as status:
                if status.code != 409:
                    raise
            found = self._api.get(self._kind, self._name)
            if found is not None and _token_on(found) == _token_on(body):
                return found  # a first try of ours whose answer was lost
            self._refuse_appeared(found)  # else something else was in conflict for a moment, such as a quota
        raise ConflictError(f"{self._kind.kind} {self._name} is refused although there is none", "run again")

    def _refuse_appeared(self, found: Json | None) -> None:
        if found is not None:
            raise ConflictError(
                f"{self._kind.kind} {self._name} was made by {last_writer(found) or 'somebody'} while this run was "
                "working on it",
                "find out who else releases this service; then run again",
            )

    def _watching(self, item: Json | None) -> WatchedObject | None:
        if item is None:
            return None
        return WatchedObject(self._api, self._kind, item, self._fence, self._clock, self._changed)


def _token_on(item: Json) -> str:
    return str((item["metadata"].get("annotations") or {}).get(_MADE, ""))
