"""The release record of a local service, in one file: `records/<service>.json` in the service's folder.

The file holds a version number beside the record. A save compares that number, under a file lock, with the
one it loaded, and replaces the file by rename: of two writers who loaded the same record, the second is
refused.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from pointsman.adapters.local.files import locked, replace_file, text_of
from pointsman.adapters.records.codec import decode, encode
from pointsman.model.errors import ConflictError
from pointsman.model.record import Record


class _Kept(msgspec.Struct):
    version: int
    record: msgspec.Raw


class FileRecord:
    """The record kept at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loaded = 0

    def load(self) -> Record | None:
        """The record as it stands; None when there is none. Raises ConflictError when the file is damaged."""
        kept = self._kept()
        self._loaded = kept.version if kept else 0
        return decode(bytes(kept.record).decode()) if kept else None

    def save(self, record: Record) -> None:
        """Replace what was loaded (or saved) last. Raises ConflictError when somebody wrote in between."""
        with locked(self._path.with_suffix(".lock")):
            kept = self._kept()
            standing = kept.version if kept else 0
            if standing != self._loaded:
                raise ConflictError(
                    f"the release record was written by somebody else: version {standing}, we know {self._loaded}",
                    "run the same command again: it starts from what is recorded now",
                )
            replace_file(self._path, f'{{"version": {standing + 1}, "record": {encode(record)}}}\n')
            self._loaded = standing + 1

    def _kept(self) -> _Kept | None:
        text = text_of(self._path)
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=_Kept)
        except msgspec.MsgspecError as reason:
            raise ConflictError(
                f"{self._path} is no release record: {reason}", "somebody edited it: delete it to start anew"
            ) from reason
