"""What a flight between two colours does, one method per decision, and the evidence it gathers on the way.

Every mutation is announced through the journal before it is made. `colours.py` decides when to call what.
"""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.model.errors import ConflictError
from pointsman.model.evidence import Check, Effect, Verdict
from pointsman.model.record import Flight
from pointsman.model.split import Split
from pointsman.model.version import VersionState
from pointsman.steps.journal import Journal
from pointsman.steps.probing import Soak, Watch, health_of, health_verdict
from pointsman.steps.site import Site
from pointsman.strategy.blue_green import Cleanup, Plan, Seen

_HEARTBEAT = 10.0
_PROBES_AT_LEAST, _PROBES_AT_MOST = 3, 10
_IMAGE_TRIES = 2


class Acts:
    """The hands of one flight. `checks` grows into the evidence table."""

    def __init__(self, site: Site, journal: Journal, flight: Flight, plan: Plan, timeout: float) -> None:
        self._site, self._journal, self._flight, self._plan = site, journal, flight, plan
        self._deadline, self._timeout = site.clock.seconds() + timeout, timeout
        self._health: Verdict | None = None
        self._effect: Effect | None = None
        self._soak = Soak(site.clock, plan.soak)
        self._watch = Watch(site.clock, site.prober, flight.candidate, plan.bake, plan.watch)
        self._shifted_here = self._retired = self._restored = self._template_asked = False
        self._image_tries = 0
        self.checks: list[Check] = []

    def seen(self, stable: VersionState | None, candidate: VersionState | None, weight: int, needed: int) -> Seen:
        """What was observed, with the evidence so far."""
        return Seen(
            stable=stable,
            candidate=candidate,
            wanted=self._flight.images,
            needed=needed,
            weight=weight,
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
        )

    def turn_round(self, seconds: float) -> None:
        """From here on we fly back, with a deadline of our own."""
        self._deadline, self._timeout = self._site.clock.seconds() + seconds, seconds
        never_left = self._flight.phase == "preparing" and not self._shifted_here
        self._effect = Effect(True, 1, "users never left stable") if never_left else None

    def prepare(self, why: str, seen: Seen) -> None:
        """Put the wanted images on the candidate, with enough instances."""
        flight = self._flight
        self._announce(
            "prepare", f"{why}: putting {listed(flight.images)} on {flight.candidate}, {seen.needed} instance(s)"
        )
        before = seen.candidate
        self._count_image_tries(before)
        self._template_asked = True
        self._site.workload.release(flight.candidate, flight.images, seen.needed, flight.stable, flight.template)
        self._note_preparation(before, seen.needed)

    def wait(self, why: str) -> None:
        """Wait for a change, at most for a heartbeat."""
        left = self._waiting(why)
        self._site.workload.wait(max(min(_HEARTBEAT, left + 0.05, self._soak.left()), 0.05))

    def check_health(self, why: str, seen: Seen) -> None:
        """Ask the candidate directly; when nothing comes back, ask stable too, to know whose fault it is."""
        self._journal.note("check", why)
        ready = seen.candidate.ready if seen.candidate else 0
        times = min(max(_PROBES_AT_LEAST, ready), _PROBES_AT_MOST)
        probes = list(self._site.prober.probe_version(self._flight.candidate, times))
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
        self.checks.append(Check(f"{self._flight.candidate} is good enough", Verdict.FAIL, why))
        if self._watch.verdict is Verdict.FAIL:
            self.checks.append(self._watch.check())

    def _announce(self, act: str, detail: str, phase: str = "") -> None:
        if self._journal.record.flight is None:
            self._journal.begin(self._flight, act, detail, phase)
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

    def _count_image_tries(self, before: VersionState | None) -> None:
        if before is None or dict(before.images) == dict(self._flight.images):
            return
        self._image_tries += 1
        if self._image_tries > _IMAGE_TRIES:
            raise ConflictError(
                f"the image of {before.name} is set back every time it is written: {listed(before.images)}",
                "find the admission webhook or GitOps tool that does it; then run again",
            )

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
