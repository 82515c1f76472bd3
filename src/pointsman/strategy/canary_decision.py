"""What only a canary decides, beside the decisions of `decision.py`."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.model.split import Match


@dataclass(frozen=True)
class ScaleFor:
    """Give the candidate the instances that `weight` percent of the requests need."""

    weight: int
    instances: int
    why: str


@dataclass(frozen=True)
class Accept:
    """The weight may be left upwards: write down on what evidence."""

    weight: int
    why: str


@dataclass(frozen=True)
class Admit:
    """Let testers reach the candidate, whatever the weight."""

    rule: Match
    why: str


@dataclass(frozen=True)
class Dismiss:
    """Let testers go where everybody goes."""

    why: str


@dataclass(frozen=True)
class Promote:
    """Put the proven image on stable, while the proven candidate serves."""

    why: str


@dataclass(frozen=True)
class CheckStable:
    """Ask stable directly, before users return to it."""

    why: str


@dataclass(frozen=True)
class ReturnToStable:
    """Users to stable, which runs the proven image by now: all of them, or so many that `weight` percent stay on the
    candidate until an autoscaler has given stable more instances."""

    why: str
    weight: int = 0


@dataclass(frozen=True)
class Remove:
    """Users have left the candidate for good: put it back to what it was before, or scale it down."""

    why: str
