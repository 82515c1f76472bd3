"""What a run remembers while it works: the record it keeps in step with the world, and the timeline it will show.

Every mutation goes through `intend`: it asks whether we may still write (cancelled? lock lost?), then writes the
intent, and only then the caller acts. A run that dies in between leaves the intent for the next one to look into.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pointsman.model.drift import OnDrift
from pointsman.model.errors import ConflictError, LockHeld, LockLost, PointsmanError
from pointsman.model.record import (
    Finished,
    Flight,
    GoodVersion,
    Intent,
    Record,
    broken_link,
    with_event,
    with_good,
    with_return_to,
)
from pointsman.model.result import Change, Moment
from pointsman.model.version import VersionState
from pointsman.ports.record import Grip
from pointsman.steps.site import Desk
from pointsman.steps.standing import standing

REWRITTEN_AT_MOST = 3


class Journal:
    """The record of one service during one run. `record` is always what is stored, or about to be; `stored` is what is,
    for all we know. No act begins before its intent is in there.

    `on_drift` says what happens when somebody else deletes or edits the record meanwhile; unless it is FAIL the
    record is written again, since it is our memory, and `lost` tells that this happened.
    """

    def __init__(self, site: Desk, on_drift: OnDrift = OnDrift.FAIL) -> None:
        self._site, self.on_drift = site, on_drift
        self._rewritten, self.lost = 0, ""
        self._barred: ConflictError | None = None
        self._started = site.clock.seconds()
        self.record = self.stored = Record(service=site.service)
        self.timeline: list[Moment] = []
        self.changes: list[Change] = []

    def open(self, grip: Grip) -> None:
        """Load the record under our lock; when an older run may still wake up, shut it out first."""
        loaded = self._site.records.load()
        if loaded is not None:
            self._check(loaded)
            self.record = self.stored = loaded
        known = max(self.record.fence, *(one.number() for one in self._site.stamps), 0)
        recorded = loaded.fence if loaded is not None else 1
        half_way = recorded < grip.number  # a takeover before us did not get to its end
        if grip.taken_over or half_way or known > grip.number or (grip.made and known > 0):
            self._shut_out_older(known)
        else:
            self.record = replace(self.record, fence=grip.number)

    def _shut_out_older(self, known: int) -> None:
        """The record moves first, then every object; the record carries the new number only when all of that is
        done, so that a run which dies in between leaves it to the next one."""
        number = self._site.lock.raise_above(known)
        gone = "a release whose run is gone" if self.record.flight else "from a run that is gone"
        self.note("take-over", f"taking over {gone}")
        self.save()
        for one in self._site.stamps:
            one.stamp()
        self.record = replace(self.record, fence=number)
        self.save()

    def say(self, text: str) -> None:
        """One line of the timeline, shown at once."""
        seconds = self._site.clock.seconds() - self._started
        self.timeline.append(Moment(self._site.clock.now(), seconds, text))
        self._site.progress.say(text)

    def changed(self, what: str, field: str, old: str, new: str) -> None:
        """Note one thing this run changed, for the report; what was put where it was already is no change."""
        if old != new:
            self.changes.append(Change(what, field, old, new))

    def begin(self, flight: Flight, act: str, detail: str, phase: str = "") -> None:
        """A release takes off: the flight and its first intent in one write."""
        self.record = replace(self.record, flight=flight)
        self._event("begin", f"{flight.action} from {flight.stable} to {flight.candidate}")
        self.intend(act, detail, phase)

    def intend(self, act: str, detail: str, phase: str = "") -> None:
        """Write down what is about to be done. Raises Cancelled, LockLost or ConflictError instead of letting it."""
        self._site.clock.checkpoint()
        self._site.lock.check()
        self.record = replace(self.record, intent=Intent(act, detail, self._site.clock.now()))
        if phase and self.record.flight:
            self.record = replace(self.record, flight=replace(self.record.flight, phase=phase))
        self._event(act, detail)
        self.save()
        # A stop or a long standstill that came while the intent was written: the act does not follow.
        self._site.clock.checkpoint()
        self._site.lock.check()
        self.say(detail)

    def note(self, kind: str, text: str) -> None:
        """Something was seen: into the audit trail and the timeline; stored with the next write."""
        self._event(kind, text)
        self.say(text)

    def fulfilled(self, kind: str, text: str) -> None:
        """The open intent was seen to have taken effect: nothing is open any more."""
        self.record = replace(self.record, intent=None)
        self.note(kind, text)
        self.save()

    def mark_reason(self, why: str) -> None:
        """Why the flight is being undone; stored with the next write, so that a run that resumes knows."""
        if self.record.flight is not None:
            self.record = replace(self.record, flight=replace(self.record.flight, reason=why))

    def amend(self, flight: Flight) -> None:
        """What is known of the flight has changed; stored with the next write."""
        if self.record.flight is not None:
            self.record = replace(self.record, flight=flight)

    def good(self, state: VersionState) -> None:
        """`state` serves and was verified."""
        version = GoodVersion(
            0,
            state.name,
            dict(state.images),
            dict(state.digests),
            state.revision,
            self._site.clock.now(),
            self._site.run,
        )
        self.record = with_good(self.record, version)

    def returned_to(self, version: GoodVersion) -> None:
        """Users are back on `version`."""
        self.record = with_return_to(self.record, version)

    def finish(self, outcome: str, left: int, why: str) -> None:
        """The release is over: no flight, no intent. Raises LockLost where this run was stopped before it heard so:
        somebody may have undone it meanwhile, and then what it came to must not be reported."""
        flight = self.record.flight
        ended = Finished(flight.release if flight else "", outcome, left, self._site.clock.now())
        self._event("end", f"{outcome}: {why}")
        self.record = replace(self.record, flight=None, intent=None, last=ended)
        self.save()
        self._site.lock.check()

    def save(self) -> None:
        """Store the record by compare-and-swap. Raises ConflictError when somebody else wrote or deleted it."""
        if self._barred is not None:
            raise self._barred
        try:
            self._site.records.save(self.record)
            self.stored = self.record
        except (LockHeld, LockLost):
            raise
        except ConflictError as conflict:
            self._write_again(conflict)

    def _write_again(self, conflict: ConflictError) -> None:
        self._site.lock.check()
        self._rewritten += 1
        if self.on_drift is OnDrift.FAIL or self._rewritten > REWRITTEN_AT_MOST or self._is_of_a_newer_run():
            self._barred = conflict
            raise conflict
        self.lost = f"{conflict.message}; it is written again"
        self.note("drift", self.lost)
        self.save()

    def _is_of_a_newer_run(self) -> bool:
        """Look at what stands there now, which is also what the next save replaces; what cannot be read is no run's."""
        try:
            found = self._site.records.load()
        except ConflictError:
            return False
        return found is not None and found.fence > self.record.fence

    def _event(self, kind: str, text: str) -> None:
        self.record = with_event(self.record, kind, text, self._site.clock.now(), self._site.run)

    def _check(self, record: Record) -> None:
        if record.schema > 1:
            raise ConflictError(
                f"the release record of {record.service} was written by a newer Pointsman",
                "use that version here too",
            )
        broken = broken_link(record)
        if broken is not None:
            self.say(
                f"the audit trail was edited at {broken.at}: the event {broken.kind!r} does not fit the one before"
            )


@contextmanager
def locked(site: Desk, journal: Journal, wait: float, supersede: bool = False) -> Iterator[None]:
    """The lock of the service held and the record open; the lock is given back whatever happens."""
    grip = site.lock.acquire(wait, supersede)
    try:
        journal.open(grip)
        yield
    except PointsmanError as cut_short:
        cut_short.standing = standing(journal.stored)
        raise
    finally:
        site.lock.release()
