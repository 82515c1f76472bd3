"""Flying one release between two colours: the loop around `strategy/blue_green.py`, forward and back.

`blue-green-switch` and `rollback` both fly with it, on every platform: only the ports differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from pointsman.model.errors import ConflictError
from pointsman.model.evidence import Check, Effect, Verdict
from pointsman.model.record import Flight
from pointsman.model.split import Split
from pointsman.model.version import Problem, VersionState
from pointsman.steps.journal import Journal
from pointsman.steps.probing import Soak, Watch, health_of, health_verdict
from pointsman.steps.site import Site
from pointsman.strategy import blue_green
from pointsman.strategy.blue_green import Backward, Cleanup, Forward, Plan, Seen
from pointsman.strategy.decision import (
    Abort,
    Await,
    Bake,
    CheckHealth,
    Confirm,
    Done,
    GiveUp,
    Hold,
    Prepare,
    Restore,
    Retire,
    Shift,
)

_HEARTBEAT = 10.0
UNDO_SECONDS = 300.0


@dataclass(frozen=True)
class Arrived:
    """The candidate serves and is proven."""

    why: str


@dataclass(frozen=True)
class Refused:
    """The candidate is not good enough; nothing has been undone yet."""

    why: str
    problem: Problem | None = None


@dataclass(frozen=True)
class Held:
    """Safe, resumable, undecided."""

    why: str


@dataclass(frozen=True)
class Returned:
    """Users are on stable and nothing of the release is left."""

    why: str


@dataclass(frozen=True)
class Stuck:
    """Not undone: a person is needed."""

    why: str


class Colours:
    """One flight. `checks` grows into the evidence table."""

    def __init__(self, site: Site, journal: Journal, flight: Flight, plan: Plan, timeout: float) -> None:
        self._site, self._journal, self._flight, self._plan = site, journal, flight, plan
        self._deadline = site.clock.seconds() + timeout
        self._timeout = timeout
        self._health: Verdict | None = None
        self._effect: Effect | None = None
        self._soak = Soak(site.clock, plan.soak)
        self._watch = Watch(site.clock, site.prober, flight.candidate, plan.bake)
        self._shifted_here = False
        self._retired = False
        self._restored = False
        self._template_asked = False
        self._image_tries = 0
        self.checks: list[Check] = []

    def forward(self) -> Arrived | Refused | Held:
        """Fly to the candidate until it is proven, refused or undecided."""
        while True:
            seen = self._look()
            decision = blue_green.decide(seen, self._plan)
            match decision:
                case Done(why):
                    return self._arrived(seen, why)
                case Abort(why):
                    return self._refused(seen, why)
                case Hold(why):
                    return Held(why)
                case _:
                    self._advance(decision, seen)

    def back(self, seconds: float = UNDO_SECONDS) -> Returned | Stuck:
        """Fly back to stable and leave nothing behind."""
        self._deadline, self._timeout = self._site.clock.seconds() + seconds, seconds
        self._effect = self._nothing_to_confirm()
        while True:
            seen = self._look()
            decision = blue_green.decide_undo(seen)
            match decision:
                case Done(why):
                    return Returned(why)
                case GiveUp(why):
                    return Stuck(why)
                case _:
                    self._retreat(decision, seen)

    def _nothing_to_confirm(self) -> Effect | None:
        if self._flight.phase == "preparing" and not self._shifted_here:
            return Effect(True, 1, "users never left stable")
        return None

    def _look(self) -> Seen:
        flight, site = self._flight, self._site
        stable, candidate = site.workload.observe(flight.stable), site.workload.observe(flight.candidate)
        weight = site.router.read().share(flight.candidate)
        needed = self._needed(stable, weight)
        return Seen(
            stable=stable,
            candidate=candidate,
            wanted=flight.images,
            needed=needed,
            weight=weight,
            soaked=self._soak.seconds_of(candidate, needed),
            health=self._health,
            effect=self._effect,
            watched=self._watch.good_seconds,
            watch=self._watch.verdict,
            retired=self._retired,
            late=site.clock.seconds() > self._deadline,
            restored=self._restored,
            template_differs=self._template_differs(candidate),
        )

    def _template_differs(self, candidate: VersionState | None) -> bool:
        wanted = self._flight.template
        return bool(wanted and candidate and candidate.revision != wanted and not self._template_asked)

    def _needed(self, stable: VersionState | None, weight: int) -> int:
        """What the side that gets the users must have ready: what the side that has them serves with."""
        if weight > 0:
            return self._flight.needed
        return blue_green.needed_for(stable, self._flight.needed)

    def _advance(self, decision: Forward, seen: Seen) -> None:
        match decision:
            case Prepare(why):
                self._prepare(why, seen)
            case Await(why):
                self._wait(why)
            case CheckHealth(why):
                self._check_health(why, seen)
            case Shift(weight, why):
                self._shift(weight, why)
            case Confirm(why):
                self._confirm(100, why)
            case Bake(why):
                self._bake(why, seen)
            case Retire(why):
                self._retire(why, seen)
            case Done() | Abort() | Hold():
                raise AssertionError("endings are handled by the loop")
            case _:
                assert_never(decision)

    def _retreat(self, decision: Backward, seen: Seen) -> None:
        match decision:
            case Prepare(why):
                self._restore_capacity(why, seen)
            case Await(why):
                self._wait(why)
            case Shift(weight, why):
                self._shift(weight, why, phase="undoing")
            case Confirm(why):
                self._confirm(0, why)
            case Restore(why):
                self._restore(why)
            case Done() | GiveUp():
                raise AssertionError("endings are handled by the loop")
            case _:
                assert_never(decision)

    def _prepare(self, why: str, seen: Seen) -> None:
        flight = self._flight
        detail = f"{why}: putting {_images(flight)} on {flight.candidate} with {seen.needed} instance(s)"
        if self._journal.record.flight is None:
            self._journal.begin(flight, "prepare", detail)
        else:
            self._journal.intend("prepare", detail)
        before = seen.candidate
        self._count_image_tries(before)
        self._template_asked = True
        self._site.workload.release(flight.candidate, flight.images, seen.needed, flight.stable, flight.template)
        self._note_preparation(before, seen.needed)

    def _count_image_tries(self, before: VersionState | None) -> None:
        if before is None or dict(before.images) == dict(self._flight.images):
            return
        self._image_tries += 1
        if self._image_tries > 2:
            raise ConflictError(
                f"the image of {before.name} is set back every time it is written: {_listed(before.images)}",
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

    def _wait(self, why: str) -> None:
        left = self._deadline - self._site.clock.seconds()
        self._site.progress.waiting(why, self._timeout - left, self._timeout)
        self._site.workload.wait(max(min(_HEARTBEAT, left + 0.05, self._soak.left()), 0.05))

    def _check_health(self, why: str, seen: Seen) -> None:
        self._journal.note("check", why)
        times = min(max(3, seen.candidate.ready if seen.candidate else 0), 10)
        probes = list(self._site.prober.probe_version(self._flight.candidate, times))
        self._health = health_verdict(probes)
        if self._health is Verdict.SOURCE_DOWN and self._stable_can_be_asked():
            self._health = Verdict.FAIL
        self.checks.append(health_of(f"health of {self._flight.candidate} before the switch", probes, self._health))

    def _stable_can_be_asked(self) -> bool:
        """The same question to stable tells a candidate that does not answer from a way that is closed to us."""
        return any(probe.reached for probe in self._site.prober.probe_version(self._flight.stable, 1))

    def _shift(self, weight: int, why: str, phase: str = "shifted") -> None:
        flight, split = self._flight, Split(self._flight.stable, self._flight.candidate, weight)
        if self._journal.record.flight is None:
            self._journal.begin(flight, "shift", why)
        detail = f"{why}: all requests to {split.serving}"
        self._journal.intend("shift", detail, phase)
        self._site.router.write(split)
        self._effect, self._shifted_here = None, True
        self._journal.changed(f"route of {self._site.service}", "serves", _other(split), split.serving)

    def _confirm(self, weight: int, why: str) -> None:
        split = Split(self._flight.stable, self._flight.candidate, weight)
        effect = self._site.router.settled(split)
        if not effect.reached:
            left = self._deadline - self._site.clock.seconds()
            self._site.progress.waiting(effect.detail, self._timeout - left, self._timeout)
            self._site.workload.wait(0.1 if effect.level else 0.5)
            self._effect = effect
            return
        self._effect = effect
        self._watch.start()
        self.checks.append(Check(f"requests reach {split.serving}", Verdict.PASS, _level(effect)))
        self._journal.note("effect", effect.detail)

    def _bake(self, why: str, seen: Seen) -> None:
        candidate = seen.candidate
        serving_well = candidate is not None and candidate.ready >= min(self._flight.needed, candidate.desired)
        self._site.progress.waiting(why, self._watch.good_seconds, self._plan.bake)
        effect = self._site.router.settled(Split(self._flight.stable, self._flight.candidate, 100))
        if not effect.reached:
            self._effect = effect
            return
        probe = self._watch.tick(serving_well, self._site.workload.wait)
        if probe is not None and not probe.ok:
            self._journal.say(f"probe of {probe.target}: {probe.detail}")
        if self._watch.good_seconds >= self._plan.bake:
            self._journal.note("baked", self._watch.check().detail)

    def _retire(self, why: str, seen: Seen) -> None:
        stable = seen.stable
        if stable is None:
            self._retired = True
            return
        self._site.clock.sleep(self._plan.keep_warm)
        if self._plan.cleanup is Cleanup.SCALE_DOWN:
            self._journal.intend("retire", f"{why}: {stable.name} to 0 instances", "retiring")
            self._site.workload.scale(stable.name, 0)
            self._journal.changed(stable.name, "instances", str(stable.desired), "0")
        else:
            self._journal.intend("retire", f"{why}: {_images(self._flight)} on {stable.name} too", "retiring")
            self._site.workload.release(stable.name, self._flight.images, stable.desired, self._flight.candidate)
            for container, image in self._flight.images.items():
                self._journal.changed(stable.name, f"image of {container}", stable.images.get(container, ""), image)
        self._retired = True

    def _restore_capacity(self, why: str, seen: Seen) -> None:
        self._journal.intend("restore-capacity", why, "undoing")
        self._site.workload.scale(self._flight.stable, seen.needed)

    def _restore(self, why: str) -> None:
        before = self._flight.before
        if self._journal.record.flight is not None:
            self._journal.intend("restore", why, "undoing")
            self._site.workload.restore(self._flight.candidate, before)
        self._restored = True

    def _arrived(self, seen: Seen, why: str) -> Arrived:
        candidate = seen.candidate
        if candidate is not None:
            detail = f"{candidate.ready} ready, template {candidate.revision or 'unknown'}"
            self.checks.append(Check(f"{candidate.name} is rolled out", Verdict.PASS, detail))
        if self._plan.bake:
            self.checks.append(self._watch.check())
        return Arrived(why)

    def _refused(self, seen: Seen, why: str) -> Refused:
        problem = seen.candidate.problem if seen.candidate else None
        name = self._flight.candidate
        self.checks.append(Check(f"{name} is good enough", Verdict.FAIL, why))
        if self._watch.verdict is Verdict.FAIL:
            self.checks.append(self._watch.check())
        return Refused(why, problem)


def _images(flight: Flight) -> str:
    return _listed(flight.images)


def _listed(images: Mapping[str, str]) -> str:
    return ", ".join(sorted(images.values()))


def _other(split: Split) -> str:
    return split.stable if split.serving == split.candidate else split.candidate


def _level(effect: Effect) -> str:
    if effect.level >= 3:
        return f"observed: {effect.detail}"
    return f"accepted (level {effect.level}), not observed with requests of our own: {effect.detail}"
