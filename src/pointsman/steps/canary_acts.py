"""What a canary changes, one method per decision.

Every mutation is announced through the journal before it is made. `canary_flight.py` decides when to call what;
`canary_sight.py` is told what to expect from then on.
"""

from __future__ import annotations

from dataclasses import replace

from pointsman.model.errors import InputError
from pointsman.model.split import Match, Split
from pointsman.model.version import VersionState
from pointsman.ports.router import MatchesRequests, Withdraws
from pointsman.steps.canary_sight import Sight
from pointsman.steps.colour_acts import listed
from pointsman.steps.guarding import post_dead_man
from pointsman.steps.journal import Journal
from pointsman.steps.site import Routed
from pointsman.strategy.canary_seen import Leftover, Phase, Seen, needed_for


class Acts:
    """The hands of one flight."""

    def __init__(self, site: Routed, journal: Journal, sight: Sight) -> None:
        self._site, self._journal, self._sight = site, journal, sight

    def prepare(self, why: str, seen: Seen, coming: int) -> None:
        """Put the wanted images on the candidate, with the instances that the first weight needs."""
        sight = self._sight
        flight, needed = sight.flight, needed_for(coming, seen, sight.plan)
        self._announce("prepare", f"{why}: putting {listed(flight.images)} on {flight.candidate}")
        self._site.workload.release(flight.candidate, flight.images, needed, flight.stable)
        sight.asked = needed
        sight.vigil.prepared(flight.images, max(needed, seen.candidate.desired if seen.candidate else 0))
        self._note_images(flight.candidate, seen.candidate)
        sight.enter(f"capacity {coming}")

    def scale(self, weight: int, instances: int, why: str, seen: Seen) -> None:
        """Give the candidate the instances that the next weight needs."""
        flight = self._sight.flight
        self._announce("scale", f"{why}: {flight.candidate} to {instances}")
        self._site.workload.scale(flight.candidate, instances)
        self._sight.asked = instances
        self._sight.vigil.prepared(flight.images, instances)
        self._note_instances(flight.candidate, seen.candidate, instances)
        self._sight.enter(f"capacity {weight}")

    def shift(self, weight: int, why: str, phase: Phase) -> None:
        """Send so many percent of the users to the candidate."""
        sight, flight = self._sight, self._sight.flight
        anew = weight == 0 and phase is Phase.PREPARING
        sight.begun = replace(flight, weight=weight, reached=() if anew else flight.reached)
        self._journal.amend(sight.begun)
        self._announce("shift", f"{why}: {weight} % to {flight.candidate}", phase)
        sight.shifted = True
        self._site.router.write(Split(flight.stable, flight.candidate, weight))
        sight.vigil.users_on(weight)
        sight.effect = None
        self._journal.changed(f"route of {self._site.service}", "weight", f"{flight.weight} %", f"{weight} %")
        sight.enter(f"effect {weight} {phase.value}")

    def shift_again(self) -> None:
        """Where requests follow instances, a number that was written cannot be told from one that is still coming up:
        after a run that died in between, it is written once more."""
        flight = self._sight.flight
        if self._sight.plan.by_instances and self._sight.open_act == "shift":
            self._site.router.read()
            self.shift(flight.weight, "an earlier run ended here", Phase(flight.phase))

    def match(self, rule: Match | None, why: str) -> None:
        """Write the rule for testers, or take it away; that takes effect like a weight does."""
        router = self._site.router
        if not isinstance(router, MatchesRequests):
            raise InputError("this router cannot tell testers apart", "leave the rule for testers out")
        self._announce("match", why)
        router.match(rule)
        self._sight.effect = None
        self._journal.changed(f"route of {self._site.service}", "testers", "", _words_of(rule))
        self._sight.enter(f"testers {rule}")

    def promote(self, why: str, seen: Seen) -> None:
        """Put the proven images on stable, which keeps all of its instances."""
        flight = self._sight.flight
        images = {name: flight.images.get(name, image) for name, image in flight.stable_images.items()}
        self._sight.vigil.retired()
        self._announce("promote", f"{why}: {listed(images)} on {flight.stable}", Phase.PROMOTING)
        self._site.workload.release(flight.stable, images, seen.whole, flight.candidate, flight.template)
        self._note_images(flight.stable, seen.stable)
        self._sight.enter("promotion")

    def give_back(self, why: str, seen: Seen, phase: Phase | None = None) -> None:
        """Give stable its instances, and the images it had, back."""
        flight = self._sight.flight
        self._announce("restore-capacity", why, phase)
        if seen.stable_differs or seen.stable is None:
            self._site.workload.release(flight.stable, flight.stable_images, seen.whole, flight.candidate)
        else:
            self._site.workload.scale(flight.stable, seen.whole)
        self._note_instances(flight.stable, seen.stable, seen.whole)

    def remove(self, why: str) -> None:
        """The candidate goes, or stays without instances, as the plan says."""
        flight = self._sight.flight
        self._announce("remove", why, Phase.REMOVING)
        self._withdraw()
        if self._sight.plan.leftover is Leftover.REMOVE:
            self._site.workload.restore(flight.candidate, flight.before)
        else:
            self._site.workload.scale(flight.candidate, 0)
        self._gone("removed")

    def restore(self, why: str) -> None:
        """Put the candidate back to what it was; a release that never took off has nothing to restore."""
        if self._journal.record.flight is not None:
            self._announce("restore", why, Phase.UNDOING)
            self._withdraw()
            self._site.workload.restore(self._sight.flight.candidate, self._sight.flight.before)
        self._gone("restored")

    def _withdraw(self) -> None:
        """What the router has added for this release goes with the candidate."""
        if isinstance(self._site.router, Withdraws):
            self._site.router.withdraw()

    def _gone(self, stage: str) -> None:
        self._sight.clearing = True
        self._sight.vigil.turned_round()
        self._sight.enter(stage)

    def _announce(self, act: str, detail: str, phase: Phase | None = None) -> None:
        written = phase.value if phase else ""
        if self._journal.record.flight is None:
            self._journal.begin(self._sight.begun, act, detail, written)
            post_dead_man(self._site, self._journal, self._sight.begun.release)
        else:
            self._journal.intend(act, detail, written)

    def _note_images(self, name: str, before: VersionState | None) -> None:
        for container, image in self._sight.flight.images.items():
            old = before.images.get(container, "") if before else "(new)"
            if old != image:
                self._journal.changed(name, f"image of {container}", old, image)

    def _note_instances(self, name: str, before: VersionState | None, instances: int) -> None:
        self._journal.changed(name, "instances", str(before.desired if before else 0), str(instances))


def _words_of(rule: Match | None) -> str:
    if rule is None:
        return "nobody"
    return f"header {rule.header}: {rule.value}" if rule.header else f"cookie {rule.cookie}={rule.value}"
