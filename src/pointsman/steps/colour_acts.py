"""What a flight between two colours does, one method per decision, and the evidence it gathers on the way.

Every mutation is announced through the journal before it is made. `colours.py` decides when to call what.
"""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.model.drift import Drift, Field
from pointsman.model.evidence import Check, Effect, Verdict
from pointsman.model.record import Flight
from pointsman.model.split import Split
from pointsman.model.version import VersionState
from pointsman.steps.guarding import post_dead_man
from pointsman.steps.journal import Journal
from pointsman.steps.probing import Soak, Watch, asked, health_of, health_verdict
from pointsman.steps.site import Routed
from pointsman.steps.vigil import Vigil
from pointsman.strategy.blue_green import SUPERSEDED, Cleanup, Plan, Seen

_HEARTBEAT = 3.0  # a newer run that asks us to give way is seen as soon
_PROBES_AT_LEAST, _PROBES_AT_MOST = 3, 10


class Acts:
    """The hands of one flight. `checks` grows into the evidence table."""

    def __init__(self, site: Routed, journal: Journal, flight: Flight, plan: Plan, timeout: float) -> None:
        self._site, self._journal, self._flight, self._plan = site, journal, flight, plan
        self._deadline, self._timeout = site.clock.seconds() + timeout, timeout
        self._health: Verdict | None = None
        self._effect: Effect | None = None
        self._soak = Soak(site.clock, plan.soak)
        self._watch = Watch(site.clock, site.prober, flight.candidate, plan.bake, plan.watch)
        self._shifted_here = self._retired = self._restored = self._template_asked = False
        self.vigil = Vigil(site, journal, flight)
        self.checks: list[Check] = []

    def seen(
        self, stable: VersionState | None, candidate: VersionState | None, weight: int | None, needed: int
    ) -> Seen:
        """What was observed, with the evidence so far."""
        return Seen(
            stable=stable,
            candidate=candidate,
            wanted=self._flight.images,
            needed=needed,
            weight=weight or 0,
            astray=weight is None,
            soaked=self._soak.seconds_of(candidate, needed),
            health=self._health,
            effect=self._effect,
            watched=self._watch.good_seconds,
            watch=self._watch.verdict,
            retired=self._retired,
            late=self._site.clock.seconds() > self._deadline,
            restored=self._restored,
            template_differs=self._template_differs(candidate),
            stable_differs=self._stable_differs(stable),
            superseded=self._superseded(),
        )

    def turn_round(self, seconds: float) -> None:
        """From here on we fly back, with a deadline of our own."""
        self._deadline, self._timeout = self._site.clock.seconds() + seconds, seconds
        sent = self._shifted_here or self.vigil.expected.weight != 0
        never_left = self._flight.phase == "preparing" and not sent
        self._effect = Effect(True, 1, "users never left stable") if never_left else None
        self.vigil.turned_round()

    def prepare(self, why: str, seen: Seen) -> None:
        """Put the wanted images on the candidate, with enough instances."""
        flight = self._flight
        self._announce(
            "prepare", f"{why}: putting {listed(flight.images)} on {flight.candidate}, {seen.needed} instance(s)"
        )
        before = seen.candidate
        self._template_asked = True
        self._site.workload.release(flight.candidate, flight.images, seen.needed, flight.stable, flight.template)
        self.vigil.prepared(flight.images, max(seen.needed, before.desired if before else 0))
        self._note_preparation(before, seen.needed)

    def reassert(self, drift: Drift, told: str, seen: Seen) -> None:
        """Write again what somebody else changed."""
        self._journal.note("drift", f"{told}; it is written again")
        self.vigil.times += 1
        flight, instances = self._flight, self.vigil.expected.stable_instances
        if drift.field is Field.ROUTE:
            self._reassert_route(drift, seen)
        elif drift.what == flight.candidate:
            self._begin_anew()
            self.prepare(f"{drift.what} is not as it was written", seen)
        elif drift.field is Field.INSTANCES:
            self._announce("reassert", f"{drift.what} gets its {instances} instance(s) back")
            self._site.workload.scale(flight.stable, instances)
        else:
            self._announce("reassert", f"{drift.what} gets {listed(flight.stable_images)} back")
            self._site.workload.release(flight.stable, flight.stable_images, instances, flight.candidate)

    def return_users(self, told: str, why: str) -> None:
        """Users who have nobody to serve them go to stable, before anything else is decided."""
        self._journal.note("drift", told)
        self.vigil.times += 1
        self.shift(0, why, "preparing")
        self._begin_anew()

    def wait(self, why: str) -> None:
        """Wait for a change, at most for a heartbeat."""
        left = self._waiting(why)
        self._site.workload.wait(max(min(_HEARTBEAT, left + 0.05, self._soak.left()), 0.05))

    def check_health(self, why: str, seen: Seen) -> None:
        """Ask the candidate directly; when nothing comes back, ask stable too, to know whose fault it is."""
        self._journal.note("check", why)
        ready = seen.candidate.ready if seen.candidate else 0
        times = min(max(_PROBES_AT_LEAST, ready), _PROBES_AT_MOST)
        probes = asked(self._site.prober, self._site.clock, self._flight.candidate, times)
        self._health = health_verdict(probes)
        if self._health is Verdict.SOURCE_DOWN and self._stable_can_be_asked():
            self._health = Verdict.FAIL
        self.checks.append(health_of(f"health of {self._flight.candidate} before the switch", probes, self._health))

    def shift(self, weight: int, why: str, phase: str) -> None:
        """Send the users to one side."""
        split = Split(self._flight.stable, self._flight.candidate, weight)
        self._announce("shift", f"{why}: all requests to {split.serving}", phase)
        self._shifted_here = True
        self._site.router.write(split)
        self.vigil.users_on(weight)
        self._effect = None
        self._journal.changed(f"route of {self._site.service}", "serves", _left(split), split.serving)

    def confirm(self, weight: int) -> None:
        """Look whether the last shift has taken effect; wait a moment when it has not."""
        split = Split(self._flight.stable, self._flight.candidate, weight)
        self._effect = effect = self._site.router.settled(split)
        if not effect.reached:
            self._waiting(effect.detail)
            self._site.workload.wait(0.1 if effect.level else 0.5)
            return
        self._watch.start()
        self.checks.append(Check(f"requests reach {split.serving}", Verdict.PASS, _how_far(effect)))
        self._journal.fulfilled("effect", effect.detail)

    def bake(self, why: str, seen: Seen) -> None:
        """Watch the candidate until the next change or probe; go back to confirming when the effect is lost."""
        candidate = seen.candidate
        serving_well = candidate is not None and candidate.ready >= min(self._flight.needed, candidate.desired)
        self._site.progress.waiting(why, self._watch.good_seconds, self._plan.watch)
        effect = self._site.router.settled(Split(self._flight.stable, self._flight.candidate, 100))
        if not effect.reached:
            self._effect = effect
            return
        probe = self._watch.tick(serving_well, self._site.workload.wait)
        if probe is not None and not probe.ok:
            self._journal.say(f"probe of {probe.target}: {probe.detail}")
        if self._watch.good_seconds >= self._plan.watch:
            self._journal.note("baked", self._watch.check().detail)

    def retire(self, why: str, seen: Seen) -> None:
        """Deal with the version users have left."""
        stable = seen.stable
        self.vigil.retired()
        if stable is not None:
            if self._plan.cleanup is Cleanup.SCALE_DOWN:
                self._scale_down(why, stable)
            else:
                self._update(why, stable)
        self._retired = True

    def restore_capacity(self, why: str, seen: Seen) -> None:
        """Give stable its instances, and the images it had, back before users return."""
        flight = self._flight
        self._journal.intend("restore-capacity", why, "undoing")
        if seen.stable_differs:
            self._site.workload.release(flight.stable, flight.stable_images, seen.needed, flight.stable)
        else:
            self._site.workload.scale(flight.stable, seen.needed)
        old = str(seen.stable.desired) if seen.stable else ""
        self._journal.changed(self._flight.stable, "instances", old, str(seen.needed))

    def restore(self, why: str) -> None:
        """Put the candidate back to what it was; a release that never took off has nothing to restore."""
        if self._journal.record.flight is not None:
            self._journal.intend("restore", why, "undoing")
            self._site.workload.restore(self._flight.candidate, self._flight.before)
        self._restored = True

    def note_arrival(self, seen: Seen) -> None:
        """The closing lines of the evidence of a proven candidate."""
        if seen.candidate is not None:
            detail = f"{seen.candidate.ready} ready, template {seen.candidate.revision or 'unknown'}"
            self.checks.append(Check(f"{seen.candidate.name} is rolled out", Verdict.PASS, detail))
        if self._plan.watch:
            self.checks.append(self._watch.check())

    def note_refusal(self, why: str) -> None:
        """The closing lines of the evidence of a refused candidate."""
        if why.startswith(SUPERSEDED):
            self.checks.append(Check("no newer release is waiting", Verdict.FAIL, why))
            return
        self.checks.append(Check(f"{self._flight.candidate} is good enough", Verdict.FAIL, why))
        if self._watch.verdict is Verdict.FAIL:
            self.checks.append(self._watch.check())

    def _reassert_route(self, drift: Drift, seen: Seen) -> None:
        wanted, serves = drift.wanted == self._flight.candidate, seen.candidate is not None and seen.candidate.ready > 0
        if wanted and serves:
            self.shift(100, "the route is set again", "shifted")
            return
        self.shift(0, "the route is set again" if not wanted else "the candidate is not ready", "preparing")
        self._begin_anew()

    def _begin_anew(self) -> None:
        """What was known of the candidate's health is of another time."""
        self._health = None
        if self.vigil.expected.weight == 0:
            plan = self._plan
            self._watch = Watch(self._site.clock, self._site.prober, self._flight.candidate, plan.bake, plan.watch)

    def _announce(self, act: str, detail: str, phase: str = "") -> None:
        if self._journal.record.flight is None:
            self._journal.begin(self._flight, act, detail, phase)
            post_dead_man(self._site, self._journal, self._flight.release)
        else:
            self._journal.intend(act, detail, phase)

    def _waiting(self, what: str) -> float:
        left = self._deadline - self._site.clock.seconds()
        self._site.progress.waiting(what, max(self._timeout - left, 0.0), self._timeout)
        return left

    def _stable_can_be_asked(self) -> bool:
        return any(probe.reached for probe in self._site.prober.probe_version(self._flight.stable, 1))

    def _stable_differs(self, stable: VersionState | None) -> bool:
        had = self._flight.stable_images
        return bool(had and stable and dict(stable.images) != dict(had))

    def _template_differs(self, candidate: VersionState | None) -> bool:
        wanted = self._flight.template
        return bool(wanted and candidate and candidate.revision != wanted and not self._template_asked)

    def _superseded(self) -> str:
        """Only a switch gives way to a newer release: a rollback is what puts things right."""
        return self._site.lock.superseded() if self._flight.action == "switch" else ""

    def _note_preparation(self, before: VersionState | None, needed: int) -> None:
        name = self._flight.candidate
        for container, image in self._flight.images.items():
            old = before.images.get(container, "") if before else "(new)"
            if old != image:
                self._journal.changed(name, f"image of {container}", old, image)
        old_count = before.desired if before else 0
        if old_count < needed:
            self._journal.changed(name, "instances", str(old_count), str(needed))

    def _scale_down(self, why: str, stable: VersionState) -> None:
        self._journal.intend("retire", f"{why}: {stable.name} to 0 instances", "retiring")
        self._site.workload.scale(stable.name, 0)
        self._journal.changed(stable.name, "instances", str(stable.desired), "0")

    def _update(self, why: str, stable: VersionState) -> None:
        images = {name: image for name, image in self._flight.images.items() if name in stable.images}
        self._journal.intend("retire", f"{why}: {listed(images)} on {stable.name} too", "retiring")
        self._site.workload.release(stable.name, images, stable.desired, self._flight.candidate)
        for container, image in images.items():
            self._journal.changed(stable.name, f"image of {container}", stable.images.get(container, ""), image)


def listed(images: Mapping[str, str]) -> str:
    """The images of a version, as people read them."""
    return ", ".join(sorted(images.values()))


def _left(split: Split) -> str:
    return split.stable if split.serving == split.candidate else split.candidate


def _how_far(effect: Effect) -> str:
    if effect.level >= 3:
        return f"observed: {effect.detail}"
    return f"accepted (level {effect.level}), not observed with requests of our own: {effect.detail}"
