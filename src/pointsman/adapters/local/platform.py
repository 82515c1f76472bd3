"""The local platform of one service, up and down. What it starts outlives us until `down`, or a reboot."""

from __future__ import annotations

import sys

import msgspec

from pointsman.adapters.local import envoy, proxy
from pointsman.adapters.local.files import is_locked, locked, replace_file, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.process import start_detached
from pointsman.adapters.local.routes import Written, routes
from pointsman.adapters.local.service import Service, service_of
from pointsman.adapters.local.state import Desired, read_desired, write_desired
from pointsman.model.errors import RemoteError
from pointsman.ports.clock import Clock

POLL_SECONDS = 0.1


def up(folder: Folder, clock: Clock) -> Service:
    """Bring up Envoy and the supervisors of the versions there are; changes nothing that is up already.

    At first the first version gets all requests. Raises InputError when the service is not described.
    """
    service = service_of(folder)
    _write_configuration(folder, service)
    proxy.start(folder, service.admin_port, clock)
    for name in service.versions:
        if read_desired(folder.version(name)) is not None:
            ensure_supervisor(folder, name)
    return service


def down(folder: Folder, clock: Clock) -> None:
    """End every process of the service; the record, the logs and what the user wrote stay."""
    service = service_of(folder)
    for name in service.versions:
        ask_to_remove(folder, name)
    for name in service.versions:
        wait_until_gone(folder, name, service, clock)
    proxy.stop(folder, clock)
    folder.routes.unlink(missing_ok=True)


def ensure_supervisor(folder: Folder, name: str) -> None:
    """Start the supervisor of version `name` unless one lives; a second one would end by itself at once."""
    files = folder.version(name)
    if not is_locked(files.supervised):
        module = "pointsman.adapters.local.supervisor"
        start_detached([sys.executable, "-m", module, str(folder.path), name], files.logs / "supervisor.log")


def ask_to_remove(folder: Folder, name: str) -> None:
    """Have version `name` drained and removed by its supervisor; harmless when it does not exist."""
    files = folder.version(name)
    with locked(files.writing):
        desired = read_desired(files)
        if desired is not None:
            mark_removed(folder, name, desired)


def mark_removed(folder: Folder, name: str, desired: Desired) -> None:
    """Let the supervisor of `name` drain and remove it; the caller holds the lock for writing."""
    write_desired(folder.version(name), _removed(desired))
    ensure_supervisor(folder, name)


def wait_until_gone(folder: Folder, name: str, service: Service, clock: Clock) -> None:
    """Return when the last process of version `name` is gone. Raises RemoteError when it takes too long."""
    files = folder.version(name)
    end = clock.seconds() + service.drain + 10
    while read_desired(files) is not None:
        if clock.seconds() > end:
            raise RemoteError(f"the processes of {name} do not end", f"look at {files.logs}")
        ensure_supervisor(folder, name)
        clock.sleep(POLL_SECONDS)


def _removed(desired: Desired) -> Desired:
    generation = desired.generation + 1
    return msgspec.structs.replace(desired, instances=0, generation=generation, removed=True)


def _write_configuration(folder: Folder, service: Service) -> None:
    for name in service.versions:
        if text_of(folder.endpoints(name)) is None:
            replace_file(folder.endpoints(name), envoy.endpoints(name, []))
    replace_file(folder.clusters, envoy.clusters(service.versions, folder))
    if text_of(folder.routes) is None:
        stable, candidate = service.versions[:2]
        replace_file(folder.routes, routes(Written(1, {stable: 100, candidate: 0})))
    replace_file(folder.envoy / "bootstrap.json", envoy.bootstrap(service, folder))
