"""What one canary sees: both versions, the split, the effect, and how long each thing has lasted.

`canary_acts.py` changes things and tells it so; `canary_watch.py` waits and looks on; the strategy gets `Sight.seen`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from pointsman.model.evidence import Check, Effect, Verdict
from pointsman.model.record import Flight
from pointsman.model.split import Match
from pointsman.model.version import VersionState, snapshot_of
from pointsman.ports.router import MatchesRequests
from pointsman.steps.canary_asking import Asking
from pointsman.steps.journal import Journal
from pointsman.steps.judging import Judging
from pointsman.steps.probing import Soak
from pointsman.steps.site import Routed
from pointsman.steps.vigil import Vigil
from pointsman.strategy.canary_drift import expected_of
from pointsman.strategy.canary_seen import CANARY, Leftover, Phase, Plan, Seen, needed_for
from pointsman.strategy.capacity import whole_of

_NEAR = 5  # percentage points by which a share that instances make may miss its weight


class Sight:
    """The eyes of one flight. `checks` grows into the evidence table; without `judging` nothing is measured.

    `effect` is how far the last write of the route has come (None: not looked), `asked` the instances last asked for,
    `shifted` whether this run has written a weight, `clearing` whether the candidate was told to go.
    """

    def __init__(self, site: Routed, journal: Journal, flight: Flight, plan: Plan, judging: Judging | None) -> None:
        self._site, self._journal, self.begun, self.plan, self.judging = site, journal, flight, plan, judging
        self._soak, self._stable_soak = Soak(site.clock, plan.soak), Soak(site.clock, plan.soak)
        self.effect: Effect | None = None
        self.asked = 0
        self.shifted = self.clearing = self._homeward = False
        self._drained_since = site.clock.seconds()
        self._stage, self._timeout, self._deadline = "", plan.timeout, site.clock.seconds() + plan.timeout
        self.checks: list[Check] = []
        self.asking = Asking(site, flight, self.checks)
        self.vigil = Vigil(site, journal, flight, expected_of)
        if plan.by_instances:
            self.vigil.expected = replace(self.vigil.expected, candidate_instances=0)

    @property
    def flight(self) -> Flight:
        """The flight as the record has it now."""
        return self._journal.record.flight or self.begun

    @property
    def open_act(self) -> str:
        """The act that the record says was about to happen; empty when none was."""
        intent = self._journal.record.intent
        return intent.act if intent else ""

    def meant(self, percent: int, candidate: VersionState | None) -> int:
        """The weight that `percent`, as it was read, stands for. Where requests follow instances it is only near the
        one that was written, and not even that while they come up, or while stable's are replaced; whether it is there
        is for the effect to say. On the way back, instances that are not ready yet count: users will meet them."""
        written = self.flight.weight
        if not self.plan.by_instances:
            return percent
        if self.shifted or (Phase(self.flight.phase).proven and not self._homeward):
            return written
        if self._homeward and candidate is not None and candidate.desired > 0:
            return written or max(percent, 1)
        return written if written and abs(percent - written) <= _NEAR else percent

    def seen(
        self, stable: VersionState | None, candidate: VersionState | None, weight: int | None, coming: int
    ) -> Seen:
        """What was observed, with the evidence so far; `coming` is the weight that is being made ready for."""
        flight, whole = self.flight, whole_of(stable, self.flight.needed)
        autoscaled = self.vigil.autoscaled(flight.stable)
        seen = Seen(
            stable=stable,
            candidate=candidate,
            wanted=flight.images,
            whole=whole,
            weight=weight or 0,
            phase=Phase(flight.phase),
            effect=self.effect,
            health=self.asking.health,
            accepted=any(one.weight == weight for one in flight.reached),
            asked=self.asked,
            stable_soaked=self._stable_soak.seconds_of(stable, 1 if autoscaled else whole),
            stable_health=self.asking.stable_health,
            drained=self._drained(),
            clearing=self.clearing,
            cleared=self._cleared(candidate),
            late=self._site.clock.seconds() > self._deadline,
            stable_differs=stable is not None and dict(stable.images) != dict(flight.stable_images),
            touched=bool(flight.reached),
            superseded=self._superseded(),
            astray=weight is None,
            testers=self._testers(),
            autoscaled=autoscaled,
        )
        soaked = self._soak.seconds_of(candidate, needed_for(coming, seen, self.plan))
        return self._judged(replace(seen, soaked=soaked))

    def turn_round(self, seconds: float) -> None:
        """From here on we fly back, with one deadline for all of it."""
        self._deadline, self._timeout, self._homeward = self._site.clock.seconds() + seconds, seconds, True
        never_left = self._never_left()
        self.effect = Effect(True, 1, "users never left stable") if never_left else None
        self._drained_since = -math.inf if never_left else self._site.clock.seconds()
        self.clearing = False
        self.vigil.turned_round()
        self.vigil.retired()

    def enter(self, stage: str) -> None:
        """Something new is being waited for; its time begins now. The same thing again gets no new time, and the way
        back has one time for all."""
        if stage != self._stage and not self._homeward:
            self._stage, self._deadline = stage, self._site.clock.seconds() + self._timeout

    def left(self) -> list[float]:
        """Seconds until something that is waited for may be over, the deadline first; what is over is below 0."""
        drain = self.plan.drain - self._drained() + 0.01
        return [self.until_late() + 0.05, drain, self._soak.left(), self._stable_soak.left()]

    def until_late(self) -> float:
        """Seconds until the time for what is being waited for is over."""
        return self._deadline - self._site.clock.seconds()

    def waiting(self, what: str) -> None:
        """Tell what is being waited for."""
        self._site.progress.waiting(what, max(self._timeout - self.until_late(), 0.0), self._timeout)

    def in_effect(self, effect: Effect, weight: int) -> None:
        """The written weight was seen to be served."""
        self.checks.append(_followed(effect, weight, self.flight.candidate))
        self.vigil.users_on(weight)
        self._drained_since = self._site.clock.seconds()
        if self.judging:
            self.judging.walk.arrived(weight)
        if self.judging and weight:
            self.judging.begin(weight)
        self.enter(f"after {weight}")

    def begin_anew(self) -> None:
        """What was known of the candidate is of another time: it is made ready, asked and judged again."""
        self.asking.forget()
        self.asked = 0
        if self.judging:
            self.judging.begin_anew()

    def judge_state(self) -> str:
        """What the judge of a later run goes on with."""
        return self.judging.state() if self.judging else self.flight.judge

    def _judged(self, seen: Seen) -> Seen:
        judging = self.judging
        if judging is None:
            return seen
        if seen.weight and seen.in_effect and not self._homeward:
            judging.begin(seen.weight)
            judging.look_if_due()
        return replace(seen, baked=judging.baked, verdict=judging.verdict, judged=judging.why, quiet=judging.quiet)

    def _never_left(self) -> bool:
        sent = self.shifted or self.vigil.expected.weight or self.open_act == "shift"
        return self.flight.phase == Phase.PREPARING.value and not sent

    def _superseded(self) -> str:
        """Only a release gives way to a newer one: a rollback is what puts things right."""
        return self._site.lock.superseded() if self.flight.action == CANARY else ""

    def _testers(self) -> Match | None:
        router = self._site.router
        return router.matched() if isinstance(router, MatchesRequests) else None

    def _drained(self) -> float:
        return self._site.clock.seconds() - self._drained_since

    def _cleared(self, candidate: VersionState | None) -> bool:
        """Read back, never assumed: a removal that was accepted is not yet one that happened."""
        before = self.flight.before
        if self.plan.leftover is Leftover.SCALE_DOWN and not self._homeward:
            return candidate is None or (candidate.desired == 0 and candidate.ready == 0)
        if candidate is None or not before.existed:
            return snapshot_of(candidate).existed == before.existed
        return dict(candidate.images) == dict(before.images) and candidate.desired == before.desired


def _followed(effect: Effect, weight: int, candidate: str) -> Check:
    how = "observed" if effect.level >= 3 else f"accepted (level {effect.level}), not observed with requests"
    return Check(f"{weight} % of the requests reach {candidate}", Verdict.PASS, f"{how}: {effect.detail}")
