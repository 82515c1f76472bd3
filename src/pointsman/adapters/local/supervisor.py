"""Keeps the processes of one version as wanted; one detached process per version, the platform's kubelet.

Run as `python -m pointsman.adapters.local.supervisor FOLDER VERSION`. It reads `desired.json`, writes
`state.json` and the endpoints that Envoy uses, and nothing else. It holds a file lock while it lives, so
there is never a second one. If it dies its processes go on serving; the next one finds them by id and start
time. An instance gets PORT, VERSION and IMAGE by environment, and `{port}` and `{version}` in its command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local import envoy, proxy
from pointsman.adapters.local.files import lock_for_life, locked, replace_file, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.local.process import (
    ask_to_end,
    end_at_once,
    is_alive,
    reap,
    start_detached,
    start_mark,
)
from pointsman.adapters.local.rollout import Patience, moves
from pointsman.adapters.local.service import Service, service_of
from pointsman.adapters.local.state import (
    ENDING,
    LEAVING,
    READY,
    UNREADY,
    Desired,
    Instance,
    Trouble,
    read_desired,
    read_state,
    write_state,
)
from pointsman.adapters.probers.http_url import ask

TURN_SECONDS = 0.1
PROBE_SECONDS = 1.0
MISSES_TOLERATED = 2
LEAVE_SECONDS = 3.0
LAST_REQUESTS_SECONDS = 0.3
EVENTS_KEPT = 20
LOGS_KEPT = 20
# What a pipeline trusts Pointsman with is not for the versions it starts, nor how its own Python is set up: the
# folder of a step is gone when its job is over, and what runs may start again long after that.
_NOT_THEIRS = (
    "POINTSMAN_GITHUB_TOKEN",
    "POINTSMAN_GITLAB_TOKEN",
    "POINTSMAN_PROMETHEUS_TOKEN",
    "POINTSMAN_PROMETHEUS_PASSWORD",
    "GITHUB_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONUNBUFFERED",
)


@dataclass
class Tended:
    """What the supervisor knows of an instance beside what it writes down; seconds on its own clock."""

    instance: Instance
    since: float
    misses: int = 0
    phase_since: float = 0.0

    def enter(self, phase: str, now: float) -> None:
        """Move on to `phase`."""
        self.instance = msgspec.structs.replace(self.instance, phase=phase)
        self.phase_since = now


@dataclass
class Supervisor:
    """One version's processes."""

    folder: Folder
    name: str
    service: Service
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self._files = self.folder.version(self.name)
        self._written = read_state(self._files)
        self._state = msgspec.structs.replace(self._written, trouble=None)
        self._template = ""
        self._patience = Patience()
        now = self.clock.seconds()
        self._tended = [Tended(instance, now, phase_since=now) for instance in self._written.instances]

    def run(self) -> None:
        """Turn after turn until the version is removed and its last process gone."""
        while not self._finished(self._turn()):
            self.clock.pause(TURN_SECONDS)

    def _turn(self) -> Desired:
        desired = read_desired(self._files) or self._nothing()
        self._note_template(desired)
        self._bury()
        self._look()
        self._move(desired)
        self._publish()
        self._see_off()
        self._write(desired)
        return desired

    def _finished(self, desired: Desired) -> bool:
        if not desired.removed or self._tended:
            return False
        with locked(self._files.writing):
            latest = read_desired(self._files)
            if latest is not None and not latest.removed:
                return False
            self._files.state.unlink(missing_ok=True)
            self._files.desired.unlink(missing_ok=True)
        return True

    def _nothing(self) -> Desired:
        return Desired("", (), "", 0, self._state.generation, removed=True)

    def _note_template(self, desired: Desired) -> None:
        if desired.template == self._template:
            return
        if self._template:
            self._state = msgspec.structs.replace(self._state, restarts=0, trouble=None)
        self._template, self._patience = desired.template, Patience()

    def _bury(self) -> None:
        codes = reap()
        for tended in list(self._tended):
            if not is_alive(tended.instance.pid, tended.instance.mark):
                self._tended.remove(tended)
                self._mourn(tended, codes.get(tended.instance.pid))

    def _mourn(self, tended: Tended, code: int | None) -> None:
        lived = self.clock.seconds() - tended.since
        ended = "ended" if code is None else f"exited with {code}"
        self._note(f"{tended.instance.name} {ended} after {lived:.1f} s")
        if tended.instance.template == self._template and not tended.instance.going:
            self._back_off(tended.instance.name, ended, lived)

    def _back_off(self, instance: str, ended: str, lived: float) -> None:
        self._patience = self._patience.after_exit(lived, self.clock.seconds())
        trouble = self._state.trouble
        if self._patience.looping:
            times = f"{ended}, {self._patience.quick_exits} times soon after its start"
            trouble = Trouble("CrashLoopBackOff", instance, times)
        restarts = self._state.restarts + 1
        self._state = msgspec.structs.replace(self._state, restarts=restarts, trouble=trouble)

    def _look(self) -> None:
        for tended in self._tended:
            if not tended.instance.going:
                self._ask(tended)

    def _ask(self, tended: Tended) -> None:
        url = f"http://127.0.0.1:{tended.instance.port}{self.service.health_path}"
        answer = ask(url, self.clock, timeout=PROBE_SECONDS)
        tended.misses = 0 if answer.ok else tended.misses + 1
        ready = tended.instance.phase == READY
        if answer.ok and not ready:
            self._become(tended, READY, "is ready")
        elif ready and tended.misses > MISSES_TOLERATED:
            self._become(tended, UNREADY, f"is no longer ready: {answer.detail}")

    def _become(self, tended: Tended, phase: str, words: str) -> None:
        tended.enter(phase, self.clock.seconds())
        self._note(f"{tended.instance.name} {words}")

    def _move(self, desired: Desired) -> None:
        planned = moves(desired, [tended.instance for tended in self._tended])
        for tended in self._tended:
            if tended.instance.name in planned.leave:
                self._become(tended, LEAVING, "gets no new requests")
        if self.clock.seconds() >= self._patience.not_before:
            for _ in range(planned.start):
                self._start(desired)

    def _start(self, desired: Desired) -> None:
        number = self._state.started + 1
        self._state = msgspec.structs.replace(self._state, started=number)
        name, port = f"{self.name}-{number}", free_port()
        log = self._files.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        try:
            pid = start_detached(self._command(desired, port), log)
        except OSError as reason:
            self._back_off(name, f"cannot be started: {reason}", 0.0)
            return
        now = self.clock.seconds()
        instance = Instance(name, port, pid, start_mark(pid), desired.template)
        self._tended.append(Tended(instance, now, phase_since=now))
        self._note(f"{name} started")
        (self._files.logs / f"{self.name}-{number - LOGS_KEPT}.log").unlink(missing_ok=True)

    def _command(self, desired: Desired, port: int) -> list[str]:
        """`env` executes the command in its own place, so the process id stays, and nothing here has to read
        the environment that the instance inherits."""
        known = {"{port}": str(port), "{version}": self.name}
        command = [known.get(word, word) for word in desired.command]
        without = [word for name in _NOT_THEIRS for word in ("-u", name)]
        return ["env", *without, f"PORT={port}", f"VERSION={self.name}", f"IMAGE={desired.image}", *command]

    def _publish(self) -> None:
        ports = [tended.instance.port for tended in self._tended if tended.instance.phase == READY]
        text = envoy.endpoints(self.name, ports)
        path = self.folder.endpoints(self.name)
        if text_of(path) != text:
            replace_file(path, text)

    def _see_off(self) -> None:
        """No SIGTERM before Envoy has let go of the instance, SIGKILL only when its time is over."""
        now = self.clock.seconds()
        for tended in self._tended:
            instance, waited = tended.instance, now - tended.phase_since
            if instance.phase == LEAVING and self._left(instance, waited):
                tended.enter(ENDING, now)
                ask_to_end(instance.pid, instance.mark)
            elif instance.phase == ENDING and waited > self.service.drain:
                end_at_once(instance.pid, instance.mark)

    def _left(self, instance: Instance, waited: float) -> bool:
        if waited < LAST_REQUESTS_SECONDS:
            return False
        return waited > LEAVE_SECONDS or not proxy.sends_to(self.service.admin_port, instance.port)

    def _write(self, desired: Desired) -> None:
        instances = tuple(tended.instance for tended in self._tended)
        trouble = self._state.trouble if self._troubled(desired) else None
        self._state = msgspec.structs.replace(
            self._state, generation=desired.generation, instances=instances, trouble=trouble
        )
        if self._state != self._written:
            write_state(self._files, self._state)
            self._written = self._state

    def _troubled(self, desired: Desired) -> bool:
        """A version that wants nothing, or has all it wants ready, has no trouble left."""
        ready = sum(
            tended.instance.phase == READY and tended.instance.template == desired.template for tended in self._tended
        )
        return ready < desired.instances

    def _note(self, text: str) -> None:
        events = (*self._state.events, f"{self.clock.now()} {text}")[-EVENTS_KEPT:]
        self._state = msgspec.structs.replace(self._state, events=events)


def main(arguments: Sequence[str]) -> None:
    """Supervise VERSION in FOLDER unless somebody does already."""
    path, name = arguments
    folder = Folder(Path(path))
    if lock_for_life(folder.version(name).supervised) is not None:
        Supervisor(folder, name, service_of(folder)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
