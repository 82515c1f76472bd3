"""What `pointsman checklist` fills its lists from: the evidence of readiness-check, and the release record."""

from __future__ import annotations

from pointsman.model.errors import NotPermitted
from pointsman.ports.record import RecordStore
from pointsman.steps.readiness_check import ReadinessInputs, ReadinessSite, gather, judge
from pointsman.strategy.readiness.checklist import Part, Seen, When, parts_of


def filled(site: ReadinessSite, inputs: ReadinessInputs, records: RecordStore | None, when: When) -> tuple[Part, ...]:
    """The list, filled in. Changes nothing. Raises InputError, RemoteError."""
    facts = gather(site, inputs)
    return parts_of(when, _with_record(Seen(facts, judge(site, inputs, facts).findings, None, ""), records))


def _with_record(seen: Seen, records: RecordStore | None) -> Seen:
    if records is None:
        return Seen(seen.facts, seen.findings, None, "no cluster was asked for the release record")
    try:
        record = records.load()
    except NotPermitted as refused:
        return Seen(seen.facts, seen.findings, None, refused.message)
    return Seen(seen.facts, seen.findings, record, "" if record else "no release has been recorded here yet")
