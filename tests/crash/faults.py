"""What can happen to a request on its way to the API server and back, and to which requests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Fault(Enum):
    """One kind of trouble; `passing` ones happen once, `lasting` ones from then on to every request they fit."""

    KILL_BEFORE = "killed before it arrives"
    KILL_AFTER = "killed before the answer returns"
    CONFLICT = "409 Conflict"
    THROTTLED = "429 with Retry-After"
    ERROR = "500"
    UNAVAILABLE = "503"
    RESET = "connection reset"
    LOST = "done, then reset"
    HANG = "no answer for 60 s"
    TRUNCATED = "done, half the body"
    EXPIRED_ONCE = "401 once"
    WATCH_ENDS = "the watch ends"
    GONE = "410 Gone"
    DOWN = "503 from here on"
    SILENT = "no answer from here on"
    EXPIRED = "401 from here on"
    FORBIDDEN = "403 for this from here on"
    CANCEL = "SIGINT"
    HOLD = "held on its way"
    PAUSE = "stopped before the answer is read"
    LOOK = "looked at as it arrives"

    @property
    def lasting(self) -> bool:
        """True when it does not pass."""
        return self in (Fault.DOWN, Fault.SILENT, Fault.EXPIRED, Fault.FORBIDDEN)

    @property
    def waits(self) -> bool:
        """True when most of a trial is waiting."""
        return self in (Fault.HANG, Fault.SILENT, Fault.PAUSE)


PASSING = [
    Fault.THROTTLED,
    Fault.ERROR,
    Fault.UNAVAILABLE,
    Fault.RESET,
    Fault.HANG,
    Fault.TRUNCATED,
    Fault.EXPIRED_ONCE,
]
PASSING_OF_WRITES = [*PASSING, Fault.CONFLICT, Fault.LOST]
PASSING_OF_WATCHES = [Fault.ERROR, Fault.RESET, Fault.HANG, Fault.WATCH_ENDS, Fault.GONE]
LASTING = [Fault.DOWN, Fault.SILENT, Fault.EXPIRED, Fault.FORBIDDEN]


@dataclass(frozen=True)
class Request:
    """One request as it can be found again in another run: `kind` is method and resource, `turn` counts equal ones."""

    kind: str
    turn: int = 1

    def __str__(self) -> str:
        return self.kind if self.turn == 1 else f"{self.kind} #{self.turn}"

    @property
    def writes(self) -> bool:
        """True when the request may change something; asking for our own rules does not."""
        return self.kind.split(" ")[0] in WRITES and "selfsubject" not in self.kind

    @property
    def locks(self) -> bool:
        """True when it is about the lock."""
        return " leases" in self.kind

    @property
    def notes(self) -> bool:
        """True for a write of the record or the lock: nobody but a run of ours acts on these."""
        return self.writes and (self.locks or " configmaps" in self.kind)

    @property
    def watches(self) -> bool:
        """True for a stream that lasts."""
        return self.kind.startswith("WATCH ")

    @property
    def asks_pods(self) -> bool:
        """True for a request that goes through the API server to somebody else."""
        return self.kind.endswith("/proxy")


@dataclass(frozen=True)
class Point:
    """One thing that happens at one request."""

    request: Request
    fault: Fault

    def __str__(self) -> str:
        return f"{self.request}: {self.fault.value}"


def kind_of(method: str, path: str, watching: bool) -> str:
    """`PATCH services/shop`; the names of pods differ from run to run and are left out."""
    parts = path.strip("/").split("/")
    rest = parts[parts.index("namespaces") + 2 :] if "namespaces" in parts else parts[-1:]
    if rest and rest[0] in ("pods", "services") and len(rest) > 2:
        rest = [rest[0], *rest[2:3]]
    elif rest and rest[0] == "pods":
        rest = rest[:1]
    return f"{'WATCH' if watching else method} {'/'.join(rest)}"
