"""What a canary waits for and looks at: readiness, the effect of a write, and the judge's word.

Nothing of the service is changed here; `canary_acts.py` does that. What was found out goes into the record.
"""

from __future__ import annotations

from dataclasses import replace

from pointsman.model.evidence import Check, Verdict
from pointsman.model.record import Reached
from pointsman.model.split import Split
from pointsman.steps.canary_sight import Sight
from pointsman.steps.journal import Journal
from pointsman.steps.site import Routed
from pointsman.strategy.canary_seen import Seen

_HEARTBEAT = 3.0  # a newer run that asks us to give way is seen as soon
_REMEMBER_EVERY = 30.0  # a killed run loses as much of what its judge has heard


class Watch:
    """The patience of one flight."""

    def __init__(self, site: Routed, journal: Journal, sight: Sight) -> None:
        self._site, self._journal, self._sight = site, journal, sight
        self._remembered = site.clock.seconds()

    def wait(self, why: str) -> None:
        """Wait for a change, at most for a heartbeat, or until the next look is due."""
        self._sight.waiting(why)
        self._pause(*self._sight.left())

    def confirm(self, weight: int) -> None:
        """Look whether the last write has taken effect; wait a moment when it has not."""
        sight = self._sight
        sight.effect = effect = self._site.router.settled(self._split(weight))
        if effect.reached:
            self._journal.fulfilled("effect", effect.detail)
            sight.in_effect(effect, weight)
            return
        sight.waiting(effect.detail)
        self._site.workload.wait(0.1 if effect.level else 0.5)

    def bake(self, why: str, seen: Seen) -> None:
        """Let the judge look on; go back to confirming when the effect is lost."""
        bake = self._sight.plan.bake(seen.weight)
        ends = bake + self._sight.plan.patience
        self._site.progress.waiting(why, seen.baked, ends)
        effect = self._site.router.settled(self._split(seen.weight))
        if not effect.reached:
            self._sight.effect = effect
            self._sight.enter(f"effect {seen.weight} lost at {seen.baked:.0f}")
            return
        self._remember()
        self._pause(bake - seen.baked + 0.01, ends - seen.baked + 0.01)

    def ask_candidate(self, why: str, seen: Seen) -> None:
        """Ask the candidate directly, before users come."""
        self._journal.note("check", why)
        self._sight.asking.candidate(seen.candidate.ready if seen.candidate else 0)

    def ask_stable(self, why: str, seen: Seen) -> None:
        """Ask stable directly, before users return."""
        self._journal.note("check", why)
        self._sight.asking.stable(seen.stable.ready if seen.stable else 0)

    def accept(self, weight: int, why: str, seen: Seen) -> None:
        """The weight may be left upwards: that is written down, with what it rests on."""
        sight, flight = self._sight, self._sight.flight
        verdict = seen.verdict.value if seen.verdict else "none"
        reached = Reached(weight, verdict, why, self._site.clock.now())
        self._journal.amend(replace(flight, reached=(*flight.reached, reached), judge=sight.judge_state()))
        if sight.judging:
            sight.judging.accept()
        self._journal.note("accept", f"{weight} % is accepted: {why}")
        self._journal.save()
        passed = Verdict.PASS if seen.verdict is Verdict.PASS else Verdict.INCONCLUSIVE
        sight.checks.append(Check(f"{flight.candidate} at {weight} %", passed, why))
        sight.enter(f"accepted {weight}")

    def note_refusal(self, why: str) -> None:
        """The closing line of the evidence of a refused candidate."""
        self._sight.checks.append(Check(f"{self._sight.flight.candidate} is good enough", Verdict.FAIL, why))

    def _split(self, weight: int) -> Split:
        return Split(self._sight.flight.stable, self._sight.flight.candidate, weight)

    def _pause(self, *limits: float) -> None:
        """Until something changes, a look is due, or the first of the limits that still lie ahead."""
        judging = self._sight.judging
        ahead = [limit for limit in (*limits, judging.left() if judging else 0.0) if limit > 0]
        self._site.workload.wait(max(min([_HEARTBEAT, *ahead]), 0.05))

    def _remember(self) -> None:
        """What the judge knows goes into the record every now and then, for the run that goes on with this release."""
        now = self._site.clock.seconds()
        if now - self._remembered >= _REMEMBER_EVERY:
            self._remembered = now
            self._journal.amend(replace(self._sight.flight, judge=self._sight.judge_state()))
            self._journal.save()
