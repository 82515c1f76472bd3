"""What a judge remembers, as text for the release record."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from pointsman.model.errors import InputError

T = TypeVar("T")


def kept(memory: object) -> str:
    """`memory`, a frozen dataclass, as JSON."""
    return msgspec.json.encode(memory).decode()


def remembered(state: str, kind: type[T]) -> T:
    """The memory in `state`. Raises InputError for one of another mode, or of another version of Pointsman."""
    try:
        return msgspec.json.decode(state, type=kind)
    except msgspec.MsgspecError as reason:
        raise InputError(
            f"what the judge of the release under way remembers cannot be read: {reason}",
            "go on with the same --mode and the same Pointsman, or undo the release first: pointsman rollback",
        ) from reason
