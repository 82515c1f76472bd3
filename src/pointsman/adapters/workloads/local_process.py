"""Versions as local processes: this adapter writes what a version should be and reads what it is.

It writes `versions/<name>/desired.json` under a file lock and sees to it that the version's supervisor
runs; the supervisor starts, watches and drains the processes. There is one container, called `app`; an
image is a name in `images.yaml`. Templates are not kept: an older image is simply set again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from pointsman.adapters.local.files import is_locked, locked, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.platform import ensure_supervisor, mark_removed, wait_until_gone
from pointsman.adapters.local.process import is_alive
from pointsman.adapters.local.service import Image, Service, image_of
from pointsman.adapters.local.state import (
    READY,
    Desired,
    Instance,
    State,
    read_desired,
    read_state,
    write_desired,
)
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.version import Problem, Snapshot, VersionState
from pointsman.ports.clock import Clock

CONTAINER = "app"
LOG_LINES = 20
LOOK_SECONDS = 0.1


@dataclass
class LocalProcessWorkload:
    """The versions of the service in `folder`."""

    folder: Folder
    service: Service
    clock: Clock
    _seen: dict[str, int] = field(default_factory=dict, init=False)
    _looked: list[int] = field(default_factory=list, init=False)

    def observe(self, name: str) -> VersionState | None:
        """What version `name` looks like now; None when it does not exist."""
        self._refuse_stranger(name)
        self._looked = self._written()
        files = self.folder.version(name)
        desired = read_desired(files)
        self._seen[name] = desired.generation if desired else 0
        if desired is None:
            return None
        state = read_state(files)
        alive = [instance for instance in state.instances if is_alive(instance.pid, instance.mark)]
        return version_state(name, desired, state, alive, self._problem(name, state))

    def release(self, name: str, images: Mapping[str, str], instances: int, like: str, template: str = "") -> None:
        """Make `name` run `images` with at least `instances` instances. A template is the image itself
        here, so `template` adds nothing; a version created `like` another gets its image from `images`
        alone."""
        del template
        self._refuse_stranger(name)
        image = self._image(images)
        with locked(self.folder.version(name).writing):
            now = self._unchanged(name)
            if now is None and read_desired(self.folder.version(like)) is None:
                raise InputError(f"neither {name} nor {like} exists", "deploy the service once, then release")
            self._write(name, now, image, max(instances, now.instances if now else 0))

    def deploy(self, name: str, image: str, instances: int) -> None:
        """Create version `name` from nothing, or make it exactly this: what `kubectl apply` is to a
        cluster."""
        self._refuse_stranger(name)
        with locked(self.folder.version(name).writing):
            self._write(name, self._unchanged(name), image_of(self.folder, image), instances)

    def scale(self, name: str, instances: int) -> None:
        """Set the number of instances. Raises InputError when the version does not exist."""
        with locked(self.folder.version(name).writing):
            now = self._unchanged(name)
            if now is None:
                raise InputError(f"there is no version {name!r} to scale", "release it first")
            self._write(name, now, Image(now.image, now.command), instances)

    def restore(self, name: str, before: Snapshot) -> None:
        """Put `name` back to `before`; removed, it is seen to be gone."""
        if before.existed:
            self.deploy(name, self._image(before.images).name, before.desired)
            return
        self._refuse_stranger(name)
        with locked(self.folder.version(name).writing):
            now = self._unchanged(name)
            if now is not None:
                mark_removed(self.folder, name, now)
        wait_until_gone(self.folder, name, self.service, self.clock)
        self._seen.pop(name, None)

    def stamp(self) -> None:
        """Give every version the next generation as it is, so that a write that an older run prepared is
        refused."""
        for name in self.service.versions:
            files = self.folder.version(name)
            with locked(files.writing):
                now = read_desired(files)
                if now is not None:
                    stamped = msgspec.structs.replace(now, generation=now.generation + 1)
                    write_desired(files, stamped)
                    self._seen[name] = stamped.generation

    def number(self) -> int:
        """0: what is here is told apart by generations of its own, not by fencing numbers."""
        return 0

    def wait(self, seconds: float) -> None:
        """Return when a supervisor wrote something since the last look, at the latest after `seconds`. Raises
        Cancelled."""
        before, end = self._looked or self._written(), self.clock.seconds() + seconds
        while (left := end - self.clock.seconds()) > 0:
            self.clock.sleep(min(left, LOOK_SECONDS))
            if self._written() != before:
                break
        self._looked = []

    def last_words(self, name: str, pod: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(last log lines, events) of instance `pod`; empty where there are none."""
        files = self.folder.version(name)
        log = text_of(files.logs / f"{pod.replace('/', '')}.log") or ""
        events = tuple(event for event in read_state(files).events if pod in event)
        return tuple(log.splitlines()[-LOG_LINES:]), events

    def addresses(self, name: str) -> tuple[str, ...]:
        """Base URLs of the ready instances of `name`."""
        instances = read_state(self.folder.version(name)).instances
        return tuple(f"http://127.0.0.1:{each.port}" for each in instances if each.phase == READY)

    def supervised(self, name: str) -> bool:
        """True while somebody keeps the processes of `name` as wanted."""
        return is_locked(self.folder.version(name).supervised)

    def _problem(self, name: str, state: State) -> Problem | None:
        trouble = state.trouble
        if trouble is None:
            return None
        log, events = self.last_words(name, trouble.instance)
        return Problem(trouble.reason, trouble.instance, trouble.message, log, events)

    def _image(self, images: Mapping[str, str]) -> Image:
        if set(images) != {CONTAINER}:
            named = ", ".join(sorted(images)) or "none"
            raise InputError(f"a local version has one container, {CONTAINER!r}; named: {named}", "name that one")
        return image_of(self.folder, images[CONTAINER])

    def _unchanged(self, name: str) -> Desired | None:
        now = read_desired(self.folder.version(name))
        generation = now.generation if now else 0
        if self._seen.get(name, generation) != generation:
            raise ConflictError(
                f"{name} was changed by somebody else: generation {generation}, we saw {self._seen[name]}",
                "run the same command again: it starts from what is there now",
            )
        return now

    def _write(self, name: str, now: Desired | None, image: Image, instances: int) -> None:
        wanted = following(now, image, instances)
        files = self.folder.version(name)
        if wanted != now:
            write_desired(files, wanted)
            self._seen[name] = wanted.generation
        ensure_supervisor(self.folder, name)

    def _written(self) -> list[int]:
        files = [self.folder.version(name) for name in self.service.versions]
        return [path.stat().st_mtime_ns if path.exists() else 0 for path in (each.state for each in files)]

    def _refuse_stranger(self, name: str) -> None:
        if name not in self.service.versions:
            known = ", ".join(self.service.versions)
            raise InputError(f"the service has no version {name!r}", f"its versions: {known}")


def following(now: Desired | None, image: Image, instances: int) -> Desired:
    """What is to be written after `now`; `now` itself when that says the same."""
    generation = (now.generation if now else 0) + 1
    wanted = Desired(image.name, image.command, image.identity, instances, generation)
    same = now is not None and msgspec.structs.replace(wanted, generation=now.generation) == now
    return now if same and now is not None else wanted


def version_state(
    name: str, desired: Desired, state: State, alive: list[Instance], problem: Problem | None
) -> VersionState:
    """The state of a version, from what is wanted, what its supervisor wrote, and who of those is still
    alive."""
    current = [each for each in alive if each.template == desired.template and not each.going]
    ready = sum(each.phase == READY for each in current)
    images = {CONTAINER: desired.image}
    return VersionState(
        name=name,
        images=images,
        desired=desired.instances,
        updated=len(current),
        ready=ready,
        surplus=len(alive) - len(current),
        observed=state.generation == desired.generation,
        revision=desired.template,
        digests={CONTAINER: desired.template} if ready else {},
        problem=problem,
        restarts=state.restarts,
    )
