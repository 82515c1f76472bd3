"""Everything a releasing step reaches: the ports of one service, wired by `entry/wiring_*.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pointsman.model.errors import InputError
from pointsman.ports.clock import Clock
from pointsman.ports.guard import DeadMan
from pointsman.ports.judge import Judge
from pointsman.ports.metrics import Metrics
from pointsman.ports.prober import Prober
from pointsman.ports.progress import Progress
from pointsman.ports.record import Lock, RecordStore, Stamps
from pointsman.ports.router import Router
from pointsman.ports.workload import Workload
from pointsman.strategy.canary_seen import Plan


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What every run that changes something works with. `run` names it in the audit trail, `release_key` stays the
    same when the same job is run again (empty on a laptop)."""

    service: str
    workload: Workload
    records: RecordStore
    lock: Lock
    clock: Clock
    progress: Progress
    run: str = ""
    release_key: str = ""
    stamps: Sequence[Stamps] = ()


@dataclass(frozen=True, kw_only=True)
class Routed(Desk):
    """The ports of a service whose requests can be sent to one version or another; `dead_man` where one was asked
    for."""

    router: Router
    prober: Prober
    dead_man: DeadMan | None = None

    def serving(self) -> str:
        """The version that serves; empty when the route names neither, so that a report of just that can be made."""
        try:
            return self.router.read().serving
        except InputError:
            return ""


@dataclass(frozen=True, kw_only=True)
class Site(Routed):
    """The ports of a service with two colours, `blue` and `green` (workload names)."""

    blue: str
    green: str

    def other(self, colour: str) -> str:
        """The colour that is not `colour`."""
        return self.green if colour == self.blue else self.blue


@dataclass(frozen=True, kw_only=True)
class CanaryPorts(Routed):
    """The ports of a service which the version `stable` serves, and whose next one runs as `candidate` (workload
    names). `whole`: the router can send all requests to the candidate; `by_instances`: it has no weights, requests
    follow the numbers of instances. `route` names the router, for the record."""

    stable: str
    candidate: str
    whole: bool = True
    by_instances: bool = False
    route: str = ""

    def fitted(self, plan: Plan) -> Plan:
        """`plan` as far as this router can follow it."""
        return replace(plan, whole=plan.whole and self.whole, by_instances=self.by_instances)


@dataclass(frozen=True, kw_only=True)
class CanarySite(CanaryPorts):
    """With what it takes to go forward: `metrics` are read every `look_every` seconds while the candidate has users,
    and `judge` hears of it."""

    metrics: Metrics
    judge: Judge
    look_every: float = 5.0
