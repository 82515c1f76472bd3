"""dead-man: guards one release from inside the cluster, and undoes it when the run that flies it is gone.

It waits for as long as the lock is renewed, ends when the release does, and acts only under the lock, by the
ordinary takeover: so it can never work against a live run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pointsman.model.errors import ConflictError, LockHeld, PointsmanError, RemoteError
from pointsman.model.record import Flight
from pointsman.model.result import Outcome, Result
from pointsman.ports.clock import Clock
from pointsman.ports.guard import LockWatch
from pointsman.ports.progress import Progress
from pointsman.ports.record import RecordStore
from pointsman.steps.rollback import RollbackInputs, undo
from pointsman.steps.site import Routed
from pointsman.strategy.dead_man import Over, Pulse, Seen, TakeOver, Wait, decide

STEP = "dead-man"
_HEARTBEAT = 5.0
_TRIES, _BETWEEN_TRIES = 5, 15.0


@dataclass(frozen=True, kw_only=True)
class Vigil:
    """What the guard reaches while it waits; `site` makes the ports with which it acts, when it has to."""

    service: str
    records: RecordStore
    lock: LockWatch
    clock: Clock
    progress: Progress
    site: Callable[[], Routed]


@dataclass(frozen=True)
class DeadManInputs:
    """`release` is the one to guard (empty: the one in flight at the start), `timeout` seconds for undoing it."""

    timeout: float
    release: str = ""


def run(vigil: Vigil, inputs: DeadManInputs) -> Result:
    """Guard the release to its end. Raises what stood in the way of undoing it, after several tries."""
    return _Guard(vigil, inputs).stand()


class _Guard:
    def __init__(self, vigil: Vigil, inputs: DeadManInputs) -> None:
        self._vigil, self._timeout = vigil, inputs.timeout
        self._flight = self._load()
        self._release = inputs.release or (self._flight.release if self._flight else "")
        self._tries, self._said = 0, ""

    def stand(self) -> Result:
        """Look and act until it is over."""
        while True:
            result = self._turn()
            if result is not None:
                return result

    def _turn(self) -> Result | None:
        try:
            decision = decide(self._look())
        except RemoteError as lost:
            decision = Wait(f"the cluster does not answer: {lost.message}")
        match decision:
            case Over(why):
                return Result(STEP, self._vigil.service, Outcome.UNCHANGED, f"nothing to guard: {why}")
            case Wait(why):
                self._say(why)
                self._pause()
                return None
            case TakeOver(why):
                self._say(why)
                return self._undo(why)

    def _look(self) -> Seen:
        pulse = self._vigil.lock.pulse()
        if pulse is not Pulse.LIVE:
            self._flight = self._load()
        flight = self._flight
        # A try of ours that failed gave the lock back: that is no run that ended on purpose.
        undoing = flight is not None and (flight.phase == "undoing" or self._tries > 0)
        return Seen(self._release, flight.release if flight else "", pulse, undoing)

    def _undo(self, why: str) -> Result | None:
        """Undo the release; None when it is not to be, or not yet."""
        inputs = RollbackInputs(self._timeout, 0.0, reason=f"dead-man switch: {why}")
        try:
            return replace(undo(self._vigil.site(), inputs, self._release), step=STEP)
        except LockHeld as held:
            self._say(held.message)
        except (RemoteError, ConflictError) as lost:
            self._count(lost)
        return None

    def _count(self, lost: PointsmanError) -> None:
        self._tries += 1
        if self._tries >= _TRIES:
            raise lost
        self._say(f"try {self._tries} of {_TRIES} failed: {lost.message}")
        self._vigil.clock.sleep(_BETWEEN_TRIES)

    def _pause(self) -> None:
        if not self._vigil.lock.wait(_HEARTBEAT):
            return
        try:
            self._flight = self._load()
        except RemoteError as lost:
            self._say(f"the record cannot be read: {lost.message}")

    def _load(self) -> Flight | None:
        """The release in flight; a rollback in flight is for `rollback` to finish."""
        record = self._vigil.records.load()
        flight = record.flight if record else None
        return flight if flight is not None and flight.action != "rollback" else None

    def _say(self, text: str) -> None:
        if text != self._said:
            self._vigil.progress.say(text)
        self._said = text
