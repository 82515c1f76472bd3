"""A live copy of some objects: one list, then one watch, in the background; waiting on it costs no request."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.kinds import Kind
from pointsman.model.errors import PointsmanError, Unreachable
from pointsman.ports.clock import Clock

_WATCH_SECONDS = 280
_SILENT_SECONDS = 30.0
_AGAIN = 1.0
_BETWEEN_WATCHES = 0.1  # a server that ends every watch at once must not be asked in a loop


class Mirror:
    """Objects of one kind that match a label selector and a field selector, by name. `changed` is called after
    every change. `known` is the only one there is, where it was just written: then it need not be listed first.

    Reading is never more than one watch event old; when the API server has been out of reach for longer than
    30 s, reading raises Unreachable: an old view is not evidence.
    """

    def __init__(
        self,
        api: KubeApi,
        kind: Kind,
        labels: str,
        clock: Clock,
        changed: Callable[[], None],
        fields: str = "",
        known: Json | None = None,
    ) -> None:
        self._api, self._kind, self._labels, self._clock, self._changed = api, kind, labels, clock, changed
        self._fields = fields
        self._objects: dict[str, Json] = {known["metadata"]["name"]: known} if known else {}
        self._guard = threading.Lock()
        self._lost_since: float | None = None
        self._lost_why = ""
        self._version = str(known["metadata"]["resourceVersion"]) if known else self._list()
        threading.Thread(target=_follow, args=(weakref.ref(self), clock), daemon=True).start()

    def get(self, name: str) -> Json | None:
        """The object called `name`, as last seen."""
        return self._fresh().get(name)

    def all(self) -> list[Json]:
        """Every object, as last seen."""
        return list(self._fresh().values())

    def put(self, written: Json) -> None:
        """Take in what a write returned, so that we never read less than we wrote.

        An answer may come after the events that followed it, where this process was stopped for a while: an object
        that we do not have although we have seen everything up to this version was deleted since.
        """
        with self._guard:
            gone = 0 < _version(written) <= _number(self._version)
            if written["metadata"]["name"] in self._objects or not gone:
                self._keep(written)

    def _fresh(self) -> dict[str, Json]:
        with self._guard:
            lost = self._lost_since
            if lost is not None and self._clock.seconds() - lost > _SILENT_SECONDS:
                raise Unreachable(f"the API server has been silent for too long: {self._lost_why}", "run again")
            return dict(self._objects)

    def _keep(self, item: Json) -> None:
        name = item["metadata"]["name"]
        known = self._objects.get(name)
        if known is None or _version(item) >= _version(known):
            self._objects[name] = item

    def _forget(self, item: Json) -> None:
        """Drop a deleted object, unless a newer one of the same name was put in its place already."""
        known = self._objects.get(item["metadata"]["name"])
        if known is not None and _version(item) >= _version(known):
            del self._objects[item["metadata"]["name"]]

    def _list(self) -> str:
        listed = self._api.list(self._kind, self._labels, self._fields)
        version = str(listed["metadata"]["resourceVersion"])
        with self._guard:
            newer = [item for item in self._objects.values() if _version(item) > _number(version)]
            self._objects = {item["metadata"]["name"]: item for item in [*listed.get("items", []), *newer]}
            self._lost_since = None
        self._changed()
        return version

    def watch(self) -> float:
        """Follow one watch to its end; the seconds until the next one. Without a version to go on from, list first."""
        listing = not self._version
        try:
            self._version = self._version or self._list()
            self._watch_once()
        except ApiStatus as status:
            self._lost(status)
            self._version = ""
            return _AGAIN if listing else 0.0
        except PointsmanError as lost:
            self._lost(lost)
            return _AGAIN
        return _BETWEEN_WATCHES

    def _watch_once(self) -> None:
        events = self._api.watch(self._kind, self._labels, self._version, _WATCH_SECONDS, self._fields)
        with self._guard:
            self._lost_since = None
        for event in events:
            self._take(event)

    def _take(self, event: Json) -> None:
        item = event["object"]
        if event["type"] == "ERROR":
            raise ApiStatus(int(item.get("code", 0)), str(item.get("reason", "")), str(item.get("message", "")))
        with self._guard:
            self._version = item["metadata"]["resourceVersion"]
            if event["type"] == "DELETED":
                self._forget(item)
            elif event["type"] in ("ADDED", "MODIFIED"):
                self._keep(item)
        if event["type"] != "BOOKMARK":
            self._changed()

    def _lost(self, why: PointsmanError) -> None:
        with self._guard:
            self._lost_why = why.message
            if self._lost_since is None:
                self._lost_since = self._clock.seconds()


def _follow(known: weakref.ref[Mirror], clock: Clock) -> None:
    """Watch as long as somebody may read. A mirror that was dropped must not go on asking a server that is gone."""
    while (mirror := known()) is not None:
        pause = mirror.watch()
        del mirror
        clock.pause(pause)


def _version(item: Json) -> int:
    # Opaque by contract, yet a number on every server that exists, and comparable as such since 1.35 (KEP-5504).
    return _number(str(item["metadata"].get("resourceVersion", "0")))


def _number(version: str) -> int:
    return int(version) if version.isdigit() else 0
