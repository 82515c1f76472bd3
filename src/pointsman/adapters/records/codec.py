"""The release record as JSON text, the same wherever it is kept: a ConfigMap, a file."""

from __future__ import annotations

from typing import Any

import msgspec

from pointsman.model.errors import ConflictError, InputError
from pointsman.model.record import Record

SCHEMA = 1


class _Envelope(msgspec.Struct):
    schema: int


def encode(record: Record) -> str:
    """`record` as JSON that a person can read, keys sorted, so that equal records are equal texts."""
    return msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1).decode()


def decode(text: str) -> Record:
    """The record in `text`.

    Raises InputError when a newer Pointsman wrote it, ConflictError when it is no record (somebody edited
    it). Whether its events follow from one another is for `model.record.broken_link` to say.
    """
    try:
        schema = msgspec.json.decode(text, type=_Envelope).schema
        if schema == SCHEMA:
            return msgspec.json.decode(text, type=Record)
    except (msgspec.MsgspecError, ValueError) as reason:
        raise _damaged(reason) from reason
    if schema < SCHEMA:
        raise _damaged(f"schema {schema}")
    raise InputError(
        f"the release record has schema {schema}, this Pointsman knows {SCHEMA}: a newer one wrote it",
        "use the newer Pointsman here as well; nothing was touched",
    )


def _damaged(reason: Any) -> ConflictError:
    return ConflictError(
        f"the release record is damaged: {reason}",
        "somebody edited it: look at it, and delete it to start a new one (what serves now stays as it is)",
    )
