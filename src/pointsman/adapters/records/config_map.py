"""The release record as a ConfigMap `pointsman-<service>` beside the service.

Reads and writes: configmaps (get, create, update). Written with the resourceVersion that was read, so a stale
writer loses; a retried write that meets its own first try is recognised by its content.
"""

from __future__ import annotations

from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import last_writer
from pointsman.adapters.kube.kinds import CONFIG_MAP
from pointsman.adapters.records.codec import decode, encode
from pointsman.model.errors import ConflictError
from pointsman.model.record import Record

_KEY = "record.json"
_TRIES = 4


class ConfigMapRecord:
    """The record of one service."""

    def __init__(self, api: KubeApi, service: str) -> None:
        self._api, self._name, self._service = api, f"pointsman-{service}", service
        self._seen: Json | None = None

    def load(self) -> Record | None:
        """The record as it stands; None when there is none."""
        self._seen = self._api.get(CONFIG_MAP, self._name)
        text = (self._seen or {}).get("data", {}).get(_KEY)
        return decode(text) if text else None

    def save(self, record: Record) -> None:
        """Replace what was loaded or saved last."""
        body = self._body(encode(record))
        for _ in range(_TRIES):
            try:
                self._seen = self._write(body)
                return
            except ApiStatus as status:
                if status.code not in (404, 409):
                    raise
                found = self._api.get(CONFIG_MAP, self._name)
                if found is not None and found.get("data") == body["data"]:
                    self._seen = found
                    return
                if _version(found) != _version(self._seen):
                    raise self._changed(found) from status
        raise ConflictError(f"the release record {self._name} is refused although nobody changed it", "run again")

    def _write(self, body: Json) -> Json:
        if self._seen is None:
            return self._api.create(CONFIG_MAP, body)
        return self._api.replace(CONFIG_MAP, self._name, body)

    def _changed(self, found: Json | None) -> ConflictError:
        writer = last_writer(found) if found else "somebody who deleted it"
        return ConflictError(
            f"the release record {self._name} was changed by {writer} meanwhile",
            "another run has taken over; look with `pointsman status`, then run again",
        )

    def _body(self, text: str) -> Json:
        metadata: Json = {"name": self._name, "namespace": self._api.namespace}
        if self._seen is None:
            metadata["labels"] = {
                "app.kubernetes.io/managed-by": "pointsman",
                "pointsman.dev/service": self._service,
            }
        else:
            kept = ("labels", "annotations", "resourceVersion", "ownerReferences", "finalizers")
            metadata |= {key: self._seen["metadata"][key] for key in kept if key in self._seen["metadata"]}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {_KEY: text}}


def _version(item: Json | None) -> str:
    return str(item["metadata"]["resourceVersion"]) if item else ""
