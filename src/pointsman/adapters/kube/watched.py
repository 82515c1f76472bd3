"""One object that a run reads, watches and changes: no older than what it has read or written itself.

What was read before the lock was taken, or before a write was refused, is read again first: somebody else may have
changed it meanwhile, and a write computed from the old reading must not pass for a look at the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import Fence, Gone, change, number_on, stamp
from pointsman.adapters.kube.kinds import Kind
from pointsman.adapters.kube.mirror import Mirror
from pointsman.model.errors import ConflictError
from pointsman.ports.clock import Clock


class WatchedObject:
    """`item` is the object as it was last read or written; `changed` is called when anybody writes it."""

    def __init__(
        self,
        api: KubeApi,
        kind: Kind,
        item: Json,
        fence: Fence,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._api, self._kind, self.item, self._fence = api, kind, item, fence
        self._clock, self._changed, self._name = clock, changed, str(item["metadata"]["name"])
        self._mirror: Mirror | None = None
        self._read_under, self._stale = fence.number, False

    def read(self) -> Json:
        """The object now. Raises Gone when it was deleted."""
        if self._fence.number:  # before the lock was taken, what was read at first is as good as anything
            self._refresh_under_lock()
            self.item = self.live()
        return self.item

    def live(self) -> Json:
        """The object as the watch has it; what `change` compares with stays what was read."""
        found = self._watched().get(self._name)
        if found is None:
            raise self._gone()
        return found

    def change(self, operations_of: Callable[[Json], Sequence[Json]]) -> None:
        """Apply the operations to the object as it was last read; see `guarded.change`."""
        try:
            self._take(change(self._api, self._kind, self.item, operations_of, self._fence))
        except ConflictError:
            self._stale = True
            raise

    def stamp(self) -> None:
        """Leave our fencing number on the object."""
        self._refresh_under_lock()
        self._take(stamp(self._api, self._kind, self.live(), self._fence))

    def number(self) -> int:
        """The fencing number on the object."""
        return number_on(self.item)

    def _refresh_under_lock(self) -> None:
        if not self._stale and self._fence.number == self._read_under:
            return
        self._read_under, self._stale = self._fence.number, False
        if self._mirror is None:
            return  # the list that the watch begins with is read now, under the lock
        fresh = self._api.get(self._kind, self._name)
        if fresh is None:
            raise self._gone()
        self._take(fresh)

    def _take(self, read: Json) -> None:
        self.item = read
        self._watched().put(read)

    def _watched(self) -> Mirror:
        if self._mirror is None:
            fields = f"metadata.name={self._name}"
            self._mirror = Mirror(self._api, self._kind, "", self._clock, self._changed, fields)
        return self._mirror

    def _gone(self) -> Gone:
        return Gone(
            f"{self._kind.kind} {self._name} was deleted while this run was working on it",
            "create it again, then run again",
        )
