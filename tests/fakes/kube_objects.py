"""Objects as an API server keeps them: resourceVersions, refusals of stale writes, JSON Patch with tests, events."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """The API server's no, as an HTTP status and Kubernetes' word for it."""

    def __init__(self, code: int, reason: str, message: str = "refused") -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message


@dataclass
class Objects:
    """`kept` maps a URL path to its object; `events` are (version, collection, watch event), in order."""

    kept: dict[str, Json] = field(default_factory=dict)
    events: list[tuple[int, str, Json]] = field(default_factory=list)
    version: int = 100
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, path: str, item: Json) -> Json:
        """What somebody else writes: no questions asked."""
        with self.changed:
            kind = "MODIFIED" if path in self.kept else "ADDED"
            return self._store(kind, path, item)

    def get(self, path: str) -> Json:
        """The object at `path`."""
        if path not in self.kept:
            raise Refusal(404, "NotFound", f"{path} not found")
        return copy.deepcopy(self.kept[path])

    def list(self, collection: str, labels: str) -> Json:
        """The objects right under `collection` that carry `labels` (equality only)."""
        wanted = dict(pair.split("=", 1) for pair in labels.split(",") if pair)
        found = [item for path, item in sorted(self.kept.items()) if path.rpartition("/")[0] == collection]
        items = [item for item in found if wanted.items() <= (item["metadata"].get("labels") or {}).items()]
        return {"kind": "List", "metadata": {"resourceVersion": str(self.version)}, "items": copy.deepcopy(items)}

    def create(self, collection: str, item: Json) -> Json:
        """POST."""
        path = f"{collection}/{item['metadata']['name']}"
        with self.changed:
            if path in self.kept:
                raise Refusal(409, "AlreadyExists", f"{path} already exists")
            return self._store("ADDED", path, item)

    def replace(self, path: str, item: Json) -> Json:
        """PUT; a resourceVersion that is not the current one is a conflict."""
        with self.changed:
            now, given = self.get(path), item["metadata"].get("resourceVersion")
            if given and given != now["metadata"]["resourceVersion"]:
                raise Refusal(409, "Conflict", "the object has been modified")
            return self._store("MODIFIED", path, item)

    def patch(self, path: str, operations: list[Json], dry_run: bool) -> Json:
        """PATCH with JSON Patch (RFC 6902: add, replace, remove, test)."""
        with self.changed:
            item = patched(self.get(path), operations)
            return item if dry_run else self._store("MODIFIED", path, item)

    def delete(self, path: str, preconditions: Json) -> None:
        """DELETE with an optional uid."""
        with self.changed:
            item = self.get(path)
            if preconditions.get("uid", item["metadata"]["uid"]) != item["metadata"]["uid"]:
                raise Refusal(409, "Conflict", "the UID in the precondition does not match")
            version = item["metadata"]["resourceVersion"]
            if preconditions.get("resourceVersion", version) != version:
                raise Refusal(409, "Conflict", "the ResourceVersion in the precondition does not match")
            self.version += 1
            item["metadata"]["resourceVersion"] = str(self.version)
            del self.kept[path]
            self._tell("DELETED", path, item)

    def _store(self, kind: str, path: str, item: Json) -> Json:
        self.version += 1
        fresh = copy.deepcopy(item)
        before = self.kept.get(path, {}).get("metadata", {})
        uid = before.get("uid") or f"uid-{self.version}"
        fresh["metadata"] = {**fresh["metadata"], "resourceVersion": str(self.version), "uid": uid}
        self.kept[path] = fresh
        self._tell(kind, path, fresh)
        return copy.deepcopy(fresh)

    def _tell(self, kind: str, path: str, item: Json) -> None:
        event = {"type": kind, "object": copy.deepcopy(item)}
        self.events.append((self.version, path.rpartition("/")[0], event))
        self.changed.notify_all()


def patched(item: Json, operations: list[Json]) -> Json:
    """A copy of `item` after the operations of a JSON Patch."""
    fresh = copy.deepcopy(item)
    for operation in operations:
        _apply(fresh, copy.deepcopy(operation))
    return fresh


def _apply(item: Json, operation: Json) -> None:
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    place: Any = item
    for part in way:
        place = _step(place, part)
    key = int(last) if isinstance(place, list) else last
    match operation["op"]:
        case "test" if _step(place, last) != operation["value"]:
            raise Refusal(422, "Invalid", f"testing value {operation['path']} failed")
        case "replace":
            _step(place, last)
            place[key] = operation["value"]
        case "add" if isinstance(place, list):
            place.insert(int(last), operation["value"])
        case "add":
            place[key] = operation["value"]
        case "remove":
            del place[key]


def _step(place: Any, part: str) -> Any:
    try:
        return place[int(part) if isinstance(place, list) else part]
    except (KeyError, IndexError, TypeError, ValueError) as missing:
        raise Refusal(422, "Invalid", f"nothing at {part}") from missing
