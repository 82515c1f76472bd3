"""What a canary is planned to do, and everything its decisions rest on.

`canary.py` walks the weights, `canary_promotion.py` puts the proven version on stable, `canary_undo.py` goes back;
`steps/canary_flight.py` acts on all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from pointsman.model.drift import OnDrift
from pointsman.model.evidence import Effect, Verdict
from pointsman.model.split import Match
from pointsman.model.version import VersionState
from pointsman.strategy.canary_decision import (
    Accept,
    Admit,
    CheckStable,
    Dismiss,
    Promote,
    Remove,
    ReturnToStable,
    ScaleFor,
)
from pointsman.strategy.capacity import instances_for
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
    Shift,
)

CANARY = "canary"
"""The `strategy` and the `action` of a canary's flight in the record."""

Forward = (
    Prepare
    | ScaleFor
    | Await
    | CheckHealth
    | Shift
    | Confirm
    | Bake
    | Accept
    | Admit
    | Dismiss
    | Promote
    | CheckStable
    | ReturnToStable
    | Remove
    | Abort
    | Hold
    | GiveUp
    | Done
)
Backward = Prepare | Await | Shift | Confirm | Dismiss | Restore | GiveUp | Done


class Policy(Enum):
    """What becomes of a weight whose bake ended without a verdict."""

    HOLD = "hold"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


class Leftover(Enum):
    """What becomes of the candidate once stable has taken over its version: gone, if it was not there before, or kept
    without instances."""

    REMOVE = "remove"
    SCALE_DOWN = "scale-down"


class Phase(Enum):
    """How far a canary has come, as its record says: users come step by step, stable gets the proven image, users
    return to it, the candidate goes. Undoing leads back from each of them."""

    PREPARING = "preparing"
    WALKING = "walking"
    PROMOTING = "promoting"
    RETURNING = "returning"
    REMOVING = "removing"
    UNDOING = "undoing"

    @property
    def proven(self) -> bool:
        """True once the candidate has nothing left to prove."""
        return self in (Phase.PROMOTING, Phase.RETURNING, Phase.REMOVING)


@dataclass(frozen=True)
class Weight:
    """A weight on the way up, and the seconds it is held at least while the judge looks."""

    percent: int
    bake: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise ValueError(f"a canary gets 1 to 100 percent, not {self.percent}")


@dataclass(frozen=True)
class Plan:
    """The weights in rising order, and what follows the last one: with `promote` stable takes over the version,
    without it the release stays in flight there, for a later run.

    Seconds: `soak` is how long instances must be ready without a restart before users come, or come back; `patience`
    how long an undecided weight is given beyond its bake; `timeout` how long any other single thing may take; `drain`
    how long the candidate still runs once no request reaches it. `on_inconclusive` and `on_no_data` say what becomes
    of an undecided weight and of a silent candidate when that time is over; a source that is down always holds.
    `whole`: the router can send all requests to the candidate. `floor`: instances the candidate never has fewer of.
    `hurried`: somebody has said that the current weight is proof enough. `trust_readiness`: a rollback goes to a
    version that was verified good; when it is ready but cannot be asked from here, it is still the safer place.
    `testers`: whose requests reach the candidate from the beginning, whatever the weight. `by_instances`: the router
    has no weights of its own, so a weight is the candidate's number of instances, and none runs before users come.
    """

    weights: tuple[Weight, ...]
    promote: bool = True
    soak: float = 0.0
    patience: float = 0.0
    timeout: float = 600.0
    drain: float = 10.0
    on_inconclusive: Policy = Policy.HOLD
    on_no_data: Policy = Policy.ROLLBACK
    on_drift: OnDrift = OnDrift.FAIL
    leftover: Leftover = Leftover.REMOVE
    whole: bool = True
    floor: int = 1
    hurried: bool = False
    trust_readiness: bool = False
    testers: Match | None = None
    by_instances: bool = False

    def __post_init__(self) -> None:
        percents = [one.percent for one in self.weights]
        if percents != sorted(set(percents)):
            raise ValueError(f"the weights of a canary rise: {', '.join(map(str, percents))}")

    def after(self, percent: int) -> int | None:
        """The planned weight that follows `percent`; None when it is the last one."""
        return next((one.percent for one in self.weights if one.percent > percent), None)

    def coming(self, percent: int) -> int:
        """The weight that `percent` is to make room for: the next one, or as much as a promotion sends."""
        return self.after(percent) or (100 if self.whole and self.promote else max(percent, 1))

    def bake(self, percent: int) -> float:
        """Seconds `percent` is held; a weight that is not in the plan is held like the next one that is."""
        return next((one.bake for one in self.weights if one.percent >= percent), 0.0)

    def in_a_hurry(self) -> Plan:
        """The same plan for somebody who does not wait for further weights, nor for further evidence."""
        return replace(self, weights=(), promote=True, hurried=True)


@dataclass(frozen=True)
class Seen:
    """Everything a decision rests on.

    `wanted` are the images the candidate is to run, `whole` the instances that carry all of the traffic, `weight` the
    written percent on the candidate, `effect` how far that was seen (None: not looked yet). `soaked` seconds the
    candidate has been ready without a restart with the instances it needs next, `health` what it said when asked
    directly. `accepted`: this weight may be left upwards; `baked` seconds at this weight since its effect; `verdict`
    of the judge (None: not a single look yet); `quiet`: nobody sends stable any request either. `asked` instances
    that were last asked for in this run. `stable_soaked`, `stable_health` are as those of the candidate, once stable
    has the proven image. `drained` seconds since the effect of the return; `clearing`: the candidate was told to go,
    `cleared`: it was seen to have gone. `late`: the time for this is over. `stable_differs`: stable runs other images
    than when the release began; `touched`: it may have run others meanwhile. `superseded` which newer run asked this
    one to give way; `astray`: the route names neither version; `testers`: the rule for testers as it is written;
    `autoscaled`: an autoscaler has set stable's number of instances.
    """

    stable: VersionState | None
    candidate: VersionState | None
    wanted: Mapping[str, str]
    whole: int
    weight: int
    phase: Phase = Phase.PREPARING
    effect: Effect | None = None
    soaked: float = 0.0
    health: Verdict | None = None
    accepted: bool = False
    baked: float = 0.0
    verdict: Verdict | None = None
    judged: str = ""
    quiet: bool = False
    asked: int = 0
    stable_soaked: float = 0.0
    stable_health: Verdict | None = None
    drained: float = 0.0
    clearing: bool = False
    cleared: bool = False
    late: bool = False
    stable_differs: bool = False
    touched: bool = False
    superseded: str = ""
    astray: bool = False
    testers: Match | None = None
    autoscaled: bool = False

    @property
    def in_effect(self) -> bool:
        """True when the written weight was seen to be served."""
        return self.effect is not None and self.effect.reached

    @property
    def effect_detail(self) -> str:
        """How far the written weight has come, in words."""
        return self.effect.detail if self.effect else "reading the effect back"


def needed_for(weight: int, seen: Seen, plan: Plan) -> int:
    """Ready instances the candidate must have before it gets `weight` percent; none where they are the weight."""
    return 0 if plan.by_instances else instances_for(weight, seen.whole, plan.floor)


def runs(state: VersionState | None, wanted: Mapping[str, str]) -> bool:
    """True when `state` asks for the wanted image in each container that it has."""
    return state is not None and all(wanted.get(name, image) == image for name, image in state.images.items())


def starved(state: VersionState | None) -> bool:
    """True when no instance of it is ready. One that was only just written has not been looked at: that is no lack."""
    return state is None or (state.ready == 0 and state.surplus == 0 and state.observed)
