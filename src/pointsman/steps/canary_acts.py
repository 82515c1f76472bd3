"""What a canary does, one method per decision, and the evidence it gathers on the way.

Every mutation is announced through the journal before it is made. `canary_flight.py` decides when to call what.
"""

from __future__ import annotations

import math
from dataclasses import replace

from pointsman.model.errors import InputError
from pointsman.model.evidence import Check, Effect, Verdict
from pointsman.model.record import Flight, Reached
from pointsman.model.split import Match, Split
from pointsman.model.version import VersionState, snapshot_of
from pointsman.ports.router import MatchesRequests, Withdraws
from pointsman.steps.canary_asking import Asking
from pointsman.steps.colour_acts import listed
from pointsman.steps.guarding import post_dead_man
from pointsman.steps.journal import Journal
from pointsman.steps.judging import Judging
from pointsman.steps.probing import Soak
from pointsman.steps.site import Routed
from pointsman.steps.vigil import Vigil
from pointsman.strategy.canary_drift import expected_of
from pointsman.strategy.canary_seen import Leftover, Phase, Plan, Seen, needed_for
from pointsman.strategy.capacity import whole_of

_HEARTBEAT = 3.0  # a newer run that asks us to give way is seen as soon
_NEAR = 5  # percentage points by which a share that instances make may miss its weight
_REMEMBER_EVERY = 30.0  # a killed run loses as much of what its judge has heard


class Acts:
    """The hands of one flight. `checks` grows into the evidence table; without `judging` it can only fly back."""

    def __init__(self, site: Routed, journal: Journal, flight: Flight, plan: Plan, judging: Judging | None) -> None:
        self._site, self._journal, self._begun, self._plan, self._judging = site, journal, flight, plan, judging
        self._soak, self._stable_soak = Soak(site.clock, plan.soak), Soak(site.clock, plan.soak)
        self._effect: Effect | None = None
        self._asked = 0
        self._drained_since = self._site.clock.seconds()
        self._remembered = site.clock.seconds()
        self._shifted_here = self._clearing = self._homeward = False
        self._stage, self._timeout = "", plan.timeout
        self._deadline = site.clock.seconds() + plan.timeout
        self.checks: list[Check] = []
        self.asking = Asking(site, flight, self.checks)
        self.vigil = Vigil(site, journal, flight, expected_of)
        if plan.by_instances:
            self.vigil.expected = replace(self.vigil.expected, candidate_instances=0)

    @property
    def flight(self) -> Flight:
        """The flight as the record has it now."""
        return self._journal.record.flight or self._begun

    def meant(self, percent: int) -> int:
        """The weight that `percent`, as it was read, stands for. Where requests follow instances it is only near the
        one that was written, and not even that while they come up, or while stable's are replaced; whether it is there
        is for the effect to say."""
        written = self.flight.weight
        if not self._plan.by_instances:
            return percent
        moving = self._shifted_here or (Phase(self.flight.phase).proven and not self._homeward)
        return written if moving or (written and abs(percent - written) <= _NEAR) else percent

    def seen(
        self, stable: VersionState | None, candidate: VersionState | None, weight: int | None, coming: int
    ) -> Seen:
        """What was observed, with the evidence so far; `coming` is the weight that is being made ready for."""
        flight, whole = self.flight, whole_of(stable, self.flight.needed)
        self._hear(weight)
        judging = self._judging
        seen = Seen(
            stable=stable,
            candidate=candidate,
            wanted=flight.images,
            whole=whole,
            weight=weight or 0,
            phase=Phase(flight.phase),
            effect=self._effect,
            health=self.asking.health,
            accepted=any(one.weight == weight for one in flight.reached),
            baked=judging.baked if judging else 0.0,
            verdict=judging.verdict if judging else None,
            judged=judging.why if judging else "",
            quiet=judging.quiet if judging else False,
            asked=self._asked,
            stable_soaked=self._stable_soak.seconds_of(stable, whole),
            stable_health=self.asking.stable_health,
            drained=self._drained(),
            clearing=self._clearing,
            cleared=self._cleared(candidate),
            late=self._site.clock.seconds() > self._deadline,
            stable_differs=stable is not None and dict(stable.images) != dict(flight.stable_images),
            touched=bool(flight.reached),
            superseded=self._site.lock.superseded(),
            astray=weight is None,
            testers=self._testers(),
        )
        return replace(seen, soaked=self._soak.seconds_of(candidate, needed_for(coming, seen, self._plan)))

    def turn_round(self, seconds: float) -> None:
        """From here on we fly back, with one deadline for all of it."""
        self._deadline, self._timeout, self._homeward = self._site.clock.seconds() + seconds, seconds, True
        flight = self.flight
        never_left = flight.phase == Phase.PREPARING.value and not self._shifted_here and not self.vigil.expected.weight
        never_left = never_left and self._journal_open_act() != "shift"
        self._effect = Effect(True, 1, "users never left stable") if never_left else None
        self._drained_since = -math.inf if never_left else self._site.clock.seconds()
        self._clearing = False
        self.vigil.turned_round()
        self.vigil.retired()

    def prepare(self, why: str, seen: Seen, coming: int) -> None:
        """Put the wanted images on the candidate, with the instances that the first weight needs."""
        flight, needed = self.flight, needed_for(coming, seen, self._plan)
        self._announce("prepare", f"{why}: putting {listed(flight.images)} on {flight.candidate}")
        self._site.workload.release(flight.candidate, flight.images, needed, flight.stable)
        self._asked = needed
        self.vigil.prepared(flight.images, max(needed, seen.candidate.desired if seen.candidate else 0))
        self._note_images(flight.candidate, seen.candidate)
        self._enter(f"capacity {coming}")

    def scale(self, weight: int, instances: int, why: str, seen: Seen) -> None:
        """Give the candidate the instances that the next weight needs."""
        flight = self.flight
        self._announce("scale", f"{why}: {flight.candidate} to {instances}")
        self._site.workload.scale(flight.candidate, instances)
        self._asked = instances
        self.vigil.prepared(flight.images, instances)
        old = str(seen.candidate.desired) if seen.candidate else "0"
        self._journal.changed(flight.candidate, "instances", old, str(instances))
        self._enter(f"capacity {weight}")

    def wait(self, why: str) -> None:
        """Wait for a change, at most for a heartbeat, or until the next look is due."""
        left = self._waiting(why) + 0.05
        drain = self._plan.drain - self._drained() + 0.01
        self._pause(left, drain, self._soak.left(), self._stable_soak.left())

    def _pause(self, *limits: float) -> None:
        """Until something changes, a look is due, or the first of the limits that still lie ahead."""
        due = self._judging.left() if self._judging else 0.0
        ahead = [limit for limit in (*limits, due) if limit > 0]
        self._site.workload.wait(max(min([_HEARTBEAT, *ahead]), 0.05))

    def shift(self, weight: int, why: str, phase: Phase) -> None:
        """Send so many percent of the users to the candidate."""
        flight = self.flight
        split, before = Split(flight.stable, flight.candidate, weight), flight.weight
        changed = replace(
            flight, weight=weight, reached=() if weight == 0 and phase is Phase.PREPARING else flight.reached
        )
        self._begun = changed
        self._journal.amend(changed)
        self._announce("shift", f"{why}: {weight} % to {flight.candidate}", phase)
        self._shifted_here = True
        self._site.router.write(split)
        self.vigil.users_on(weight)
        self._effect = None
        self._journal.changed(f"route of {self._site.service}", "weight", f"{before} %", f"{weight} %")
        self._enter(f"effect {weight} {phase.value}")

    def match(self, rule: Match | None, why: str) -> None:
        """Write the rule for testers, or take it away; that takes effect like a weight does."""
        router = self._site.router
        if not isinstance(router, MatchesRequests):
            raise InputError("this router cannot tell testers apart", "leave the rule for testers out")
        self._announce("match", why)
        router.match(rule)
        self._effect = None
        self._journal.changed(f"route of {self._site.service}", "testers", "", _words_of(rule))
        self._enter(f"testers {rule}")

    def shift_again(self) -> None:
        """Where requests follow instances, a number that was written cannot be told from one that is still coming up:
        after a run that died in between, it is written once more."""
        flight = self.flight
        if self._plan.by_instances and self._journal_open_act() == "shift":
            self._site.router.read()
            self.shift(flight.weight, "an earlier run ended here", Phase(flight.phase))

    def confirm(self, weight: int) -> None:
        """Look whether the last shift has taken effect; wait a moment when it has not."""
        split = Split(self.flight.stable, self.flight.candidate, weight)
        self._effect = effect = self._site.router.settled(split)
        if not effect.reached:
            self._waiting(effect.detail)
            self._site.workload.wait(0.1 if effect.level else 0.5)
            return
        how = "observed" if effect.level >= 3 else f"accepted (level {effect.level}), not observed with requests"
        self.checks.append(
            Check(f"{weight} % of the requests reach {split.candidate}", Verdict.PASS, f"{how}: {effect.detail}")
        )
        self._journal.fulfilled("effect", effect.detail)
        self.vigil.users_on(weight)
        self._drained_since = self._site.clock.seconds()
        if self._judging and weight:
            self._judging.begin(weight)
        self._enter(f"after {weight}")

    def bake(self, why: str, seen: Seen) -> None:
        """Let the judge look on; go back to confirming when the effect is lost."""
        flight, plan = self.flight, self._plan
        self._site.progress.waiting(why, seen.baked, plan.bake(seen.weight) + plan.patience)
        effect = self._site.router.settled(Split(flight.stable, flight.candidate, seen.weight))
        if not effect.reached:
            self._effect = effect
            self._enter(f"effect {seen.weight} lost at {seen.baked:.0f}")
            return
        self._remember()
        bake = plan.bake(seen.weight)
        self._pause(bake - seen.baked + 0.01, bake + plan.patience - seen.baked + 0.01)

    def accept(self, weight: int, why: str, seen: Seen) -> None:
        """The weight may be left upwards: that is written down, with what it rests on."""
        flight = self.flight
        verdict = seen.verdict.value if seen.verdict else "none"
        reached = Reached(weight, verdict, why, self._site.clock.now())
        self._journal.amend(replace(flight, reached=(*flight.reached, reached), judge=self._judge_state()))
        self._journal.note("accept", f"{weight} % is accepted: {why}")
        self._journal.save()
        passed = Verdict.PASS if seen.verdict is Verdict.PASS else Verdict.INCONCLUSIVE
        self.checks.append(Check(f"{flight.candidate} at {weight} %", passed, why))
        self._enter(f"accepted {weight}")

    def promote(self, why: str, seen: Seen) -> None:
        """Put the proven images on stable, which keeps all of its instances."""
        flight = self.flight
        images = {name: flight.images[name] for name in flight.stable_images if name in flight.images}
        wanted = {**flight.stable_images, **images}
        self.vigil.retired()
        self._announce("promote", f"{why}: {listed(wanted)} on {flight.stable}", Phase.PROMOTING)
        self._site.workload.release(flight.stable, wanted, seen.whole, flight.candidate, flight.template)
        self._note_images(flight.stable, seen.stable)
        self._enter("promotion")

    def give_back(self, why: str, seen: Seen, phase: Phase | None = None) -> None:
        """Give stable its instances, and the images it had, back."""
        flight = self.flight
        self._announce("restore-capacity", why, phase)
        if seen.stable_differs or seen.stable is None:
            self._site.workload.release(flight.stable, flight.stable_images, seen.whole, flight.candidate)
        else:
            self._site.workload.scale(flight.stable, seen.whole)
        old = str(seen.stable.desired) if seen.stable else "0"
        self._journal.changed(flight.stable, "instances", old, str(seen.whole))

    def remove(self, why: str) -> None:
        """The candidate goes, or stays without instances, as the plan says."""
        flight = self.flight
        self._announce("remove", why, Phase.REMOVING)
        self._withdraw()
        if self._plan.leftover is Leftover.REMOVE:
            self._site.workload.restore(flight.candidate, flight.before)
        else:
            self._site.workload.scale(flight.candidate, 0)
        self._gone("removed")

    def restore(self, why: str) -> None:
        """Put the candidate back to what it was; a release that never took off has nothing to restore."""
        if self._journal.record.flight is not None:
            self._announce("restore", why, Phase.UNDOING)
            self._withdraw()
            self._site.workload.restore(self.flight.candidate, self.flight.before)
        self._gone("restored")

    def _withdraw(self) -> None:
        """What the router has added for this release goes with the candidate."""
        if isinstance(self._site.router, Withdraws):
            self._site.router.withdraw()

    def _gone(self, stage: str) -> None:
        self._clearing = True
        self.vigil.turned_round()
        self._enter(stage)

    def begin_anew(self) -> None:
        """What was known of the candidate is of another time: it is made ready, asked and judged again."""
        self.asking.forget()
        self._asked = 0
        if self._judging:
            self._judging.begin_anew()

    def keep(self) -> None:
        """What the judge knows goes into the record, for the run that goes on with this release."""
        self._journal.amend(replace(self.flight, judge=self._judge_state()))

    def note_refusal(self, why: str) -> None:
        """The closing line of the evidence of a refused candidate."""
        self.checks.append(Check(f"{self.flight.candidate} is good enough", Verdict.FAIL, why))

    def _testers(self) -> Match | None:
        router = self._site.router
        return router.matched() if isinstance(router, MatchesRequests) else None

    def _hear(self, weight: int | None) -> None:
        if self._judging and weight and self._effect and self._effect.reached and not self._homeward:
            self._judging.begin(weight)
            self._judging.look_if_due()

    def _remember(self) -> None:
        now = self._site.clock.seconds()
        if now - self._remembered >= _REMEMBER_EVERY:
            self._remembered = now
            self.keep()
            self._journal.save()

    def _judge_state(self) -> str:
        return self._judging.state() if self._judging else self.flight.judge

    def _drained(self) -> float:
        return self._site.clock.seconds() - self._drained_since

    def _cleared(self, candidate: VersionState | None) -> bool:
        """Read back, never assumed: a removal that was accepted is not yet one that happened."""
        before = self.flight.before
        if self._plan.leftover is Leftover.SCALE_DOWN and not self._homeward:
            return candidate is None or (candidate.desired == 0 and candidate.ready == 0)
        return snapshot_of(candidate).existed == before.existed and (
            candidate is None or (dict(candidate.images) == dict(before.images) and candidate.desired == before.desired)
        )

    def _enter(self, stage: str) -> None:
        """Something new is being waited for; its time begins now. The same thing again gets no new time."""
        if stage != self._stage and not self._homeward:
            self._stage, self._deadline = stage, self._site.clock.seconds() + self._plan.timeout

    def _journal_open_act(self) -> str:
        intent = self._journal.record.intent
        return intent.act if intent else ""

    def _announce(self, act: str, detail: str, phase: Phase | None = None) -> None:
        if self._journal.record.flight is None:
            self._journal.begin(self._begun, act, detail, phase.value if phase else "")
            post_dead_man(self._site, self._journal, self._begun.release)
        else:
            self._journal.intend(act, detail, phase.value if phase else "")

    def _waiting(self, what: str) -> float:
        left = self._deadline - self._site.clock.seconds()
        self._site.progress.waiting(what, max(self._timeout - left, 0.0), self._timeout)
        return left

    def _note_images(self, name: str, before: VersionState | None) -> None:
        for container, image in self.flight.images.items():
            old = before.images.get(container, "") if before else "(new)"
            if old != image:
                self._journal.changed(name, f"image of {container}", old, image)


def _words_of(rule: Match | None) -> str:
    if rule is None:
        return "nobody"
    return f"header {rule.header}: {rule.value}" if rule.header else f"cookie {rule.cookie}={rule.value}"
