"""Keeping an eye on what a flight has written: what should stand, who changed it, how often it was written again.

`strategy/drift.py` says what is drift and what follows from it; `colours.py` asks at every look, `colour_acts.py`
tells what it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pointsman.model.drift import Drift, Field, Writer
from pointsman.model.errors import ConflictError
from pointsman.model.record import Flight, Intent
from pointsman.ports.writers import KnowsWriters
from pointsman.steps.journal import Journal
from pointsman.steps.site import Routed
from pointsman.strategy.drift import Expected, Seen, drifts_of, expected_of

US = "pointsman"
Expectation = Callable[[Flight, Intent | None, bool], Expected]


class Vigil:
    """What one flight expects to find; `expectation` says what that is at its start. `times` counts what was written
    again."""

    def __init__(self, site: Routed, journal: Journal, flight: Flight, expectation: Expectation = expected_of) -> None:
        self._site, self._journal, self._flight = site, journal, flight
        self.expected = expectation(flight, journal.record.intent, journal.record.flight is not None)
        self.times = 0

    def users_on(self, weight: int) -> None:
        """So many percent of the users were sent to the candidate."""
        self.expected = replace(self.expected, weight=weight)

    def prepared(self, images: Mapping[str, str], instances: int) -> None:
        """The candidate was given these images and at least this many instances."""
        self.expected = replace(self.expected, candidate_images=dict(images), candidate_instances=instances)

    def retired(self) -> None:
        """What becomes of stable is no longer as it was."""
        self.expected = replace(self.expected, stable_images={}, stable_instances=0)

    def turned_round(self) -> None:
        """On the way back nothing is expected of the candidate."""
        self.expected = replace(self.expected, candidate_images={}, candidate_instances=0)

    def drifts(self, seen: Seen) -> tuple[Drift, ...]:
        """What is not as it was written, the gravest first."""
        names = (self._flight.stable, self._flight.candidate)
        autoscaled = {name for name in names if self.autoscaled(name)}
        return drifts_of(self.expected, seen, autoscaled)

    def autoscaled(self, name: str) -> bool:
        """True when an autoscaler set the number of instances of `name` last."""
        return self._writer(name, Field.INSTANCES).autoscaler

    def sentence(self, drifts: tuple[Drift, ...]) -> str:
        """Who changed what, from which value to which, in the platform's own words where it has some."""
        return "; ".join(self._told(drift) for drift in drifts)

    def conflict(self, drifts: tuple[Drift, ...], fought: bool) -> ConflictError:
        """The error that ends a run which does not go on against somebody else."""
        if fought:
            return ConflictError(
                f"two writers fight, it was written again {self.times} times: {self.sentence(drifts)}",
                "stop the other one from writing this field during a release; then run again, or `pointsman rollback`",
            )
        return ConflictError(
            f"{self.sentence(drifts)} while this release was under way",
            "see who wants what; then run again with --on-drift reassert to go on, or --on-drift abort (or `pointsman "
            "rollback`) to undo",
        )

    def _told(self, drift: Drift) -> str:
        writer = self._writer(drift.what, drift.field)
        who = "an admission webhook, in our own write," if writer.manager == US else writer.manager or "somebody"
        if drift.field is Field.EXISTENCE:
            return f"{writer.field} was deleted by {who}"
        return f"{writer.field} was changed by {who} from {drift.wanted} to {drift.found}"

    def _writer(self, name: str, field: Field) -> Writer:
        port = self._site.router if field is Field.ROUTE else self._site.workload
        if isinstance(port, KnowsWriters):
            return port.writer(name, field)
        plain = {
            Field.ROUTE: f"the route of {self._site.service}",
            Field.IMAGE: f"the image of {name}",
            Field.INSTANCES: f"the number of instances of {name}",
            Field.EXISTENCE: name,
        }
        return Writer("", plain[field])
