"""What adapter and supervisor tell each other about one version, as files."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from pointsman.adapters.local.files import replace_file, text_of
from pointsman.adapters.local.layout import VersionFiles
from pointsman.model.errors import RemoteError

T = TypeVar("T")

STARTING, READY, UNREADY, LEAVING, ENDING = "starting", "ready", "unready", "leaving", "ending"


class Desired(msgspec.Struct, frozen=True):
    """What a version should be. `generation` rises with every change, `template` names image and command."""

    image: str
    command: tuple[str, ...]
    template: str
    instances: int
    generation: int
    removed: bool = False


class Instance(msgspec.Struct, frozen=True):
    """One process. `mark` is its start time, so that another process with the same `pid` is not mistaken
    for it; `phase` runs from starting over ready and unready to leaving (no new requests) and ending
    (asked to stop)."""

    name: str
    port: int
    pid: int
    mark: str
    template: str
    phase: str = STARTING

    @property
    def going(self) -> bool:
        """True when it is on its way out."""
        return self.phase in (LEAVING, ENDING)


class Trouble(msgspec.Struct, frozen=True):
    """Why waiting will not help."""

    reason: str
    instance: str
    message: str


class State(msgspec.Struct, frozen=True):
    """What a version is. `started` counts the instances ever started, `restarts` those of the current
    template that had to be started again; `events` are the last things that happened, oldest first."""

    generation: int = 0
    started: int = 0
    restarts: int = 0
    instances: tuple[Instance, ...] = ()
    trouble: Trouble | None = None
    events: tuple[str, ...] = ()


def read_desired(files: VersionFiles) -> Desired | None:
    """What the version should be; None when it does not exist."""
    text = text_of(files.desired)
    return None if text is None else _decoded(text, Desired, files)


def read_state(files: VersionFiles) -> State:
    """What the version was when its supervisor last looked."""
    text = text_of(files.state)
    return State() if text is None else _decoded(text, State, files)


def write_desired(files: VersionFiles, desired: Desired) -> None:
    """To be called under the lock `files.writing`."""
    replace_file(files.desired, msgspec.json.encode(desired).decode())


def write_state(files: VersionFiles, state: State) -> None:
    """To be called by the supervisor alone."""
    replace_file(files.state, msgspec.json.encode(state).decode())


def _decoded(text: str, kind: type[T], files: VersionFiles) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as reason:
        raise RemoteError(
            f"the state in {files.path} is damaged: {reason}", "remove that folder and run again"
        ) from reason
