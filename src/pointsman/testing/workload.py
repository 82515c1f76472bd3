"""Versions that become ready some looks after they were asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pointsman.model.drift import Field, Writer
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.version import Problem, Snapshot, VersionState
from pointsman.ports.clock import Clock
from pointsman.ports.record import Lock
from pointsman.testing.clock import FakeClock
from pointsman.testing.failure import NextFailure


@dataclass
class _Version:
    images: Mapping[str, str]
    desired: int
    generation: int = 1
    looks_left: int = 0
    ready: int = 0
    problem: Problem | None = None


@dataclass
class FakeWorkload:
    """`images` are the images there are; each maps to None, or to the problem that running it leads to.

    It takes `slow` looks (`observe`) until a change has come about. `failure` can make the next mutation
    fail. `happened` remembers every mutation that changed something, as (verb, version). Like an API server it
    compares a write with what was seen when the write arrives, not when it was prepared. A missing version is
    created empty; `lock` is asked before it gets its instances.
    """

    images: Mapping[str, Problem | None]
    slow: int = 0
    clock: Clock = field(default_factory=FakeClock)
    failure: NextFailure = field(default_factory=NextFailure)
    happened: list[tuple[str, str]] = field(default_factory=list)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lock: Lock | None = None
    writers: dict[tuple[str, Field], str] = field(default_factory=dict)
    _versions: dict[str, _Version] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    def beside(self) -> FakeWorkload:
        """Another run's view of the same versions."""
        return replace(self, failure=NextFailure(), lock=None, _seen={})

    def place(self, name: str, images: Mapping[str, str], instances: int) -> None:
        """Let version `name` be there and ready, as if it had been deployed long ago."""
        self._known(images)
        self._versions[name] = _Version(dict(images), instances, ready=instances)

    def hurt(self, name: str, problem: Problem | None = None, ready: int = 0) -> None:
        """Let `name` have only `ready` instances ready from now on, and `problem` if there is one."""
        self._versions[name].ready, self._versions[name].problem = ready, problem

    def observe(self, name: str) -> VersionState | None:
        """What version `name` looks like now; looking is what time is made of here."""
        version = self._versions.get(name)
        self._seen[name] = version.generation if version else 0
        if version is None:
            return None
        observed = version.looks_left < self.slow or self.slow == 0
        self._pass_time(version)
        revision = ",".join(sorted(version.images.values()))
        return VersionState(
            name=name,
            images=dict(version.images),
            desired=version.desired,
            updated=version.ready,
            ready=version.ready,
            observed=observed,
            revision=revision,
            digests={container: f"id-of-{image}" for container, image in version.images.items()},
            problem=version.problem,
        )

    def release(self, name: str, images: Mapping[str, str], instances: int, like: str, template: str = "") -> None:
        """Make `name` run `images` with at least `instances` instances."""
        del template
        self._known(images)
        now = self._unchanged(name)
        if now is None and like not in self._versions:
            raise InputError(f"neither {name} nor {like} exists")
        if now is None:
            self._create(name, images)
        wanted = max(instances, now.desired if now else 0)
        self._mutate("release", name, lambda: self._become(name, images, wanted))

    def scale(self, name: str, instances: int) -> None:
        """Set the number of instances."""
        now = self._unchanged(name)
        if now is None:
            raise InputError(f"there is no version {name!r} to scale")
        self._mutate("scale", name, lambda: self._become(name, now.images, instances))

    def restore(self, name: str, before: Snapshot) -> None:
        """Put `name` back to `before`."""
        self._unchanged(name)
        if before.existed:
            self._mutate("restore", name, lambda: self._become(name, before.images, before.desired))
        else:
            self._mutate("remove", name, lambda: self._remove(name))

    def edit(self, name: str, by: str, images: Mapping[str, str] | None = None, instances: int | None = None) -> None:
        """What somebody else does: `by` writes other images or another number of instances."""
        now = self._versions[name]
        if images is not None:
            self.writers[(name, Field.IMAGE)] = by
        if instances is not None:
            self.writers[(name, Field.INSTANCES)] = by
        seen = self._seen.get(name, 0)
        self._become(name, images or now.images, now.desired if instances is None else instances)
        self._seen[name] = seen

    def vanish(self, name: str) -> None:
        """What somebody else does: delete the version."""
        self._versions.pop(name, None)

    def writer(self, name: str, field: Field) -> Writer:
        """Who edited `field` of `name` last; an autoscaler is called `autoscaler` here."""
        manager = self.writers.get((name, field), "") if name in self._versions else ""
        return Writer(manager, f"the {field.value} of {name}", manager == "autoscaler")

    def stamp(self) -> None:
        """Make every earlier look of another run stale."""
        for name, version in self._versions.items():
            version.generation += 1
            self._seen[name] = version.generation

    def number(self) -> int:
        """0: what is here is told apart by generations of its own, not by fencing numbers."""
        return 0

    def wait(self, seconds: float) -> None:
        """Lets the time pass."""
        self.clock.sleep(seconds)

    def last_words(self, name: str, pod: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the test wrote down as the log of `pod`."""
        del name
        return self.words.get(pod, ()), ()

    def _pass_time(self, version: _Version) -> None:
        if version.looks_left > 1:
            version.looks_left -= 1
        elif version.looks_left == 1:
            version.looks_left = 0
            version.problem = self._trouble(version.images)
            version.ready = 0 if version.problem else version.desired

    def _create(self, name: str, images: Mapping[str, str]) -> None:
        self._mutate("create", name, lambda: self._become(name, images, 0))
        try:
            if self.lock is not None:
                self.lock.check()
        except ConflictError:
            del self._versions[name]
            raise

    def _become(self, name: str, images: Mapping[str, str], instances: int) -> bool:
        now = self._versions.get(name)
        if now is not None and (dict(now.images), now.desired) == (dict(images), instances):
            return False
        generation = now.generation + 1 if now else 1
        fresh = _Version(dict(images), instances, generation, self.slow + 1)
        if now is not None and dict(now.images) == dict(images):
            fresh.ready = min(now.ready, instances)
        self._versions[name] = fresh
        self._seen[name] = generation
        return True

    def _remove(self, name: str) -> bool:
        self._seen.pop(name, None)
        return self._versions.pop(name, None) is not None

    def _mutate(self, verb: str, name: str, effect: Callable[[], bool]) -> None:
        self.failure.around(lambda: self._arrive(verb, name, effect))

    def _arrive(self, verb: str, name: str, effect: Callable[[], bool]) -> None:
        self._unchanged(name)
        if effect():
            self.writers = {key: by for key, by in self.writers.items() if key[0] != name}
            self.happened.append((verb, name))

    def _trouble(self, images: Mapping[str, str]) -> Problem | None:
        return next((problem for image in images.values() if (problem := self.images[image])), None)

    def _known(self, images: Mapping[str, str]) -> None:
        strangers = sorted(set(images.values()) - set(self.images))
        if strangers:
            raise InputError(f"there is no image {strangers[0]!r}", f"known: {', '.join(sorted(self.images))}")

    def _unchanged(self, name: str) -> _Version | None:
        now = self._versions.get(name)
        generation = now.generation if now else 0
        if self._seen.get(name, generation) != generation:
            raise ConflictError(f"{name} was changed by somebody else", "run the same command again")
        return now
